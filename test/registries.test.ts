import { describe, expect, it } from 'vitest'
import * as my from '../lib/index.js'
import { layerRegistry } from '../lib/nn/layer-classes.js'
import { failure } from './helpers/failure.js'

// What users register goes by its name like what is there from the start, and has a config.

const { layers, optimizers, sequential, tensor } = my
const data = (): [my.Tensor, my.Tensor] => [tensor([[1, 2]]), tensor([[3]])]
const dense = (options: object = {}) => layers.dense({ units: 1, inputShape: [2], ...options })
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value))

describe('what is registered by name', () => {
  it('an activation: given by its name or itself, told by its name', () => {
    const cube = (x: my.Tensor): my.Tensor => x.mul(x).mul(x)
    expect(failure(() => layers.dense({ units: 1, activation: cube, name: 'd' }).getConfig())).toEqual({
      code: 'ERR_FORMAT',
      message:
        '[Dense "d"] activation is a function that no config can hold; register it by registerActivation, or give one of activations',
    })
    my.registerActivation('cube', cube)
    for (const activation of ['cube' as never, cube]) {
      const layer = dense({ activation, kernelInitializer: 'ones' })
      expect(layer.apply(tensor([[1, 1]])).toArray()).toEqual([[8]])
      expect(layer.getConfig().activation).toBe('cube')
    }
  })

  it('an initializer, with options, by name, config, or the function that makes it', () => {
    const filled = my.registerInitializer(
      'filled',
      ({ value = 5 }: { value?: number }) =>
        (shape) =>
          my.full(shape, value),
    )
    const kernel = (kernelInitializer: my.InitializerLike) => {
      const layer = dense({ kernelInitializer })
      layer.ensureBuilt([2])
      return { value: layer.weights[0]?.toArray(), config: layer.getConfig().kernelInitializer }
    }
    expect(kernel('filled' as never)).toEqual({ value: [[5], [5]], config: { name: 'filled' } })
    const { config } = filled({ value: 7 })
    expect(config).toEqual({ name: 'filled', value: 7 })
    for (const given of [filled({ value: 7 }), json(config) as my.InitializerLike])
      expect(kernel(given)).toEqual({ value: [[7], [7]], config })
    expect(failure(() => dense({ kernelInitializer: filled, name: 'd' })).message).toBe(
      '[Dense "d"] filled makes one: give filled(…), or "filled"',
    )
    expect(failure(() => dense({ kernelInitializer: 'filed', name: 'd' })).message).toMatch(/Did you mean "filled"\?/)
    my.registerInitializer('nothing', () => 3 as never)
    expect(failure(() => dense({ kernelInitializer: 'nothing' })).message).toBe(
      '[nothing] must be made as a function, got 3',
    )
  })

  it('a regularizer and a constraint', () => {
    const l4 = my.registerRegularizer(
      'l4',
      ({ l4 = 1 }: { l4?: number }) =>
        (w) =>
          w.square().square().sum().mul(l4),
    )
    const half = my.registerConstraint('half', () => (w) => w.mul(0.5))
    const layer = dense({ kernelInitializer: 'ones', kernelRegularizer: l4({ l4: 3 }), kernelConstraint: half() })
    const net = sequential({ layers: [layer] })
    expect(net.regularizationLoss().item()).toBe(6)
    expect(layer.weights[0]?.constraint?.(tensor([2])).toArray()).toEqual([1])
    expect(layer.getConfig()).toMatchObject({
      kernelRegularizer: { name: 'l4', l4: 3 },
      kernelConstraint: { name: 'half' },
    })
    expect(layers.dense(json(layer.getConfig()) as never).getConfig()).toEqual(layer.getConfig())
  })

  it('a loss and metrics', async () => {
    my.registerLoss('gap', (yTrue, yPred) => yTrue.sub(yPred).abs().mean())
    my.registerMetric(
      'twice',
      ({ factor = 2 }: { name?: string; factor?: number }) =>
        (yTrue, yPred) =>
          yTrue.sub(yPred).mul(factor),
    )
    my.registerMetric('half', () => my.metrics.binaryAccuracy({ threshold: 0.25, name: 'half' }))
    my.registerMetric('nothing', () => 'mse' as never)
    const net = sequential({ layers: [dense({ kernelInitializer: 'zeros' })] })
    net.compile({ loss: 'gap' as never, metrics: ['twice', 'half'] as never })
    expect(await net.evaluate(...data(), { verbose: 0 })).toEqual({ loss: 3, twice: 6, half: 0 })
    expect(failure(() => net.compile({ loss: 'mse', metrics: ['nothing'] as never })).message).toMatch(
      /^\[nothing\] must be made as a metric/,
    )
  })

  it('an optimizer and a schedule', () => {
    const halving = my.registerSchedule(
      'halving',
      ({ from = 1 }: { from?: number }) =>
        (step) =>
          from / 2 ** step,
    )
    my.registerOptimizer('heavy', () => optimizers.sgd({ momentum: 0.9, learningRate: halving({ from: 4 }) }))
    my.registerOptimizer('nothing', () => 3 as never)
    const net = sequential({ layers: [dense()] })
    net.compile({ loss: 'mse', optimizer: 'heavy' as never })
    const config = { name: 'sgd', learningRate: { name: 'halving', from: 4 }, momentum: 0.9, nesterov: false }
    expect(net.optimizer.getConfig()).toEqual(config)
    net.compile({ loss: 'mse', optimizer: json(config) })
    expect(net.optimizer.getConfig()).toEqual(config)
    net.optimizer.iterations = 2
    expect(net.optimizer.learningRate).toBe(1)
    expect(failure(() => net.compile({ loss: 'mse', optimizer: 'nothing' as never })).message).toMatch(
      /^\[nothing\] must be made as an optimizer, one of optimizers; got 3/,
    )
  })

  it('a callback', async () => {
    const epochs: number[] = []
    my.registerCallback('noting', () => ({ onEpochEnd: (epoch) => void epochs.push(epoch) }))
    const net = sequential({ layers: [dense()] })
    net.compile({ loss: 'mse' })
    await net.fit(...data(), { epochs: 2, verbose: 0, callbacks: ['noting' as never] })
    expect(epochs).toEqual([0, 1])
  })

  it('a class of layers, models among those that are there', () => {
    class Mine extends layers.Dense {}
    my.registerLayer(Mine)
    expect(layerRegistry.find('Mine', 'here')).toBe(Mine)
    expect(layerRegistry.find('Dense', 'here')).toBe(layers.Dense)
    expect(layerRegistry.find('Sequential', 'here')).toBe(my.Sequential)
    expect(layerRegistry.find('Functional', 'here')).toBe(my.Functional)
    class Other extends my.Layer {
      static override readonly className = 'Dense'
      override call(x: my.Tensor): my.Tensor {
        return x
      }
    }
    expect(failure(() => my.registerLayer(Other)).message).toBe(
      '[registerLayer] the layer "Dense" exists already; give another name',
    )
    for (const wrong of [class {}, () => 1, my.Layer.prototype, undefined])
      expect(failure(() => my.registerLayer(wrong as never)).message).toMatch(
        /^\[registerLayer\] takes a class that extends Layer/,
      )
  })
})

