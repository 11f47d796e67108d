import { recordIfWanted, recording } from '../autodiff/tape.js'
import { ambient } from '../core/ambient.js'
import { MyelinError } from '../core/error.js'
import type { Op, TensorSpec } from '../tensor/op.js'
import { Parameter } from '../tensor/parameter.js'
import { StepDraws, stepDraws } from '../tensor/random.js'
import { layerAtWork, type Recorder, recorder } from '../tensor/recorder.js'
import { tidy, track } from '../tensor/scope.js'
import type { Shape } from '../tensor/shape.js'
import { Symbolic } from '../tensor/symbolic.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Graph, Node, Value } from './graph.js'
import { type DeadEnd, lostGradients } from './lost-gradients.js'

/** A traced function: its graph, what it draws a step, and the constants that it took from outside. */
export interface Trace<Result> {
  graph: Graph
  draws: StepDraws
  /** The function's result, with {@link Symbolic} tensors in the places of `graph.outputs`. */
  result: Result
  /** Handles of the graph's own on the tensors that it captured, parameters aside. */
  constants: readonly Tensor[]
}

/**
 * Runs a function on symbolic tensors and notes down what it does. Gradients inside it are taken as always: the tape links
 * symbolic tensors like any others, and the gradients of ops are ops.
 * @param outputsOf picks the tensors to compute out of what the function returns
 * @throws MyelinError ERR_ARGUMENT if the function reads elements
 */
export function trace<Result>(
  inputs: readonly TensorSpec[],
  f: (...inputs: Tensor[]) => Result,
  outputsOf: (result: Result) => readonly Tensor[],
): Trace<Result> {
  const tracer = new Tracer()
  const symbols = inputs.map(({ shape, dtype }) => tracer.symbol({ shape, dtype }))
  const run = (): Result => stepDraws.run(tracer.draws, () => tidy(() => f(...symbols)))
  try {
    const result = underWay.run(tracer, () => recorder.run(tracer, run))
    const outputs = outputsOf(result).map((tensor) => tracer.valueOf(tensor))
    const graph = { inputs: symbols.map((symbol) => tracer.valueOf(symbol)), nodes: tracer.nodes, outputs }
    return { graph, draws: tracer.draws, result, constants: tracer.constants }
  } catch (error) {
    for (const constant of tracer.constants) constant.dispose()
    throw error
  }
}

/** The innermost trace. */
const underWay = ambient<Tracer | null>(null)

/**
 * Of parameters that no gradient of a loss reached, in the trace under way, those that it depends on all the same, and where their
 * gradients were lost: `greater (layer "step")`.
 */
export function lostOnTheWay(loss: Tensor, parameters: readonly Parameter[]): { parameter: Parameter; at: string[] }[] {
  return underWay.value?.lost(loss, parameters) ?? []
}

class Tracer implements Recorder {
  readonly nodes: Node[] = []
  readonly draws = new StepDraws()
  readonly constants: Tensor[] = []
  private readonly cut = new Set<Node>()
  private readonly deadEnds: DeadEnd[] = []
  private readonly values = new Map<Tensor, Value>()
  private count = 0

  apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor[] {
    const values = inputs.map((input) => this.valueOf(input))
    const outputs = op.infer(inputs, attrs).map((spec) => this.symbol(spec))
    const node: Node = Object.freeze({
      op: op as Op<unknown>,
      attrs,
      inputs: values,
      outputs: outputs.map((output) => this.valueOf(output)),
    })
    this.nodes.push(node)
    recordIfWanted(op, inputs, attrs, outputs)
    if (!recording.value) this.cut.add(node)
    else if (inputs.some(({ requiresGrad }) => requiresGrad) && !outputs.some(({ requiresGrad }) => requiresGrad))
      this.deadEnds.push({ node, layer: layerAtWork.value?.name ?? null })
    return outputs
  }

  lost(loss: Tensor, parameters: readonly Parameter[]): { parameter: Parameter; at: string[] }[] {
    const known = new Map(parameters.map((parameter) => [this.valueOf(parameter), parameter]))
    return lostGradients(this.nodes, this.cut, this.deadEnds, this.valueOf(loss), [...known.keys()]).map(
      ({ value, deadEnds }) => ({
        parameter: known.get(value) as Parameter,
        at: [
          ...new Set(
            deadEnds.map(({ node, layer }) => `${node.op.name}${layer === null ? '' : ` (layer "${layer}")`}`),
          ),
        ],
      }),
    )
  }

  /** A new symbolic tensor with its value. */
  symbol({ shape, dtype }: TensorSpec): Symbolic {
    const symbol = new Symbolic([...shape], dtype, (x, other) => this.reshaped(x, other))
    this.values.set(symbol, Object.freeze({ id: this.count++, shape: symbol.shape, dtype }))
    return symbol
  }

  valueOf(tensor: Tensor): Value {
    const known = this.values.get(tensor)
    if (known !== undefined) return known
    if (tensor instanceof Symbolic)
      throw new MyelinError(
        'ERR_ARGUMENT',
        '[compile] a tensor of another traced function is used; return it there and pass it in',
      )
    tensor.check('compile')
    const value = this.newValue(tensor)
    this.values.set(tensor, value)
    return value
  }

  /** A parameter is read when the plan runs, and so is a view of it that was made outside the trace; the rest is constant. */
  private newValue(tensor: Tensor): Value {
    const { base, shape, dtype } = tensor
    if (base instanceof Parameter && base !== tensor && !base.disposed) {
      const view = Object.freeze({ id: this.count++, shape, dtype })
      this.nodes.push(Object.freeze({ op: viewOp, attrs: undefined, inputs: [this.valueOf(base)], outputs: [view] }))
      return view
    }
    const own = tensor instanceof Parameter ? tensor : this.capture(tensor)
    return Object.freeze({ id: this.count++, shape, dtype, tensor: own })
  }

  /** The graph's own handle on a constant, so that the caller may dispose of the original. */
  private capture(tensor: Tensor): Tensor {
    const own = tensor.alias(tensor.shape)
    track(own, null)
    this.constants.push(own)
    return own
  }

  private reshaped(x: Symbolic, shape: Shape): Symbolic {
    const result = this.symbol({ shape, dtype: x.dtype })
    const inputs = [this.valueOf(x)]
    const node: Node = Object.freeze({ op: viewOp, attrs: undefined, inputs, outputs: [this.valueOf(result)] })
    this.nodes.push(node)
    this.cut.add(node)
    return result
  }
}

/** The node of `detach`: the same elements, without a gradient. */
const viewOp: Op<unknown> = { name: 'view', opcode: -1, infer: (inputs) => inputs, gradient: null, saves: 'none' }
