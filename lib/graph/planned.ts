import { type TakeTap, Taps, taps } from '../autodiff/taps.js'
import type { TensorSpec } from '../tensor/op.js'
import { Premises, premises } from '../tensor/premises.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Graph } from './graph.js'
import { Plan, type PlanOptions } from './plan.js'
import { type RowWise, rowWise } from './rows.js'
import { type Trace, trace } from './trace.js'

export interface PlannedOptions<Result> extends Pick<PlanOptions, 'name' | 'advance' | 'mustBeFinite'> {
  /** The tensors to compute, out of what the function returns. */
  outputs: (result: Result) => readonly Tensor[]
  /** Whether a plan stays though its premises do not hold: a run of `fit` goes on as it began. Default false. */
  lasting?: boolean
}

/**
 * The plans of a function, made when they are first asked for: one for each kind of inputs, and for what the function takes for granted
 * when it is traced ({@link Premises}). Of each kind those used last are kept.
 */
export class Planned<Result> {
  private readonly kinds = new Map<TakeTap | null, Map<string, readonly Traced<Result>[]>>()

  constructor(private readonly options: PlannedOptions<Result>) {}

  /**
   * The function for inputs like these, traced now or before.
   * @param inputs their shapes and dtypes count
   * @param body what is traced: the same function for the same inputs and variant
   * @param variant tells apart what differs though the inputs are alike
   * @param take what the plan returns of named tensors, behind its outputs; a plan without it is another one, and stays as it is
   */
  for(
    inputs: readonly TensorSpec[],
    body: (...inputs: Tensor[]) => Result,
    variant = '',
    take: TakeTap | null = null,
  ): Traced<Result> {
    const kinds = this.kinds.get(take) ?? new Map<string, readonly Traced<Result>[]>()
    this.kinds.set(take, kinds)
    const key = variant + inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ')
    const known = kinds.get(key) ?? []
    const fitting = known.find((traced) => this.options.lasting === true || traced.fits)
    if (fitting !== undefined && fitting === known[0]) return fitting
    const first = fitting ?? new Traced(inputs, body, this.options, take)
    const others = known.filter((traced) => traced !== first)
    kinds.set(key, [first, ...others.slice(0, mostOfAKind - 1)])
    for (const traced of others.slice(mostOfAKind - 1)) traced.dispose()
    return first
  }

  /** The plans that there are. */
  get plans(): Plan[] {
    return this.all.flatMap((traced) => traced.plans)
  }

  /** Frees the plans; of those at work, when they are done. */
  dispose(): void {
    for (const traced of this.all) traced.dispose()
    this.kinds.clear()
  }

  private get all(): Traced<Result>[] {
    return [...this.kinds.values()].flatMap((kinds) => [...kinds.values()].flat())
  }
}

/** How many traces are kept for inputs of one kind, so that layers may be frozen and set free at each step. */
const mostOfAKind = 4

/** How a plan walks through the rows of its inputs and outputs, and the graph for as many as it takes at a time. */
export interface Walk extends Pick<PlanOptions, 'strides' | 'outputStrides'> {
  /** Default: the traced one. */
  readonly graph?: Graph
}

/** A function traced for inputs of one kind, and the plans of its graph. */
export class Traced<Result> {
  /** The names of what the plan returns behind the function's outputs. */
  readonly tapNames: readonly string[]
  private readonly trace: Trace<Result>
  private readonly premises = new Premises()
  private readonly made = new Map<string, Plan>()
  private byRows: RowWise | null | undefined
  private users = 0
  private forgotten = false

  constructor(
    inputs: readonly TensorSpec[],
    body: (...inputs: Tensor[]) => Result,
    private readonly options: PlannedOptions<Result>,
    take: TakeTap | null,
  ) {
    const tapped = take === null ? null : new Taps(take)
    this.trace = premises.run(this.premises, () =>
      trace(
        inputs,
        (...symbols) => taps.run(tapped, () => body(...symbols)),
        (result) => [...options.outputs(result), ...(tapped?.taken.values() ?? [])],
      ),
    )
    this.tapNames = [...(tapped?.taken.keys() ?? [])]
  }

  /** Whether all that was taken for granted still holds. */
  get fits(): boolean {
    return this.premises.hold
  }

  /** The function's result, with symbolic tensors. */
  get result(): Result {
    return this.trace.result
  }

  get graph(): Graph {
    return this.trace.graph
  }

  /** Whether a step draws random numbers. */
  get draws(): boolean {
    return this.trace.draws.any
  }

  /** The graph for other numbers of rows; null where they depend on each other. */
  get rowWise(): RowWise | null {
    if (this.byRows === undefined) this.byRows = rowWise(this.graph)
    return this.byRows
  }

  get plans(): Plan[] {
    return [...this.made.values()]
  }

  /**
   * A plan of the graph.
   * @param key tells it from the trace's other plans
   * @param walk called when it is made; default: it takes and returns what the function does
   */
  plan(key = '', walk?: () => Walk): Plan {
    const known = this.made.get(key)
    if (known !== undefined) return known
    const { graph = this.graph, strides, outputStrides } = walk?.() ?? {}
    const { name, advance, mustBeFinite } = this.options
    const { draws } = this.trace
    // The constants are those of all plans, and go with the last one.
    const plan = new Plan(graph, { name, draws, constants: [], advance, mustBeFinite, strides, outputStrides })
    this.made.set(key, plan)
    return plan
  }

  /** Runs work between whose parts the event loop turns: the plans stay until it has ended. */
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
    for (const plan of this.made.values()) plan.dispose()
    for (const constant of this.trace.constants) constant.dispose()
  }
}
