import { describe, expect, it } from 'vitest'
import * as my from '../../lib/index.js'
import { getActivation } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'

// What people write in their first ten minutes, from the memory of Keras, tfjs and PyTorch: it works, or the error says what to write.

type Loose = (...args: unknown[]) => never
const loose = (fn: unknown): Loose => fn as Loose
const { layers, losses, metrics, optimizers } = my
const t = my.zeros([2, 2])
const net = () => my.sequential({ layers: [layers.dense({ units: 2, inputShape: [4], name: 'd' })], name: 'net' })
const compiled = () => {
  const model = net()
  model.compile({ optimizer: 'adam', loss: 'mse' })
  return model
}
const compile = (...args: unknown[]) =>
  loose((...given: unknown[]) => loose(net().compile).apply(net(), given))(...args)

describe('the error says what to write', () => {
  const x = my.input({ shape: [4], name: 'x' })
  const Base = my.Model as unknown as new () => object
  class Net extends Base {}
  it.each<[string, () => unknown, string]>([
    [
      'model of two arguments',
      () => loose(my.model)(x, x),
      '[model] takes inputs and outputs by name: model({ inputs: x, outputs: y })',
    ],
    [
      'new Model',
      () => new (my.Model as unknown as new (o: object) => object)({ inputs: x, outputs: x }),
      '[Model] is what models have in common: make one by model({ inputs, outputs }) or sequential({ layers })',
    ],
    [
      'a model as a class of its own',
      () => new Net(),
      '[Net] extends Model, which is not for that: extend Layer, and make a model of it by sequential({ layers: [new Net(…)] })',
    ],
    [
      'layers alone',
      () => loose(my.sequential)([layers.flatten()]),
      '[sequential] takes options: sequential({ layers: [...] })',
    ],
    [
      'a metric as a function',
      () => loose(metrics.confusionMatrix)(t, t),
      '[confusionMatrix] makes a metric, which takes data by update: const m = metrics.confusionMatrix(); m.update(yTrue, yPred); m.result()',
    ],
    ['a metric of arrays', () => loose(metrics.accuracy)([1], [1]), '[accuracy] makes a metric'],
    [
      'a loss as a class',
      () => loose(losses.sparseCategoricalCrossentropy)({ fromLogits: true }),
      '[sparseCategoricalCrossentropy] takes (yTrue, yPred, options); in compile write ' +
        "loss: { name: 'sparseCategoricalCrossentropy', fromLogits: true }",
    ],
    [
      'a loss called',
      () => loose(losses.huber)(),
      "[huber] is the loss itself, a function (yTrue, yPred): give loss: losses.huber, or 'huber'",
    ],
    [
      "an option of a loss's config",
      () => compile({ loss: { name: 'huber', delt: 2 } }),
      '[huber] unknown option "delt". Did you mean "delta"?',
    ],
    [
      'compile by position',
      () => compile('adam', 'mse'),
      '[compile] the options must be an object, got "adam"; write { optimizer: "adam" }',
    ],
    [
      'a metric alone',
      () => compile({ loss: 'mse', metrics: 'accuracy' }),
      "metrics must be an array, as in metrics: ['accuracy']",
    ],
    ['snake case', () => compile({ loss: 'categorical_crossentropy' }), 'Did you mean "categoricalCrossentropy"?'],
    [
      'units alone',
      () => loose(layers.dense)(10),
      '[Dense "dense"] the options must be an object, got 10; write { units: 10 }',
    ],
    ['no options', () => loose(my.layers.dense)(), 'needs the option units'],
    [
      'a shape that is a number',
      () => loose(layers.dense)({ units: 1, inputShape: 2 }),
      'inputShape must be an array of positive whole numbers without the batch axis, got 2; write [2]',
    ],
    ['a rate alone', () => loose(layers.dropout)(0.5), 'the options must be an object, got 0.5; write { rate: 0.5 }'],
    [
      'a learning rate alone',
      () => loose(optimizers.adam)(0.01),
      '[adam] the options must be an object, got 0.01; write { learningRate: 0.01 }',
    ],
    [
      'a mean alone',
      () => loose(my.randomNormal)([2], 0, 1),
      '[randomNormal] the options must be an object, got 0; write { mean: 0 }',
    ],
    [
      'a tensor for options',
      () => loose(layers.dense)(t),
      'the options must be an object, got a Tensor of shape [2, 2]',
    ],
    [
      'options for the shape',
      () => loose(my.tensor)([1], { dtype: 'int32' }),
      '[tensor] the shape comes before the options: tensor(data, undefined, { dtype: "int32" })',
    ],
    ['a dtype for the shape', () => loose(my.tensor)([1], 'int32'), 'tensor(data, undefined, { dtype: "int32" })'],
    [
      'a dtype for the options',
      () => loose(my.tensor)([1], [1], 'int32'),
      '[tensor] a dtype is an option: { dtype: "int32" }',
    ],
    [
      'a dtype for the options of zeros',
      () => loose(my.zeros)([1], 'int32'),
      '[zeros] a dtype is an option: { dtype: "int32" }',
    ],
    [
      'a number for a shape',
      () => loose(my.zeros)(3),
      '[zeros] a shape is an array of at most 8 sizes, got 3; write [3, …]',
    ],
  ])('%s', (_, use, message) => {
    const found = failure(use)
    expect(found.message).toContain(message)
    expect(found.message.length).toBeLessThan(330)
  })

  it('options in the place of targets', async () => {
    const model = compiled()
    await expect(loose(model.fit.bind(model))(my.zeros([2, 4]), { epochs: 1, verbose: 0 })).rejects.toThrow(
      '[fit] y is missing: fit(x, y, { epochs, verbose })',
    )
    await expect(loose(model.evaluate.bind(model))(my.zeros([2, 4]), { batchSize: 1 })).rejects.toThrow(
      '[evaluate] y is missing: evaluate(x, y, { batchSize })',
    )
    await expect(loose(model.fit.bind(model))(my.zeros([2, 4]), my.zeros([2, 2]), 5)).rejects.toThrow(
      'write { epochs: 5 }',
    )
    const uncalled = { verbose: 0, callbacks: [my.callbacks.earlyStopping] }
    await expect(loose(model.fit.bind(model))(my.zeros([2, 4]), my.zeros([2, 2]), uncalled)).rejects.toThrow(
      'callbacks.earlyStopping makes one: give callbacks.earlyStopping(…), or "earlyStopping"',
    )
    await expect(model.fit(my.zeros([2, 4]), { d: my.zeros([2, 2]) }, { verbose: 0 })).resolves.toMatchObject({
      epoch: [0],
    })
  })
})

