import { describe, expect, it } from 'vitest'
import { tellOtherNames } from '../../lib/core/other-names.js'
import { Layer, layers, Model, metrics, ones, optimizers, sequential, Tensor } from '../../lib/index.js'
import { failure } from '../helpers/failure.js'

const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
const call = (on: object, name: string) => failure(() => Reflect.apply(Reflect.get(on, name), on, []))

describe('a method by its name elsewhere is refused with what to write', () => {
  it.each<[object, string, string]>([
    [ones([2]), 'print', '[Tensor] there is no print(): write console.log(String(x))'],
    [ones([2]), 'arraySync', '[Tensor] there is no arraySync(): write x.toArray()'],
    [ones([2]), 'dataSync', '[Tensor] there is no dataSync(): write x.data()'],
    [ones([2]), 'numpy', '[Tensor] there is no numpy(): write x.data(), or x.toArray()'],
    [ones([2]), 'view', '[Tensor] there is no view(): write x.reshape(shape)'],
    [model, 'get_weights', '[Model] there is no get_weights(): write model.getWeights()'],
    [model, 'predictOnBatch', '[Model] there is no predictOnBatch(): write model.predictSync(x)'],
    [model, 'forward', '[Model] there is no forward(): write model.call(x)'],
    [
      model.getLayer(0),
      'get_weights',
      '[Layer] there is no get_weights(): write layer.weights, and of each of them toArray()',
    ],
    [optimizers.sgd(), 'zero_grad', '[Optimizer] there is no zero_grad(): write optimizer.zeroGrad()'],
    [metrics.auc(), 'update_state', '[RuledMetric] there is no update_state(): write metric.update(yTrue, yPred)'],
  ])('%# %s', (on, name, message) => {
    expect(call(on, name)).toEqual({ code: 'ERR_ARGUMENT', message })
  })

  /** The methods of a class that only tell of others, with what they tell. */
  const told = (prototype: object): [string, string][] =>
    Object.getOwnPropertyNames(prototype).flatMap((name): [string, string][] => {
      const { value, enumerable } = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor
      if (typeof value !== 'function' || !String(value).includes('(): write ')) return []
      expect(enumerable).toBe(false)
      return [[name, failure(() => value()).message]]
    })

  const metric = metrics.auc()
  const optimizer = optimizers.sgd()
  it.each<[string, object, object, number]>([
    ['x', ones([2]), Tensor.prototype, 30],
    ['model', model, Model.prototype, 25],
    ['layer', model.getLayer(0), Layer.prototype, 8],
    ['optimizer', optimizer, Object.getPrototypeOf(Object.getPrototypeOf(optimizer)), 5],
    ['metric', metric, Object.getPrototypeOf(metric), 4],
  ])('what is to be written, %s.…, is there', (variable, on, prototype, least) => {
    const all = told(prototype)
    expect(all.length).toBeGreaterThan(least)
    const others = new Set(all.map(([name]) => name))
    for (const [, message] of all)
      for (const [, name = ''] of message.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, 'g')))
        expect(name in on && !others.has(name), message).toBe(true)
  })

  it('what a class has itself, or a subclass defines, stays', () => {
    class Net extends Layer {
      override call(x: Tensor): Tensor {
        return this.forward(x)
      }
      forward(x: Tensor): Tensor {
        return x.add(1)
      }
    }
    expect(new Net().apply(ones([1, 2])).toArray()).toEqual([[2, 2]])
    class Own {
      here(): string {
        return 'here'
      }
    }
    tellOtherNames(Own, { here: 'there', away: 'here()' })
    expect(new Own().here()).toBe('here')
    expect(call(new Own(), 'away').message).toBe('[Own] there is no away(): write here()')
  })
})
