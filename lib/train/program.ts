import { planKey } from '../graph/compile.js'
import { Plan, type PlanJob } from '../graph/plan.js'
import { trace } from '../graph/trace.js'
import { gatherRows } from '../ops/index.js'
import type { TensorSpec } from '../tensor/op.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Batch } from './data/sample-set.js'
import type { Segment } from './data/segment.js'

/** What a step does with a batch; returns a scalar. */
type StepBody = (batch: Batch) => Tensor

/** A step that is done over and over, compiled: one plan for each shape of batch, so that a smaller last one costs another plan. */
export class Program {
  private readonly plans = new Map<string, Plan>()

  /**
   * @param name for messages
   * @param advance counts the steps, as {@link Plan} does
   * @param mustBeFinite whether a step whose result is not finite ends a run, and leaves parameters as they were
   */
  constructor(
    private readonly name: string,
    private readonly body: StepBody,
    private readonly advance?: (steps: number) => void,
    private readonly mustBeFinite = false,
  ) {}

  /**
   * Begins the steps of a segment, off this thread.
   * @param keep takes the result over, which is that of the last step once the job is finished
   */
  start(segment: Segment, keep?: (result: Tensor) => void): PlanJob {
    const plan = this.planFor(segment)
    const outputs = plan.newOutputs()
    const job = plan.start(inputsOf(segment), outputs, segment.steps, segment.first)
    for (const output of outputs) {
      if (keep === undefined) output.dispose()
      else keep(output)
    }
    return job
  }

  dispose(): void {
    for (const plan of this.plans.values()) plan.dispose()
    this.plans.clear()
  }

  private planFor(segment: Segment): Plan {
    const { order, batch, weights } = segment
    const weighted = weights.map((weight) => (weight === null ? '-' : 'w')).join('')
    const key = `${order === null ? 'batch' : batch} ${weighted} ${planKey(tensorsOf(segment))}`
    const known = this.plans.get(key)
    if (known !== undefined) return known
    const plan = order === null ? this.onBatches(segment) : this.onRows(segment)
    this.plans.set(key, plan)
    return plan
  }

  private onBatches(batch: Batch): Plan {
    return this.compile(tensorsOf(batch), (tensors) => this.body(batchOf(tensors, batch)))
  }

  /** Rows are gathered natively, straight from the data set. */
  private onRows(segment: Segment): Plan {
    const tensors = tensorsOf(segment)
    const rows = { shape: [segment.batch], dtype: 'int32' } as const
    const gathered = (symbols: readonly Tensor[]): Tensor => {
      const order = symbols[tensors.length] as Tensor
      const { inputs, targets, weights } = batchOf(symbols, segment)
      return this.body({
        // Bytes are the raw form of inputs, which layers compute with as float32. Targets stay: losses read bytes as classes.
        inputs: inputs.map((x) => gatherRows(x, order, x.dtype === 'uint8' ? 1 : undefined)),
        targets: targets.map((y) => gatherRows(y, order)),
        weights: weights.map((weight) => (weight === null ? null : gatherRows(weight, order))),
      })
    }
    return this.compile([...tensors, rows], gathered, new Map([[tensors.length, segment.batch]]))
  }

  private compile(
    inputs: readonly TensorSpec[],
    body: (inputs: readonly Tensor[]) => Tensor,
    strides?: ReadonlyMap<number, number>,
  ): Plan {
    const { name, advance } = this
    const mustBeFinite = this.mustBeFinite ? 0 : undefined
    const { graph, draws, constants } = trace(
      inputs,
      (...symbols) => body(symbols),
      (result) => [result],
    )
    return new Plan(graph, { name, draws, constants, strides, advance, mustBeFinite })
  }
}

/** A batch's tensors in a row. */
function tensorsOf({ inputs, targets, weights }: Batch): Tensor[] {
  return [...inputs, ...targets, ...weights.filter((weight) => weight !== null)]
}

/** Tensors in a row as a batch like another. */
function batchOf(tensors: readonly Tensor[], like: Batch): Batch {
  let at = 0
  const next = (): Tensor => tensors[at++] as Tensor
  return {
    inputs: like.inputs.map(next),
    targets: like.targets.map(next),
    weights: like.weights.map((weight) => (weight === null ? null : next())),
  }
}

const inputsOf = (segment: Segment): Tensor[] =>
  segment.order === null ? tensorsOf(segment) : [...tensorsOf(segment), segment.order]
