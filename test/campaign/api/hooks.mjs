import { toss } from './values.mjs'

const hooks = ['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd']

/** A callback that does something in one of its hooks; and whether that is the end of the model's weights. */
export function callbackOf(world, random) {
  const never = () => new Promise(() => {})
  const quietly = async (promise) => {
    try {
      await promise
    } catch {
      // It is refused, as it should be: the run itself is what is looked at.
    }
  }
  const deeds = {
    nothing: () => {},
    throws: toss,
    rejects: async () => toss(),
    'throws nothing': () => {
      throw undefined
    },
    'fits again': ({ model }) => quietly(model.fit(world.x(), world.y(), { verbose: 0 })),
    'fits again and does not wait': ({ model }) => void quietly(model.fit(world.x(), world.y(), { verbose: 0 })),
    evaluates: ({ model }) => quietly(model.evaluate(world.x(), world.y())),
    predicts: ({ model }) => quietly(model.predict(world.x()).then((y) => y.dispose())),
    'predicts at once': ({ model }) => model.predictSync(world.x()).dispose(),
    compiles: ({ model }) => model.compile({ loss: 'sparseCategoricalCrossentropy' }),
    'sets weights': ({ model }) => {
      const values = model.getWeights()
      model.setWeights(values)
      for (const value of values) value.dispose()
    },
    'freezes a layer': ({ model }) => {
      model.layers[0].trainable = random.once(2)
    },
    'adds a layer': ({ model }) => model.add(world.layer()),
    'sets no rate': ({ optimizer }) => {
      optimizer.learningRate = random.pick([Number.NaN, -1, 'high', null])
    },
    'stops for no reason': (run) => run.stop(random.pick(['', 5, null, 'aborted'])),
    'stops early': (run) => run.stop(),
    'stops in the way of Keras': ({ model }) => {
      model.stopTraining = true
    },
    'stops wrongly in the way of Keras': ({ model }) => {
      model.stopTraining = 'yes'
    },
    'spoils the logs': (_, logs) => {
      for (const name of Object.keys(logs)) delete logs[name]
      Object.assign(logs, { loss: 'low', ['__proto__']: 1, constructor: Number.NaN })
    },
    'disposes of the weights': ({ model }) => {
      for (const weight of model.weights) weight.dispose()
    },
    'never settles': never,
  }
  const deed = random.pick(Object.keys(deeds))
  const hook = random.pick(hooks)
  const call = (...args) => deeds[deed](args.at(-1), args.at(-2))
  return {
    label: `${hook} ${deed}`,
    callback: { [hook]: call },
    spoils: /disposes|adds|does not wait/.test(deed),
    stalls: deed === 'never settles',
  }
}

/** Callbacks of the library, by what makes one. */
export const builtIn = ({ callbacks }) => ({
  earlyStopping: () => callbacks.earlyStopping({ monitor: 'loss', restoreBestWeights: true }),
  reduceLROnPlateau: () => callbacks.reduceLROnPlateau({ monitor: 'loss', patience: 0 }),
  learningRateScheduler: () => callbacks.learningRateScheduler((epoch) => 0.1 / (epoch + 1)),
  learningRateFinder: () => callbacks.learningRateFinder({ steps: 3 }),
  csvLogger: () => callbacks.csvLogger('/dev/null'),
  terminateOnNaN: () => callbacks.terminateOnNaN(),
})
