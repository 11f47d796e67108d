import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import { type CallOptions, Layer, type LayerOptions } from '../../lib/nn/layer.js'
import * as layers from '../../lib/nn/layers/index.js'
import { ones } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { factoriesOf } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'

type Factory = (options?: object) => Layer

const factories = Object.entries<unknown>(factoriesOf(layers)) as [string, Factory][]
/** What each must be given. */
const needed: Record<string, string> = {
  activation: 'activation',
  alphaDropout: 'rate',
  dense: 'units',
  embedding: 'inputDim',
  dropout: 'rate',
  gaussianDropout: 'rate',
  gaussianNoise: 'stddev',
  input: 'shape',
  rescaling: 'scale',
  reshape: 'targetShape',
  spatialDropout: 'rate',
}

describe('options of layers', () => {
  it('are not what somebody gave to all objects', () => {
    Object.defineProperty(Object.prototype, 'units', { value: 1, writable: true, configurable: true })
    try {
      for (const options of [undefined, {}])
        expect(failure(() => layers.dense(options as never)).message).toContain('needs the option units')
      class Options {
        get units(): number {
          return 3
        }
      }
      expect(layers.dense(new Options()).getConfig()).toMatchObject({ units: 3 })
    } finally {
      Reflect.deleteProperty(Object.prototype, 'units')
    }
  })

  it.each(factories)('%s refuses what it does not know, by its name', (name, make) => {
    const wrong = failure(() => make({ name: 'mine', unitz: 3 }))
    expect(wrong.code).toBe('ERR_ARGUMENT')
    expect(wrong.message).toMatch(/^\[[A-Z]\w+ "mine"\] unknown option "unitz"\..* Known: .*name/)
    for (const options of [null, [], 5, 'relu']) expect(failure(() => make(options as never)).code).toBe('ERR_ARGUMENT')
    if (name in needed) {
      for (const options of [undefined, {}])
        expect(failure(() => make(options)).message).toMatch(new RegExp(`^\\[.*\\] needs the option ${needed[name]}$`))
    } else {
      expect(make()).toBeInstanceOf(Layer)
    }
  })

  it('suggests the option that was meant', () => {
    expect(failure(() => layers.dense({ units: 1, kernel_initializer: 'ones', name: 'd' } as never)).message).toMatch(
      /^\[Dense "d"\] unknown option "kernel_initializer"\. Did you mean "kernelInitializer"\?/,
    )
  })

  it('leaves the options of classes that declare none alone', () => {
    class Mine extends Layer {
      constructor(readonly given: LayerOptions & { factor: number }) {
        super(given)
      }
      override call(x: Tensor): Tensor {
        return x
      }
    }
    expect(new Mine({ factor: 2 }).given.factor).toBe(2)
  })
})

describe('learningRateMultiplier', () => {
  it('goes to every weight, and can be set later', () => {
    const layer = layers.dense({ units: 2, learningRateMultiplier: 0.5 })
    layer.ensureBuilt([3])
    expect(layer.weights.map(({ learningRateMultiplier }) => learningRateMultiplier)).toEqual([0.5, 0.5])
    expect(layer.getConfig()).toMatchObject({ learningRateMultiplier: 0.5 })
    layer.learningRateMultiplier = 0
    expect(layer.weights.map(({ learningRateMultiplier }) => learningRateMultiplier)).toEqual([0, 0])
    expect(layers.flatten().learningRateMultiplier).toBe(1)
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never])
      expect(
        failure(() => {
          layer.learningRateMultiplier = value
        }).message,
      ).toContain(
        `learningRateMultiplier must be a finite number from 0, got ${typeof value === 'string' ? '"1"' : value}`,
      )
    expect(layer.learningRateMultiplier).toBe(0)
    expect(failure(() => layers.dense({ units: 1, learningRateMultiplier: -1 })).code).toBe('ERR_ARGUMENT')
  })
})

describe('what a user writes', () => {
  const nothing = () => undefined as never

  it('must return tensors: an initializer', () => {
    const layer = layers.dense({ units: 1, kernelInitializer: nothing, name: 'd' })
    expect(failure(() => layer.ensureBuilt([2]))).toEqual({
      code: 'ERR_ARGUMENT',
      message: '[Dense "d"] the initializer of kernel must return a Tensor, got undefined',
    })
    expect(layer.built).toBe(false)
  })

  it('must return tensors: a layer', () => {
    class Silent extends Layer {
      override call(x: Tensor, { training }: CallOptions): Tensor {
        return training ? nothing() : x
      }
    }
    class Mute extends Layer {
      override call(): Tensor {
        return nothing()
      }
    }
    const message = '[Mute "m"] call must return a Tensor, got undefined'
    expect(failure(() => new Mute({ name: 'm' }).ensureBuilt([2]))).toEqual({ code: 'ERR_ARGUMENT', message })
    const model = sequential({ layers: [new Silent({ name: 's' }), layers.flatten()] })
    expect(model.call(ones([1, 2])).toArray()).toEqual([[1, 1]])
    expect(failure(() => model.call(ones([1, 2]), { training: true })).message).toContain('[Silent "s"] call must')
  })
})
