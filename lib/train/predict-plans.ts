import { noGrad } from '../autodiff/tape.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { shownBy } from '../graph/graph.js'
import type { Plan } from '../graph/plan.js'
import type { Planned, Traced } from '../graph/planned.js'
import { slice } from '../ops/index.js'
import type { TensorSpec } from '../tensor/op.js'
import { formatShape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { TrainableModel } from './trainable-model.js'

/** A plan over `steps` times `rows` rows, one after the other; the first of its steps is number `first`. */
export interface Run {
  readonly plan: Plan
  readonly rows: number
  readonly steps: number
  readonly first: number
}

/** A model's outputs for batches of one shape, and the plans for each number of rows that is computed at a time. */
export class PredictPlans {
  private readonly batch: number
  private readonly traced: Traced<Tensor[]>
  private copied: Traced<Tensor[]> | null = null

  constructor(
    private readonly planned: Planned<Tensor[]>,
    private readonly model: TrainableModel,
    private readonly specs: readonly TensorSpec[],
    private readonly training: boolean,
  ) {
    this.batch = specs[0]?.shape[0] as number
    this.traced = this.trace(false)
  }

  /** The plan that takes one batch and returns tensors. */
  get whole(): Plan {
    return this.traced.plan()
  }

  /**
   * How many rows go through all layers together, so that what one layer leaves is in the cache when the next one reads it; 0 where
   * a batch has less than two times as many, or its rows depend on each other.
   */
  get block(): number {
    if (this.batch < 2 * tileRows) return 0
    const { rowWise } = this.walked
    if (rowWise === null) return 0
    const rows = tileRows * Math.max(1, Math.floor(cachedElements / (rowWise.width * tileRows)))
    return this.batch < 2 * rows ? 0 : rows
  }

  /** So many batches from a row on. */
  inBatches(begin: number, steps: number): Run {
    return this.run(begin, this.batch, steps)
  }

  /** Those rows in blocks. */
  inBlocks(begin: number, steps: number): Run[] {
    const { block } = this
    const end = begin + this.batch * steps
    // Steps are counted from row 0.
    const [first, last] = [Math.ceil(begin / block), Math.floor(end / block)]
    return [
      ...(begin < first * block ? [this.run(begin, first * block - begin, 1)] : []),
      this.run(first * block, block, last - first),
      ...(last * block < end ? [this.run(last * block, end - last * block, 1)] : []),
    ]
  }

  /** Runs work that goes from run to run while the event loop turns: the plans stay until it has ended. */
  during(work: () => Promise<void>): Promise<void> {
    return this.walked.during(work)
  }

  private run(begin: number, rows: number, steps: number): Run {
    const { walked } = this
    const rowsAStep = steps === 1 ? 1 : rows
    const plan = walked.plan(`${rows} ${rowsAStep}`, () => {
      const graph = (rows === this.batch ? null : walked.rowWise?.take(rows)) ?? walked.graph
      const walk = (values: readonly TensorSpec[]): Map<number, number> =>
        new Map(values.map(({ shape }, i) => [i, sizeOf(shape.slice(1)) * rowsAStep]))
      return { graph, strides: walk(graph.inputs), outputStrides: walk(graph.outputs) }
    })
    return { plan, rows, steps, first: begin / rowsAStep }
  }

  /** A trace whose outputs are computed: one that only passes through a plan cannot be walked through, so it is copied. */
  private get walked(): Traced<Tensor[]> {
    const { graph } = this.traced
    const passes = graph.outputs.some((output) => {
      const shown = shownBy(graph, output)
      return shown.tensor !== undefined || graph.inputs.includes(shown)
    })
    if (!passes) return this.traced
    this.copied ??= this.trace(true)
    return this.copied
  }

  private trace(copied: boolean): Traced<Tensor[]> {
    const { model, training } = this
    const body = (...inputs: Tensor[]): Tensor[] => {
      const outputs = noGrad(() => model.callAll(inputs, { training }))
      outputs.forEach((output, i) => {
        this.checkBatch(output, i)
      })
      return copied ? outputs.map((output) => slice(output, [])) : outputs
    }
    return this.planned.for(this.specs, body, `${training} ${copied} `)
  }

  private checkBatch({ shape }: Tensor, i: number): void {
    if (shape[0] !== this.batch)
      throw new MyelinError(
        'ERR_SHAPE',
        `[predict] the output ${show(this.model.outputNames[i])} is ${formatShape(shape)} for a batch of ${this.batch} samples; its first axis must count them`,
      )
  }
}

/** Whole tiles of a product in registers, of 14, 8 or 6 rows. */
const tileRows = 168
/** The most elements of one value of a block: they are in a core's cache when the next layer reads them. */
const cachedElements = 350_000
