import { planKey } from '../graph/compile.js'
import { Plan, type PlanJob } from '../graph/plan.js'
import { trace } from '../graph/trace.js'
import { gatherRows } from '../ops/index.js'
import type { TensorSpec } from '../tensor/op.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Segment } from './batches.js'

/** What a step does with a batch; returns a scalar. */
export type StepBody = (x: Tensor, y: Tensor) => Tensor

/** A step that is done over and over, compiled: one plan for each shape of batch, so that a smaller last one costs another plan. */
export class Program {
  private readonly plans = new Map<string, Plan>()

  /**
   * @param name for messages
   * @param advance counts the steps, as {@link Plan} does
   */
  constructor(
    private readonly name: string,
    private readonly body: StepBody,
    private readonly advance?: (steps: number) => void,
  ) {}

  /** Begins the steps of a segment, off this thread. */
  start(segment: Segment): PlanJob {
    const plan = this.planFor(segment)
    const outputs = plan.newOutputs()
    const job = plan.start(inputsOf(segment), outputs, segment.steps, segment.first)
    for (const output of outputs) output.dispose()
    return job
  }

  dispose(): void {
    for (const plan of this.plans.values()) plan.dispose()
    this.plans.clear()
  }

  private planFor(segment: Segment): Plan {
    const key = `${segment.order === null ? 'batch' : segment.batch} ${planKey([segment.x, segment.y])}`
    const known = this.plans.get(key)
    if (known !== undefined) return known
    const plan = segment.order === null ? this.onBatches(segment) : this.onRows(segment)
    this.plans.set(key, plan)
    return plan
  }

  private onBatches({ x, y }: Segment): Plan {
    return this.compile([x, y], ([x, y]) => this.body(x as Tensor, y as Tensor))
  }

  /** Rows are gathered natively, straight from the data set. */
  private onRows({ x, y, batch }: Segment): Plan {
    // Bytes are the raw form of inputs, which layers compute with as float32. Targets stay: losses read bytes as classes.
    const scale = x.dtype === 'uint8' ? 1 : undefined
    const rows = { shape: [batch], dtype: 'int32' } as const
    const gathered = ([x, y, rows]: readonly Tensor[]): Tensor =>
      this.body(gatherRows(x as Tensor, rows as Tensor, scale), gatherRows(y as Tensor, rows as Tensor))
    return this.compile([x, y, rows], gathered, new Map([[2, batch]]))
  }

  private compile(
    inputs: readonly TensorSpec[],
    body: (inputs: readonly Tensor[]) => Tensor,
    strides?: ReadonlyMap<number, number>,
  ): Plan {
    const { name, advance } = this
    const { graph, draws, constants } = trace(
      inputs,
      (...symbols) => body(symbols),
      (result) => [result],
    )
    return new Plan(graph, { name, draws, constants, strides, advance })
  }
}

const inputsOf = ({ x, y, order }: Segment): Tensor[] => (order === null ? [x, y] : [x, y, order])
