import { MyelinError } from '../core/error.js'
import { type NativeJob, type NativePlan, type NativeResult, native, nativeError } from '../native/binding.js'
import { empty } from '../tensor/creation.js'
import type { TensorSpec } from '../tensor/op.js'
import { Parameter } from '../tensor/parameter.js'
import type { StepDraws } from '../tensor/random.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { explain } from './explain.js'
import { type Graph, shownBy, type Value } from './graph.js'
import { optimize } from './passes/index.js'
import { type PlacedGraph, placeValues } from './placed-graph.js'
import { ScalarTable } from './scalar-table.js'
import { changedTensors, encodeSpec, type Strides } from './spec.js'
import { instructionsOf } from './storage.js'

export interface PlanOptions {
  /** For messages. */
  name: string
  draws: StepDraws
  /** Tensors that the trace captured; the plan frees them. */
  constants: readonly Tensor[]
  /** The inputs, by position, through which a run of several steps walks: elements a step. */
  strides?: ReadonlyMap<number, number>
  /** The outputs, by position, through which it walks; these must be computed, not passed through. */
  outputStrides?: ReadonlyMap<number, number>
  /** Called with the number of steps that begin, and then with minus those that were not done after all. */
  advance?: (steps: number) => void
  /** The position of an output, a scalar, that must be finite for what comes after it in a step to be done. */
  mustBeFinite?: number
}

/** The result of a run of several steps. */
export type PlanResult = NativeResult

/** A run under way. */
export interface PlanJob {
  readonly finished: Promise<PlanResult>
  readonly steps: number
  abort(): void
  /** Reads learning rates and the like again, for the steps that have not begun. */
  refresh(): void
}

/** A traced function, simplified, laid out, and decoded in C++: a step of it is one native call. */
export class Plan {
  private readonly placed: PlacedGraph
  private readonly native: NativePlan
  private readonly constants: Tensor[]
  private readonly changed: readonly Parameter[]
  private readonly computed: readonly Value[]
  private readonly sources: readonly Source[]
  private readonly handles: Float64Array
  private readonly scalars: ScalarTable
  private profiling = false
  private profiledSteps = 0

  constructor(
    graph: Graph,
    private readonly options: PlanOptions,
  ) {
    this.constants = [...options.constants]
    this.placed = placeValues(optimize(graph, this.constants, options.mustBeFinite))
    const { inputs, nodes, outputs } = this.placed.graph
    const { storages } = this.placed
    this.computed = computedOutputs(this.placed)
    this.sources = sourcesOf(this.placed, this.computed)
    this.handles = new Float64Array(this.sources.length)
    this.scalars = new ScalarTable(instructionsOf(this.placed.graph))
    const strides: Strides = new Map([
      ...[...(options.strides ?? [])].map(([i, stride]) => [inputs[i] as Value, stride] as const),
      ...[...(options.outputStrides ?? [])].map(([i, stride]) => [storages.root(outputs[i] as Value), stride] as const),
    ])
    const { mustBeFinite } = options
    const finite = mustBeFinite === undefined ? null : shownBy(this.placed.graph, outputs[mustBeFinite] as Value)
    this.changed = [...changedTensors(nodes)].flatMap(({ tensor }) => (tensor instanceof Parameter ? [tensor] : []))
    try {
      this.native = native.planCreate(encodeSpec(this.placed, strides, finite))
    } catch (error) {
      for (const constant of this.constants) constant.dispose()
      throw nativeError(error, options.name)
    }
  }

  /** Runs one step on this thread and returns new tensors. */
  run(inputs: readonly Tensor[]): Tensor[] {
    const made = this.newOutputs()
    let used = 0
    try {
      this.runSteps(inputs, made, 1, 0)
      const results = this.results(inputs, made)
      used = made.length
      return results
    } finally {
      for (let i = used; i < made.length; i++) made[i]?.dispose()
    }
  }

  /** Runs steps on this thread, as {@link start} does off it. */
  runSteps(inputs: readonly Tensor[], outputs: readonly Tensor[], steps: number, first: number): void {
    try {
      const handles = this.bind(inputs, outputs)
      this.advance(native.planRun(this.native, handles, steps, first, this.scalars.fill(steps, 0)).steps)
    } catch (error) {
      throw this.failure(error)
    }
  }

  /**
   * Runs steps off this thread. Outputs are written over in each step.
   * @param first the number of the first step, for inputs that are walked through
   */
  start(inputs: readonly Tensor[], outputs: readonly Tensor[], steps: number, first: number): PlanJob {
    let job: NativeJob
    const finished = new Promise<PlanResult>((resolve, reject) => {
      const settle = (error: Error | null, result?: PlanResult): void => {
        this.advance((result?.steps ?? job.steps) - steps)
        if (error !== null || result === undefined) reject(this.failure(error))
        else resolve(result)
      }
      try {
        job = native.planStart(
          this.native,
          this.bind(inputs, outputs),
          steps,
          first,
          this.scalars.fill(steps, 0),
          settle,
        )
        this.advance(steps)
      } catch (error) {
        throw this.failure(error)
      }
    })
    return {
      finished,
      get steps() {
        return job.steps
      },
      abort: () => job.abort(),
      // The steps have been counted, so that they lie behind.
      refresh: () => job.setScalars(this.scalars.fill(steps, -steps)),
    }
  }