describe('registering', () => {
  const registrars = Object.entries(my).filter(([name]) => /^register(?!Layer)/.test(name)) as unknown as [
    string,
    (name: string, thing: () => never) => void,
  ][]

  it('is there for every kind', () => {
    expect(registrars.map(([name]) => name).sort()).toEqual(
      'Activation Callback Constraint Initializer Loss Metric Optimizer Regularizer Schedule'
        .split(' ')
        .map((kind) => `register${kind}`),
    )
  })

  it.each(registrars)('%s refuses names that are taken, no names, and no functions', (where, register) => {
    const thing = () => undefined as never
    register('constructor', thing)
    expect(failure(() => register('constructor', thing)).message).toMatch(
      new RegExp(`^\\[${where}\\] the \\w+ "constructor" exists already; give another name$`),
    )
    for (const name of ['', 3, undefined])
      expect(failure(() => register(name as never, thing)).message).toMatch(`[${where}] needs a name, got`)
    expect(failure(() => register('other', 3 as never)).message).toBe(`[${where}] needs a function, got 3`)
  })

  it('does not take an alias', () => {
    for (const [register, name] of [
      [my.registerActivation, 'swish'],
      [my.registerLoss, 'mse'],
      [my.registerMetric, 'acc'],
    ] as const)
      expect(failure(() => register(name, () => undefined as never)).message).toContain('exists already')
  })
})
