import { toss } from './values.mjs'

/** Models with a part of the user's own that does not do what it should: a loss, a metric, a layer, an initializer. By label. */
export function modelsOf(myelin, world) {
  const { Layer, layers, sequential } = myelin
  const bad = {
    'that throws': toss,
    'that gives nothing': () => undefined,
    'that gives a number': () => 1,
    'that is asynchronous': async () => toss(),
    'that gives a disposed tensor': world.disposed,
    'that gives a tensor of another shape': () => world.keep(myelin.ones([7, 5])),
    'that gives its first argument': (x) => x,
    'that reads elements': (x) => myelin.tensor(Array.from(x.data())).mean(),
    'that disposes of its argument': (x) => {
      x?.dispose?.()
      return x
    },
  }
  const base = (options, part = {}) => {
    const model = sequential({
      layers: [layers.dense({ units: 2, inputShape: [3], ...part.dense }), ...(part.layers ?? [])],
    })
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', ...options })
    return model
  }
  const made = {}
  for (const [label, fn] of Object.entries(bad)) {
    made[`a loss ${label}`] = () => base({ loss: (y, p) => fn(p, y) })
    made[`a metric ${label}`] = () =>
      base({ metrics: [Object.defineProperty((y, p) => fn(p, y), 'name', { value: 'mine' })] })
    made[`an activation ${label}`] = () => base({}, { dense: { activation: (x) => fn(x) } })
    made[`a regularizer ${label}`] = () => base({}, { dense: { kernelRegularizer: (w) => fn(w) } })
    made[`a constraint ${label}`] = () => base({}, { dense: { kernelConstraint: (w) => fn(w) } })
    made[`an initializer ${label}`] = () => base({}, { dense: { kernelInitializer: () => fn(world.row()) } })
    made[`a schedule ${label}`] = () =>
      base({ optimizer: myelin.optimizers.sgd({ learningRate: () => fn(world.row()) }) })
    made[`a layer ${label}`] = () =>
      base(
        {},
        {
          layers: [
            new (class Mine extends Layer {
              call(x) {
                return fn(x)
              }
            })(),
          ],
        },
      )
  }
  return made
}
