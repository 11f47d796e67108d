import { faultOf, outcomeOf } from './findings.mjs'
import { builtIn, callbackOf } from './hooks.mjs'
import { inTime } from './in-time.mjs'
import { modelsOf } from './parts.mjs'
import { memoriesOf, sourcesOf } from './sources.mjs'
import { Thrown } from './values.mjs'

/** Milliseconds that a run may take by itself; and once it is aborted, when a hook is given a second, and so is a source. */
const patience = 10_000
const patienceAborted = 2500

/**
 * Runs of fit, evaluate, predict and predictStream over sources, with callbacks and signals that misbehave. After each of them the model
 * must do what it did before.
 */
export class Runs {
  constructor({ myelin, world, random, findings, count, slowness }) {
    Object.assign(this, { myelin, world, random, findings, count, slowness })
  }

  async one() {
    const { random, world, myelin } = this
    const model = world.model()
    const { finite, endless } = sourcesOf(world, random)
    const memories = memoriesOf(world)
    const isEndless = random.once(4)
    const kind = isEndless ? endless : random.once(3) ? memories : finite
    const label = random.pick(Object.keys(kind))
    const given = kind === memories ? memories[label]() : [kind[label](), undefined]
    const abort = this.abort(isEndless)
    const way = random.pick(['fit', 'fit', 'fit', 'evaluate', 'predict', 'predictStream'])
    const hook = way === 'fit' && random.once(2) ? callbackOf(world, random) : null
    if (hook?.stalls && abort.controller === null) return
    const known = builtIn(myelin)
    const other = way === 'fit' && random.once(3) ? random.pick(Object.keys(known)) : null
    const callbacks = [...(hook === null ? [] : [hook.callback]), ...(other === null ? [] : [known[other]()])]
    const description = [label, abort.label, hook?.label, other].filter(Boolean).join(', ')
    this.count.begin(`run.${way}`, description)
    const run = () =>
      this.begin(way, model, given, { ...abort.options, ...(way === 'fit' && { callbacks, verbose: 0, epochs: 2 }) })
    const outcome = await this.watch(run, abort, `${way} of ${description}`)
    if (!hook?.spoils) await this.checkUsable(model, `${way} of ${description}`)
    this.count(`run.${way}`, outcome)
  }

  /** A run of a model with a part of the user's own that does not do what it should. */
  async withPart() {
    const { random, world, myelin, findings } = this
    const models = modelsOf(myelin, world)
    const label = random.pick(Object.keys(models))
    const way = random.pick(['fit', 'evaluate', 'predict', 'predictStream'])
    const description = `a model with ${label}`
    this.count.begin(`part.${way}`, description)
    const given = way === 'predictStream' ? [[world.x()]] : [world.x(), world.y()]
    const abort = this.abort(false)
    let model = null
    const run = async () => {
      model = models[label]()
      await this.begin(way, model, given, { ...abort.options, ...(way === 'fit' && { verbose: 0, epochs: 2 }) })
    }
    const outcome = await this.watch(run, abort, `${way} of ${description}`)
    for (const weight of model?.weights ?? []) world.keep(weight)
    if (outcome !== 'ok' && model !== null) {
      // Whatever a part does, the model can be told to be another.
      try {
        model.compile({ optimizer: 'sgd', loss: 'mse' })
      } catch (error) {
        findings.add(`cannot be compiled again: ${error?.message}`, description, error)
      }
    }
    this.count(`part.${way}`, outcome)
  }

  /** A loop of the user's own with callbacks that misbehave. */
  async loop() {
    const { random, world, myelin, findings } = this
    const model = world.model()
    const hook = callbackOf(world, random)
    if (hook.stalls) return
    const known = builtIn(myelin)
    const other = random.pick(Object.keys(known))
    const figures = random.pick([{ loss: 1 }, { loss: Number.NaN }, { loss: 'low' }, null, undefined, {}])
    const description = `${hook.label}, ${other}, figures ${JSON.stringify(figures)}`
    this.count.begin('run.TrainingLoop', description)
    const { optimizer } = model
    const loop = new myelin.TrainingLoop({ model, optimizer, epochs: 2, callbacks: [hook.callback, known[other]()] })
    const run = () =>
      loop.run(async () => {
        await loop.batch(0, () => figures)
        return figures
      })
    const outcome = await this.watch(run, { controller: null, after: null }, `a loop with ${description}`)
    if (loop.running === true) findings.add('a loop is running that has ended', description)
    if (!hook.spoils) await this.checkUsable(model, `a loop with ${description}`)
    this.count('run.TrainingLoop', outcome)
  }

  /** When a run is aborted: already, soon, or only where it has to be. */
  abort(needed) {
    const { random } = this
    if (!needed && random.once(2)) return { label: 'no signal', options: {}, controller: null, after: null }
    const controller = new AbortController()
    const after = random.pick([null, 0, 1, 5, 30])
    if (after === null) controller.abort(new Thrown('aborted'))
    const label = after === null ? 'aborted already' : `aborted after ${after} ms`
    return { label, options: { signal: controller.signal }, controller, after }
  }

  async begin(way, model, [x, y], options) {
    if (way !== 'predictStream') {
      const result = await (way === 'predict' ? model.predict(x, options) : model[way](x, y, options))
      if (way === 'predict') result.dispose()
      return
    }
    for await (const outputs of model.predictStream(x, options)) outputs.dispose()
  }

  /** How a run ended; what does not end, or not in time, is a failure. */
  async watch(run, { controller, after }, description) {
    const { findings, myelin, slowness } = this
    const promise = run()
    promise.catch(() => {})
    try {
      if (after !== null && controller !== null) {
        await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, after))])
        controller.abort(new Thrown('aborted'))
      }
      await inTime(promise, (controller === null ? patience : patienceAborted) * slowness)
      return 'ok'
    } catch (error) {
      const fault = error === undefined ? null : faultOf(error, myelin)
      if (fault !== null) findings.add(fault, description, error)
      return error === undefined ? 'undefined' : outcomeOf(error)
    }
  }

  /** Predicts the same in each way, and trains. */
  async checkUsable(model, description) {
    const { findings, world, slowness } = this
    const x = world.x()
    try {
      const outputs = [await model.predict(x), model.predictSync(x), model.call(x)]
      const [one, ...others] = outputs.map((y) => `${y.shape}: ${y.data()}`)
      if (others.some((other) => other !== one))
        findings.add('predict, predictSync and call differ', `after ${description}`)
      for (const y of outputs) y.dispose()
      await inTime(model.fit(x, world.y(), { verbose: 0, epochs: 1 }), patience * slowness)
    } catch (error) {
      findings.add(`the model is of no use any more: ${error?.message}`, `after ${description}`, error)
    }
  }
}
