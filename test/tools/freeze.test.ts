import { describe, expect, it } from 'vitest'
import { freeze, input, layers, model, sequential, unfreeze } from '../../lib/index.js'
import { bits } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { signed } from '../helpers/random.js'

const net = () =>
  sequential({
    inputShape: [3],
    layers: [
      layers.dense({ name: 'a', units: 4 }),
      layers.batchNormalization({ name: 'b' }),
      sequential({ name: 'c', layers: [layers.dense({ units: 4 })] }),
      layers.dense({ name: 'd', units: 1 }),
    ],
  })
const frozen = (of: ReturnType<typeof net>): string =>
  of.layers
    .filter(({ trainable }) => !trainable)
    .map(({ name }) => name)
    .join('')

describe('freeze', () => {
  it('up to a layer, by name or number, itself included; some layers; all', () => {
    for (const [options, names] of [
      [{ upTo: 'b' }, 'ab'],
      [{ upTo: 1 }, 'ab'],
      [{ upTo: -1 }, 'abcd'],
      [{ upTo: 0 }, 'a'],
      [{ layers: ['c', 0] }, 'ac'],
      [{ layers: [] }, ''],
      [{}, 'abcd'],
    ] as const) {
      const made = net()
      freeze(made, options)
      expect(frozen(made)).toBe(names)
      expect(made.trainable).toBe(Object.keys(options).length > 0)
    }
    const made = net()
    freeze(made, { upTo: 'c' })
    expect(made.trainableWeights.map(({ name }) => name)).toEqual(['d/kernel', 'd/bias'])
  })

  it('leaves weights and running statistics as they are in fit', async () => {
    const made = net()
    freeze(made, { upTo: 'c' })
    made.compile({ optimizer: 'adam', loss: 'mse' })
    const before = made.weights.map((weight) => bits(weight))
    await made.fit(signed([8, 3]), signed([8, 1]), { verbose: 0, epochs: 2 })
    const changed = made.weights.filter((weight, i) => bits(weight) !== before[i]).map(({ name }) => name)
    expect(changed).toEqual(['d/kernel', 'd/bias'])
    unfreeze(made, { from: 'b' })
    await made.fit(signed([8, 3]), signed([8, 1]), { verbose: 0 })
    const later = made.weights.filter((weight, i) => bits(weight) !== before[i]).map(({ name }) => name)
    expect(later).toHaveLength(made.weights.length - 2)
  })

  it('of a graph goes by the order in which it computes', () => {
    const x = input({ shape: [2], name: 'x' })
    const [left, right] = [layers.dense({ name: 'left', units: 2 }), layers.dense({ name: 'right', units: 2 })]
    const sum = layers.add({ name: 'sum' }).apply([left.apply(x), right.apply(x)])
    const made = model({ inputs: x, outputs: layers.dense({ name: 'head', units: 1 }).apply(sum) })
    freeze(made, { upTo: 'sum' })
    expect(made.trainableWeights.map(({ name }) => name)).toEqual(['head/kernel', 'head/bias'])
  })
})

describe('unfreeze', () => {
  it('from a layer on, some layers, all; also of a model that was frozen as a whole', () => {
    for (const [options, names] of [
      [{ from: 'c' }, 'ab'],
      [{ from: -1 }, 'abc'],
      [{ layers: ['a', -2] }, 'bd'],
      [{}, ''],
    ] as const) {
      const made = net()
      made.learningRateMultiplier = 0.5
      freeze(made)
      unfreeze(made, options)
      expect(frozen(made)).toBe(names)
      expect(made.trainable).toBe(true)
      expect(made.learningRateMultiplier).toBe(0.5)
    }
  })
})

it('what is no model, no layer or no option is refused, and changes nothing', () => {
  const made = net()
  freeze(made, { layers: ['a'] })
  for (const call of [
    () => freeze({} as never),
    () => freeze(made, { upTo: 'e' }),
    () => freeze(made, { layers: ['b', 9] }),
    () => freeze(made, { layers: 'b' as never }),
    () => freeze(made, { upTo: 'b', layers: ['c'] }),
    () => freeze(made, { upto: 1 } as never),
    () => freeze(made, 'b' as never),
    () => unfreeze(made, { layers: ['a', 'e'] }),
    () => unfreeze(made, { from: 1.5 }),
    () => unfreeze(null as never),
  ])
    expect(failure(call).code).toBe('ERR_ARGUMENT')
  expect(frozen(made)).toBe('a')
})
