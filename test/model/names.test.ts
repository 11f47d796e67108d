import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { model, sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { Layer } from '../../lib/nn/layer.js'
import { optimizers } from '../../lib/optim/index.js'
import { ones } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { bits } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'

const { dense, dropout, gaussianNoise, input, rrelu } = layers

const names = (of: { layers: readonly { name: string }[] }): string[] => of.layers.map(({ name }) => name)

describe('a layer without a name', () => {
  it('is called by its class, from the second in a model on with a number, whatever else was built', () => {
    const make = () =>
      sequential({ layers: [dense({ units: 2, inputShape: [2] }), dropout({ rate: 0.5 }), dense({ units: 1 })] })
    for (const made of [make(), make()]) {
      expect(names(made)).toEqual(['dense', 'dropout', 'dense_1'])
      expect(made.weights.map(({ name }) => name)).toEqual([
        'dense/kernel',
        'dense/bias',
        'dense_1/kernel',
        'dense_1/bias',
      ])
    }
    expect([dense({ units: 1 }).name, dense({ units: 1 }).name]).toEqual(['dense', 'dense'])
  })

  it('makes way for a name that was given, also one that comes later', () => {
    const stack = sequential({ layers: [dense({ units: 2, inputShape: [2] }), dense({ units: 2 })] })
    stack.add(dense({ units: 2, name: 'dense' }))
    expect(names(stack)).toEqual(['dense_1', 'dense_2', 'dense'])
    expect([...stack.weightsByPath().keys()]).toEqual(stack.weights.map(({ name }) => name))
  })

  it('has the same name in a graph, with inputs of several', () => {
    const make = () => {
      const [a, b] = [input({ shape: [2] }), input({ shape: [2] })]
      return model({ inputs: [a, b], outputs: [dense({ units: 1 }).apply(a), dense({ units: 1 }).apply(b)] })
    }
    for (const made of [make(), make()]) {
      expect([made.inputNames, made.outputNames]).toEqual([
        ['input_layer', 'input_layer_1'],
        ['dense', 'dense_1'],
      ])
    }
  })

  it('keeps the name that the first model gave it, and is told apart by path in another', () => {
    const a = input({ shape: [2] })
    const [left, right] = [dense({ units: 1 }), dense({ units: 1 })]
    const [x, y] = [left.apply(a), right.apply(a)]
    const [first, second] = [model({ inputs: a, outputs: x }), model({ inputs: a, outputs: y })]
    const both = model({ inputs: a, outputs: [x, y] })
    expect([names(first)[1], names(second)[1]]).toEqual(['dense', 'dense'])
    expect([...both.weightsByPath().keys()]).toEqual(['dense/kernel', 'dense/bias', 'dense_1/kernel', 'dense_1/bias'])
    expect(both.getLayer('dense_1')).toBe(right)
    expect(both.outputNames).toEqual(['dense', 'dense_1'])
  })

  it('is named within the layer that holds it', () => {
    class Pair extends Layer {
      readonly a = dense({ units: 2 })
      readonly b = dense({ units: 2 })
      override call(x: Tensor): Tensor {
        return this.b.apply(this.a.apply(x))
      }
    }
    const make = () => sequential({ layers: [new Pair({ inputShape: [2] }), new Pair()] })
    for (const made of [make(), make()])
      expect(made.weights.map(({ name }) => name).filter((name) => name.endsWith('kernel'))).toEqual([
        'dense/kernel',
        'dense_1/kernel',
        'dense/kernel',
        'dense_1/kernel',
      ])
  })

  it('has its own name again where a model could not take it', () => {
    const stack = sequential({ layers: [dense({ units: 2, inputShape: [2] })] })
    const wrong = dense({ units: 2, inputShape: [5] })
    expect(failure(() => stack.add(wrong))).toMatchObject({ code: 'ERR_SHAPE' })
    expect([names(stack), wrong.name]).toEqual([['dense'], 'dense'])
    stack.add(dense({ units: 1 }))
    expect(names(stack)).toEqual(['dense', 'dense_1'])
  })

  it('of names that were given two that are equal are refused', () => {
    const twice = [dense({ name: 'd', units: 2, inputShape: [2] }), dense({ name: 'd', units: 2 })]
    expect(failure(() => sequential({ layers: twice })).message).toContain('two layers named "d"')
  })
})

describe('the noise of a layer', () => {
  const noisy = () =>
    sequential({
      layers: [
        dense({ units: 8, inputShape: [4], kernelInitializer: 'ones' }),
        dropout({ rate: 0.5 }),
        rrelu(),
        gaussianNoise({ stddev: 1 }),
        dropout({ rate: 0.5 }),
      ],
    })
  const out = (of: Layer): unknown => bits(of.call(ones([2, 4]), { training: true }))

  it('hangs on its path within its model, and on nothing that was built before', () => {
    const drawn = (before: number) => {
      setSeed(1)
      for (let i = 0; i < before; i++) sequential({ layers: [dropout({ rate: 0.5 }), noisy()] })
      const alone = dropout({ rate: 0.5 })
      return [out(noisy()), bits(alone.apply(ones([4, 8]), { training: true }) as Tensor)]
    }
    expect(drawn(3)).toEqual(drawn(0))
  })

  it('is another one in each layer and each draw, also of two models with the same paths', () => {
    setSeed(1)
    const x = ones([1, 64])
    const draws = (layer: Layer): string => (layer.apply(x, { training: true }) as Tensor).data().join()
    const stack = sequential({ layers: [dropout({ rate: 0.5, inputShape: [64] }), dropout({ rate: 0.5 })] })
    const twin = sequential({ layers: [dropout({ rate: 0.5, inputShape: [64] })] })
    const all = [...stack.layers, ...twin.layers, ...stack.layers].map(draws)
    expect(new Set(all).size).toBe(all.length)
  })

  it('is the same by name, and in a model that is part of another', () => {
    const drawn = (nested: boolean) => {
      setSeed(2)
      const inner = noisy()
      if (nested) sequential({ layers: [dense({ units: 4, inputShape: [4] }), inner] })
      return out(inner)
    }
    expect(drawn(true)).toEqual(drawn(false))
  })

  it('is the same in each run of an equal model, trained in the same way', async () => {
    const train = async (of: ReturnType<typeof noisy>, epochs: number): Promise<void> => {
      await of.fit(ones([32, 4]), ones([32, 8]), { epochs, batchSize: 8, verbose: 0 })
    }
    const make = () => {
      setSeed(4)
      const made = noisy()
      made.compile({ optimizer: optimizers.adam(), loss: 'meanSquaredError' })
      return made
    }
    const whole = make()
    await train(whole, 2)
    const wanted = whole.getWeights().map(bits)
    const again = make()
    await train(again, 2)
    expect(again.getWeights().map(bits)).toEqual(wanted)
  })
})
