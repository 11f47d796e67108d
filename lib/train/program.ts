import type { Plan, PlanJob } from '../graph/plan.js'
import { Planned } from '../graph/planned.js'
import { gatherRows } from '../ops/index.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Batch } from './data/sample-set.js'
import type { Segment } from './data/segment.js'

/** The work of a step on a batch; returns a scalar. */
type StepBody = (batch: Batch) => Tensor

/** A step that is done over and over, compiled: one plan for each shape of batch, so that a smaller last one costs another plan. */
export class Program {
  private readonly planned: Planned<Tensor>

  /**
   * @param name for messages
   * @param advance counts the steps, as {@link Plan} does
   * @param mustBeFinite whether a step whose result is not finite ends a run, and leaves parameters as they were
   */
  constructor(
    name: string,
    private readonly body: StepBody,
    advance?: (steps: number) => void,
    mustBeFinite = false,
  ) {
    this.planned = new Planned({
      name,
      outputs: (result) => [result],
      advance,
      mustBeFinite: mustBeFinite ? 0 : undefined,
      lasting: true,
    })
  }

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
    this.planned.dispose()
  }

  private planFor(segment: Segment): Plan {
    const { order, batch, weights } = segment
    const tensors = tensorsOf(segment)
    const variant = `${order === null ? 'batch' : batch} ${weights.map((weight) => (weight === null ? '-' : 'w')).join('')} `
    if (order === null)
      return this.planned.for(tensors, (...symbols) => this.body(batchOf(symbols, segment)), variant).plan()
    const rows = { shape: [batch], dtype: 'int32' } as const
    const traced = this.planned.for([...tensors, rows], (...symbols) => this.onRows(symbols, segment), variant)
    return traced.plan('', () => ({ strides: new Map([[tensors.length, batch]]) }))
  }

  /** Rows are gathered natively, straight from the data set. */
  private onRows(symbols: readonly Tensor[], segment: Segment): Tensor {
    const order = symbols.at(-1) as Tensor
    const { inputs, targets, weights } = batchOf(symbols, segment)
    return this.body({
      // Bytes are the raw form of inputs, which layers compute with as float32. Targets stay: losses read bytes as classes.
      inputs: inputs.map((x) => gatherRows(x, order, x.dtype === 'uint8' ? 1 : undefined)),
      targets: targets.map((y) => gatherRows(y, order)),
      weights: weights.map((weight) => (weight === null ? null : gatherRows(weight, order))),
    })
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
