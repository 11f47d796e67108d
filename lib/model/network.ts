import { MyelinError } from '../core/error.js'
import { listed, show } from '../core/show.js'
import type { AnyLayer, CallOptions, SymbolicTensor } from '../nn/layer.js'
import type { Application } from '../nn/layer-output.js'
import { InputLayer } from '../nn/layers/input.js'
import type { Tensor } from '../tensor/tensor.js'
import { callLayer } from './call-layer.js'

/** One use of a layer. Values are known by their numbers: those of the inputs first, then the outputs of one call after the other. */
export interface LayerCall {
  readonly layer: AnyLayer
  readonly inputs: readonly number[]
  readonly listed: boolean
  readonly outputs: readonly number[]
}

/** The way from symbolic inputs to symbolic outputs: uses of layers in an order in which they can be computed. */
export class Network {
  readonly inputLayers: readonly InputLayer[]
  /** In the order of their first use, input layers included. */
  readonly layers: readonly AnyLayer[]
  /** In an order in which they can be computed. */
  readonly calls: readonly LayerCall[]
  /** The values that are the network's outputs. */
  readonly outputs: readonly number[]
  private readonly applications: readonly Application<AnyLayer>[]

  /** @throws MyelinError ERR_ARGUMENT if an output needs an input that is not given, or two layers have the same name */
  constructor(
    private readonly inputs: readonly SymbolicTensor[],
    outputs: readonly SymbolicTensor[],
    where: string,
  ) {
    this.inputLayers = inputs.map(inputLayerOf)
    const applications = reached(inputs, outputs, where)
    this.applications = applications
    const numbers = new Map(inputs.map((input, i) => [input, i]))
    const number = (value: SymbolicTensor): number => {
      if (!numbers.has(value)) numbers.set(value, numbers.size)
      return numbers.get(value) as number
    }
    this.calls = applications.map((application) => ({
      layer: application.layer,
      inputs: application.inputs.map(number),
      listed: application.listed,
      outputs: application.outputs.map(number),
    }))
    this.outputs = outputs.map(number)
    this.layers = [...new Set([...this.inputLayers, ...applications.map(({ layer }) => layer)])]
    refuseEqualNames(this.layers, where)
  }

  /** The names of what each layer is applied to, in all its uses. */
  get connections(): ReadonlyMap<AnyLayer, readonly string[]> {
    const entries = new Map(this.inputs.map((input, i) => [input, (this.inputLayers[i] as InputLayer).name]))
    return connectionsOf(this.applications, (value) => entries.get(value) ?? value.name)
  }

  run(inputs: readonly Tensor[], options: CallOptions): Tensor[] {
    const values = [...inputs]
    // A layer reads what those before it gave.
    const tensorOf = (i: number): Tensor => values[i] as Tensor
    for (const call of this.calls) {
      const results = runCall(call, call.inputs.map(tensorOf), options)
      call.outputs.forEach((value, i) => {
        values[value] = results[i] as Tensor
      })
    }
    return this.outputs.map(tensorOf)
  }
}

function runCall({ layer, listed, outputs }: LayerCall, given: readonly Tensor[], options: CallOptions): Tensor[] {
  const y = callLayer(layer, listed ? given : (given[0] as Tensor), options)
  const results = Array.isArray(y) ? y : [y]
  if (results.length === outputs.length) return results
  throw new MyelinError(
    'ERR_ARGUMENT',
    `[${layer.className} ${show(layer.name)}] call returned ${results.length} tensors, when it was applied ${outputs.length}`,
  )
}

/** An input of the model as the layer that casts and checks it. What is the output of another layer gets one of its own. */
function inputLayerOf({ application, layer, shape }: SymbolicTensor): InputLayer {
  if (application.inputs.length === 0 && layer instanceof InputLayer) return layer
  return new InputLayer({ shape })
}

/** The uses of layers between inputs and outputs, in their order of creation: each comes after those whose outputs it takes. */
function reached(
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  where: string,
): Application<AnyLayer>[] {
  const given = new Set(inputs)
  const found = new Set<Application<AnyLayer>>()
  const open = outputs.map((value) => ({ value, reader: 'an output' }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, reader } = next
    const { application, layer } = value
    if (given.has(value) || found.has(application)) continue
    if (application.inputs.length === 0)
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${where}] the graph is disconnected: ${reader} is computed from the input ${show(layer.name)}, which is not among inputs: ${listed(inputs.map(({ name }) => name))}`,
      )
    found.add(application)
    for (const input of application.inputs) open.push({ value: input, reader: `the layer ${show(layer.name)}` })
  }
  return [...found].sort((a, b) => a.id - b.id)
}

/** Names that were not given are made to differ. */
function refuseEqualNames(layers: readonly AnyLayer[], where: string): void {
  const names = layers.filter(({ hasGivenName }) => hasGivenName).map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw new MyelinError('ERR_ARGUMENT', `[${where}] there are two layers named ${show(twice)}; names must differ`)
}

function connectionsOf(
  applications: readonly Application<AnyLayer>[],
  nameOf: (value: SymbolicTensor) => string,
): Map<AnyLayer, string[]> {
  const connections = new Map<AnyLayer, string[]>()
  for (const { layer, inputs } of applications)
    connections.set(layer, [...(connections.get(layer) ?? []), ...inputs.map(nameOf)])
  return connections
}
