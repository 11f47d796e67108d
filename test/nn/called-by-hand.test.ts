import { describe, expect, it } from 'vitest'
import { compile } from '../../lib/graph/compile.js'
import { runtime } from '../../lib/native/runtime.js'
import { constraints, initializers, metrics, regularizers } from '../../lib/nn/index.js'
import { optimizers, schedules } from '../../lib/optim/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

type Maker = (options?: object) => (value: never) => unknown
const made = (folder: object): [string, Maker][] => Object.entries(folder)

/** Calls each with what it cannot take. */
function refuses(makers: readonly [string, Maker][], values: readonly unknown[], code: RegExp): void {
  it.each(makers)('%s', (name, make) => {
    const before = runtime.memory().tensors
    for (const value of values)
      expect(() => make()(value as never)).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(code),
          message: expect.stringMatching(`^\\[${name}\\] `),
        }),
      )
    expect(runtime.memory().tensors).toBe(before)
  })
}

describe('an initializer refuses what is no shape', () => {
  refuses(made(initializers), [undefined, null, 3, '[2]', {}, [1n], [-1], [1, 0.5], [Number.NaN]], /^ERR_SHAPE$/)
})

const noTensors = [undefined, null, 3, [1, 2], new Float32Array(2), {}]
describe('a regularizer refuses what is no tensor', () => refuses(made(regularizers), noTensors, /^ERR_ARGUMENT$/))
describe('a constraint refuses what is no tensor', () => refuses(made(constraints), noTensors, /^ERR_ARGUMENT$/))

describe('a schedule refuses what is no step', () => {
  const cosine: Maker = () => schedules.cosineDecay({ initialLearningRate: 0.1, decaySteps: 5 })
  const warm: Maker = () => schedules.warmup(0.1, 3)
  refuses(
    [
      ['cosineDecay', cosine],
      ['warmup', warm],
    ],
    [undefined, null, '1', 1n, Number.NaN, [1]],
    /^ERR_ARGUMENT$/,
  )
})

it('an optimizer refuses gradients and parameters that are none, and leaves them as they were', () => {
  const weight = new Parameter(ones([2]))
  const gradient = tensor([1, 1])
  const { update } = optimizers.sgd()
  const wrong: [unknown, unknown, unknown?][] = [
    [undefined, [gradient]],
    [weight, [gradient]],
    [[gradient], [gradient]],
    [[weight], undefined],
    [[weight], gradient],
    [[weight], [[1, 1]]],
    [[weight], [gradient], 2],
    [[weight], [gradient], { step: 2 }],
  ]
  const sgd = optimizers.sgd()
  for (const args of wrong)
    expect(() => update.apply(sgd, args as never)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }))
  expect([...weight.data()]).toEqual([1, 1])
  expect(sgd.iterations).toBe(0)
})

it('a parameter of a tensor that is being compiled, and a fork of a metric for nothing, are refused by name', () => {
  expect(() => compile((x: Tensor): Tensor => new Parameter(x))(ones([2]))).toThrow(
    '[Parameter] takes a tensor that has elements, not one of a function that is being compiled',
  )
  expect(() => metrics.accuracy().fork(null as never)).toThrow('[accuracy] fork takes { loss, outputShape }, got null')
})
