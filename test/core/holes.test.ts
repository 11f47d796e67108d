import { expect, it } from 'vitest'
import * as myelin from '../../lib/index.js'

// A hole in an array is passed over by every, map and forEach, but not by the code that reads it afterwards.

const { Dataset, callbacks, compileStep, layers, model, optimizers, schedules, sequential } = myelin
const x = myelin.ones([2, 3])
const parameter = new myelin.Parameter(myelin.ones([2]))
const symbolic = myelin.input({ shape: [3] })

/** One value beside a hole. */
const holed = <T>(value?: T): T[] => {
  const array = new Array<T>(2)
  if (value !== undefined) array[0] = value
  return array
}

const calls: Record<string, (list: <T>(value?: T) => T[]) => unknown> = {
  concat: (list) => myelin.concat(list(x)),
  stack: (list) => myelin.stack(list(x)),
  pad: (list) => x.pad(list([1, 1] as const)),
  'pad of one axis': (list) => x.pad([list(1) as unknown as [number, number], [0, 0]]),
  slice: (list) => x.slice(list(0)),
  split: (list) => x.split(list(1)),
  tile: (list) => x.tile(list(1)),
  transpose: (list) => x.transpose(list(1)),
  'inputs of a model': (list) => model({ inputs: list(symbolic), outputs: symbolic }),
  'layers of a model': (list) => sequential({ layers: list(layers.dense({ units: 1 })) }),
  'symbolic tensors': (list) => layers.add().apply(list(symbolic)),
  'tensors for a layer': (list) => layers.add().call(list(x)),
  'parameters of a step': (list) => compileStep(() => x.sum(), { parameters: list(parameter), optimizer: 'sgd' }),
  'parameters of an optimizer': (list) => optimizers.sgd().apply(list(parameter)),
  gradients: (list) => optimizers.sgd().update([parameter, parameter], list(myelin.ones([2]))),
  'names that do not decay': (list) => optimizers.adamw().excludeFromWeightDecay(list('bias')),
  'values of a schedule': (list) => schedules.piecewiseConstant({ boundaries: [1], values: list(1) }),
  'axes of a layer': (list) => layers.layerNormalization({ axis: list(1) }),
  'a target shape': (list) => layers.reshape({ targetShape: list(3) }),
  'the shape of a sample': (list) => layers.flatten().computeOutputShape(list(3)),
  'columns of a table': (list) => Dataset.fromCsv('a.csv', { features: list('a') }),
  'names of columns': (list) => Dataset.fromCsv('a.csv', { header: list('a') }),
  callbacks: (list) =>
    new myelin.TrainingLoop({
      model: sequential(),
      optimizer: optimizers.sgd(),
      callbacks: list(callbacks.terminateOnNaN()),
    }),
}

it.each(Object.entries(calls))('a hole among %s is refused', (_, call) => {
  const refused = expect.objectContaining({ name: 'MyelinError' })
  expect(() => call(holed)).toThrow(refused)
  expect(() => call(() => new Array(5))).toThrow(refused)
})