describe('hooks of callbacks by other names are refused with the right one', () => {
  it.each([
    ['on_epoch_end', 'onEpochEnd'],
    ['on_epoch_begin', 'onEpochBegin'],
    ['on_batch_end', 'onBatchEnd'],
    ['on_train_batch_end', 'onBatchEnd'],
    ['on_train_batch_begin', 'onBatchBegin'],
    ['onTrainBatchEnd', 'onBatchEnd'],
    ['on_train_end', 'onTrainEnd'],
    ['onEpochEnds', 'onEpochEnd'],
  ])('%s', async (name, meant) => {
    const Mine = { [name]: class {} }[name] as new () => object
    Object.defineProperty(Mine.prototype, name, { value() {} })
    for (const callback of [{ [name]() {} }, new Mine(), new (class extends Mine {})()])
      await expect(compiled().fit([[1, 2, 3, 4]], [[1, 2]], { verbose: 0, callbacks: [callback] })).rejects.toThrow(
        `[fit] unknown hook of a callback "${name}". Did you mean "${meant}"?`,
      )
  })

  it('on_test_begin has no counterpart, and a helper of a class is none', async () => {
    const run = (callback: object) => compiled().fit([[1, 2, 3, 4]], [[1, 2]], { verbose: 0, callbacks: [callback] })
    await expect(run({ on_test_begin() {} })).rejects.toThrow('unknown hook of a callback "on_test_begin". Known:')
    class Mine {
      seen = 0
      onEpochEnd() {
        this.onImprovement()
      }
      onImprovement() {
        this.seen++
      }
    }
    const mine = new Mine()
    await run(mine)
    expect(mine.seen).toBe(1)
  })
})

describe("Keras' short names", () => {
  it('are known, and figures go by them', async () => {
    const model = my.sequential({
      layers: [layers.dense({ units: 3, activation: 'swish', inputShape: [2] }), layers.softmax()],
    })
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: ['acc'] })
    const watch = my.callbacks.earlyStopping({ monitor: 'val_acc' })
    const { history } = await model.fit(my.ones([4, 2]), [0, 1, 2, 0], {
      verbose: 0,
      validationSplit: 0.5,
      callbacks: watch,
    })
    expect(Object.keys(history)).toEqual(['loss', 'acc', 'val_loss', 'val_acc', 'learningRate'])
    model.compile({ loss: 'mae', metrics: ['mse', 'mae'] })
    const figures = await model.evaluate(my.ones([4, 2]), my.zeros([4, 3]))
    expect(figures.mae).toBeCloseTo(figures.loss, 6)
    expect(my.callbacks.reduceLROnPlateau({ monitor: 'val_mse' })).toBeDefined()
  })

  it('swish is silu, in configs too', () => {
    const x = my.tensor([-1, 0, 2])
    expect(getActivation('swish')).toBe(my.activations.silu)
    const [swish, silu] = ['swish', 'silu'].map((activation) =>
      layers.dense({ units: 1, activation: activation as 'silu' }),
    )
    expect(swish?.getConfig().activation).toBe('silu')
    expect(swish?.options.activation).toBe(silu?.options.activation)
    expect(layers.activation({ activation: 'swish' }).call(x).toArray()).toEqual(x.silu().toArray())
  })
})
