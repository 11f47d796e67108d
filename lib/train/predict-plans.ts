import { noGrad } from '../autodiff/tape.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { shownBy } from '../graph/graph.js'
import { Plan } from '../graph/plan.js'
import { type RowWise, rowWise } from '../graph/rows.js'
import { trace } from '../graph/trace.js'
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

type Traced = ReturnType<typeof trace<Tensor[]>>

/** A model's outputs for batches of one shape: traced once, compiled for each number of rows that is computed at a time. */
export class PredictPlans {
  private readonly batch: number
  private readonly traced: Traced
  private readonly plans = new Map<string, Plan>()
  private copied: Traced | null = null
  private atOnce: Plan | null = null
  private users = 0
  private forgotten = false
  /** Not known yet: undefined. */
  private cut: RowWise | null | undefined

  constructor(
    private readonly trainee: TrainableModel,
    private readonly specs: readonly TensorSpec[],
    private readonly training: boolean,
  ) {
    this.batch = specs[0]?.shape[0] as number
    this.traced = this.trace(false)
  }

  /** The plan that takes one batch and returns tensors. */
  get whole(): Plan {
    this.atOnce ??= this.compile(this.traced, this.batch, 0)
    return this.atOnce
  }

  /**
   * How many rows go through all layers together, so that what one layer leaves is in the cache when the next one reads it; 0 where
   * a batch has less than two times as many, or its rows depend on each other.
   */
  get block(): number {
    if (this.batch < 2 * tileRows) return 0
    if (this.cut === undefined) this.cut = rowWise(this.walked.graph)
    if (this.cut === null) return 0
    const rows = tileRows * Math.max(1, Math.floor(cachedElements / (this.cut.width * tileRows)))
    return this.batch < 2 * rows ? 0 : rows
  }

  /** So many batches from a row on. */
  inBatches(begin: number, steps: number): Run {
    return this.run(begin, this.batch, steps)
  }

  /** The same rows in blocks. */
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

  /** What goes from run to run while the event loop turns: the plans stay until it has ended. */
  async during(work: () => Promise<void>): Promise<void> {
    this.users++
    try {
      await work()
    } finally {
      this.users--
      if (this.forgotten) this.dispose()
    }
  }

  dispose(): void {
    this.forgotten = true
    if (this.users > 0) return
    for (const plan of [...this.plans.values(), this.atOnce]) plan?.dispose()
    for (const constant of [...this.traced.constants, ...(this.copied?.constants ?? [])]) constant.dispose()
  }

  private run(begin: number, rows: number, steps: number): Run {
    const stride = steps === 1 ? 1 : rows
    const key = `${rows} ${stride}`
    const plan = this.plans.get(key) ?? this.compile(this.walked, rows, stride)
    this.plans.set(key, plan)
    return { plan, rows, steps, first: begin / stride }
  }

  /** What only passes through a plan cannot be walked through: such a model's outputs are copied. */
  private get walked(): Traced {
    const { graph } = this.traced
    const passes = graph.outputs.some((output) => {
      const shown = shownBy(graph, output)
      return shown.tensor !== undefined || graph.inputs.includes(shown)
    })
    if (!passes) return this.traced
    this.copied ??= this.trace(true)
    return this.copied
  }

  /** @param rowsAStep how many rows each step is further on; 0 for a plan that takes one batch */
  private compile({ graph: traced, draws }: Traced, rows: number, rowsAStep: number): Plan {
    const graph = rows === this.batch ? traced : (this.cut?.take(rows) ?? traced)
    const walk = (values: readonly TensorSpec[]): Map<number, number> =>
      new Map(values.map(({ shape }, i) => [i, sizeOf(shape.slice(1)) * rowsAStep]))
    const strides = rowsAStep === 0 ? {} : { strides: walk(graph.inputs), outputStrides: walk(graph.outputs) }
    // The constants are those of all plans, and go with the last one.
    return new Plan(graph, { name: 'predict', draws, constants: [], ...strides })
  }

  private trace(copied: boolean): Traced {
    const { trainee, specs, training } = this
    return trace(
      specs,
      (...inputs) => {
        const outputs = noGrad(() => trainee.callAll(inputs, { training }))
        outputs.forEach((output, i) => {
          this.checkBatch(output, i)
        })
        return copied ? outputs.map((output) => slice(output, [])) : outputs
      },
      (outputs) => outputs,
    )
  }

  private checkBatch({ shape }: Tensor, i: number): void {
    if (shape[0] !== this.batch)
      throw new MyelinError(
        'ERR_SHAPE',
        `[predict] the output ${show(this.trainee.outputNames[i])} is ${formatShape(shape)} for a batch of ${this.batch} samples; its first axis must count them`,
      )
  }
}

/** Whole tiles of a product in registers, of 14, 8 or 6 rows. */
const tileRows = 168
/** The most elements of one value of a block: they are in a core's cache when the next layer reads them. */
const cachedElements = 350_000