  /** The tensors that {@link start} writes: those outputs that the plan computes, in their order. */
  get outputSpecs(): readonly TensorSpec[] {
    return this.computed
  }

  /** The outputs of the traced function: of which form, and in which of {@link outputSpecs}; −1 for what is passed through. */
  get returned(): readonly (TensorSpec & { readonly at: number })[] {
    const { graph, storages } = this.placed
    return graph.outputs.map((output) => {
      const { shape, dtype } = output
      return { shape, dtype, at: this.computed.indexOf(storages.root(output)) }
    })
  }

  /** New tensors of these. */
  newOutputs(): Tensor[] {
    return this.computed.map(({ shape, dtype }) => empty(shape, dtype))
  }

  /** The plan in words: instructions, shapes, bytes, and where it was profiled the time of each instruction. */
  explain(): string {
    const times = this.profiledSteps === 0 ? [] : [...native.planTimes(this.native)]
    return explain(
      this.placed,
      times.map((nanoseconds) => nanoseconds / 1000 / this.profiledSteps),
    )
  }

  /** Measures each instruction from now on, beginning at 0, or ends that. */
  profile(on: boolean): void {
    native.planProfile(this.native, on)
    this.profiling = on
    if (on) this.profiledSteps = 0
  }

  dispose(): void {
    native.planDispose(this.native)
    for (const constant of this.constants) constant.dispose()
  }

  /** The error of a step, by the name of the op as it was called, which several may share a native one, and its layer. */
  private failure(error: unknown): MyelinError {
    if (error instanceof MyelinError) return error
    const { message } = error as Error
    const [, place] = /^\w+ \(instruction (\d+),/.exec(message) ?? []
    const node = place === undefined ? undefined : instructionsOf(this.placed.graph)[Number(place)]
    const named = node === undefined ? message : message.replace(/^\w+/, node.op.name)
    return nativeError(
      Object.assign(error as Error, { message: named }),
      this.options.name,
      node?.op.layer?.(node.attrs),
    )
  }

  /** Counts what steps do outside the plan: draws, updates, changes of parameters. */
  private advance(steps: number): void {
    if (steps === 0) return
    if (this.profiling) this.profiledSteps += steps
    this.options.draws.advance(steps)
    this.options.advance?.(steps)
    for (const parameter of this.changed) parameter.version++
  }

  /** The handles of a run in the order of the bindings. */
  private bind(inputs: readonly Tensor[], outputs: readonly Tensor[]): Float64Array {
    const { inputs: values } = this.placed.graph
    for (let i = 0; i < values.length; i++) this.checkInput(inputs[i], values[i] as Value, i)
    const { sources, handles } = this
    for (let i = 0; i < sources.length; i++) {
      const { from, at, tensor } = sources[i] as Source
      const bound = from === 'input' ? inputs[at] : from === 'output' ? outputs[at] : tensor
      bound?.check(this.options.name)
      handles[i] = bound?.rawHandle ?? -1
    }
    return handles
  }

  private checkInput(tensor: Tensor | undefined, value: Value, i: number): void {
    const walked = this.options.strides?.has(i) === true
    if (tensor === undefined || tensor.dtype !== value.dtype || (!walked && !sameShape(tensor.shape, value.shape)))
      throw new MyelinError(
        'ERR_SHAPE',
        `[${this.options.name}] input ${i} must be ${value.dtype} ${formatShape(value.shape)}, got ${tensor === undefined ? 'nothing' : `${tensor.dtype} ${formatShape(tensor.shape)}`}`,
      )
  }

  /** The graph's outputs: what was made for the run, where one stands for itself, else a view. */
  private results(inputs: readonly Tensor[], made: readonly Tensor[]): Tensor[] {
    const { graph, storages } = this.placed
    const own = new Set<Tensor>()
    const results = graph.outputs.map((output) => {
      const root = storages.root(output)
      const at = this.computed.indexOf(root)
      const tensor = made[at] ?? root.tensor ?? (inputs[graph.inputs.indexOf(root)] as Tensor)
      if (at < 0 || own.has(tensor) || !sameShape(tensor.shape, output.shape)) return tensor.alias(output.shape)
      own.add(tensor)
      return tensor
    })
    for (const tensor of made) if (!own.has(tensor)) tensor.dispose()
    return results
  }
}

/** Where the tensor of a binding comes from. */
interface Source {
  from: 'input' | 'output' | 'graph'
  at: number
  tensor: Tensor | undefined
}

/** The outputs, by root, that are computed and not just passed through. */
function computedOutputs({ graph, storages }: PlacedGraph): Value[] {
  const roots = graph.outputs.map((output) => storages.root(output))
  return [...new Set(roots)].filter((root) => root.tensor === undefined && !graph.inputs.includes(root))
}

function sourcesOf({ graph, bindings }: PlacedGraph, computed: readonly Value[]): Source[] {
  return bindings.map((value) => {
    if (value.tensor !== undefined) return { from: 'graph', at: 0, tensor: value.tensor }
    const input = graph.inputs.indexOf(value)
    return input >= 0
      ? { from: 'input', at: input, tensor: undefined }
      : { from: 'output', at: computed.indexOf(value), tensor: undefined }
  })
}
