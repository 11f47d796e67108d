import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { Dataset } from '../../lib/data/dataset.js'
import type { BatchIterable } from '../../lib/data/source.js'
import { sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import type { Layer } from '../../lib/nn/layer.js'
import { optimizers, schedules } from '../../lib/optim/index.js'
import { randomNormal } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { State } from '../../lib/tensor/state.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import type { Callback } from '../../lib/train/callbacks/callback.js'
import * as callbacks from '../../lib/train/callbacks/index.js'
import type { FitOptions } from '../../lib/train/fit-options.js'
import type { History } from '../../lib/train/history.js'
import type { CompileOptions } from '../../lib/train/objective.js'
import type { RunKeeper, RunMoment } from '../../lib/train/run-keeper.js'
import { inGap } from '../../lib/train/run-lock.js'
import { bits } from '../graph/equality.js'
import { points } from './helpers.js'

/** A program that trains: all of it is made anew each time, as by another process. */
interface Program {
  layers?: () => Layer[]
  compile?: () => Partial<CompileOptions>
  data?: () => BatchIterable
  options?: () => FitOptions
  callbacks?: () => Callback[]
}

interface Outcome {
  history: History
  weights: string[]
  iterations: number
}

const { x, y } = points(22)
const validation = points(9)
const validationPairs = (): [number[], number][] => validation.x.map((point, i) => [point, validation.y[i] as number])
const pairs = (): [number[], number][] => x.map((point, i) => [point, y[i] as number])

function noisy() {
  return [
    layers.dense({ units: 5, activation: 'tanh', inputShape: [2] }),
    layers.batchNormalization(),
    layers.dropout({ rate: 0.3 }),
    layers.gaussianNoise({ stddev: 0.1, seed: 3 }),
    layers.dense({ units: 2, activation: 'softmax' }),
  ]
}

/** Runs a program. @param seed of what its streams begin with: a program that sets none has another in each process */
async function run(program: Program, seed: number, keeper: RunKeeper | null, signal?: AbortSignal): Promise<Outcome> {
  setSeed(seed)
  const made = sequential({ layers: program.layers?.() ?? noisy() })
  made.compile({
    optimizer: optimizers.adam({ learningRate: 0.05 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    ...program.compile?.(),
  })
  const data = program.data?.()
  const options: FitOptions = {
    epochs: 3,
    verbose: 0,
    ...(data === undefined && { batchSize: 4 }),
    ...program.options?.(),
    callbacks: [...(program.callbacks?.() ?? []), ...(keeper === null ? [] : [{ keeper }])],
    signal,
  }
  const history = data === undefined ? await made.fit(x, y, options) : await made.fit(data, options)
  return { history, weights: made.weights.map(bits), iterations: made.optimizer.iterations }
}

/** Gives a state to begin with, and collects those that the run offers. */
function keeping(from: State | null, more: Partial<RunKeeper> = {}) {
  const kept: { state: State; moment: RunMoment }[] = []
  const keeper: RunKeeper = {
    begin: () => from?.copy() ?? null,
    wants: () => true,
    keep: (state, moment) => void kept.push({ state, moment }),
    ...more,
  }
  return { keeper, kept }
}

const programs: Record<string, Program> = {
  'arrays under the global seed, noise layers': {},
  'arrays under a seed, a plain rule': {
    compile: () => ({ optimizer: optimizers.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }) }),
    options: () => ({ seed: 5 }),
  },
  'accumulation over the ends of epochs, a validation split': {
    compile: () => ({ optimizer: optimizers.adamw({ learningRate: 0.02, globalClipNorm: 1 }) }),
    options: () => ({ gradientAccumulation: 4, validationSplit: 0.2 }),
  },
  'steps an epoch over the ends of passes': {
    compile: () => ({ optimizer: optimizers.nadam({ learningRate: 0.02 }) }),
    options: () => ({ stepsPerEpoch: 4, epochs: 4, gradientAccumulation: 3 }),
  },
  'a schedule with momentum': {
    compile: () => ({
      optimizer: optimizers.nadam({ learningRate: schedules.oneCycle({ maxLearningRate: 0.1, totalSteps: 18 }) }),
    }),
  },
  'a schedule by the epoch and callbacks that draw': {
    callbacks: () => [callbacks.learningRateScheduler((epoch, rate) => (epoch === 0 ? rate : rate * 0.7)), drawing()],
  },
  'a plateau': {
    options: () => ({ epochs: 7, validationData: [validation.x, validation.y] }),
    callbacks: () => [callbacks.reduceLROnPlateau({ monitor: 'val_loss', patience: 0, cooldown: 1, minDelta: 0.05 })],
  },
  'early stopping with the best weights': {
    compile: () => ({ optimizer: optimizers.rmsprop({ learningRate: 0.3 }) }),
    options: () => ({ epochs: 9, validationData: [validation.x, validation.y] }),
    callbacks: () => [callbacks.earlyStopping({ patience: 1, restoreBestWeights: true, minDelta: 0.1 })],
  },
  'a stop within an epoch': {
    callbacks: () => {
      let heard = 0
      const stopper: Callback = {
        onBatchEnd: (_batch, _logs, run) => void (++heard === 8 && run.stop()),
        state: () => new State({ heard }),
        restore: (state) => {
          heard = state.value('heard') as number
        },
      }
      return [stopper]
    },
  },
  'rows that a Dataset shuffles': {
    data: () => Dataset.fromTensors([x, y]).shuffle(30).batch(4),
    options: () => ({ validationData: Dataset.fromTensors([validation.x, validation.y]).shuffle(9).batch(4) }),
  },
  'rows that a Dataset shuffles under a seed': {
    data: () => Dataset.fromTensors([x, y]).shuffle(30, { seed: 4 }).batch(4),
    options: () => ({
      validationData: Dataset.fromTensors([validation.x, validation.y]).shuffle(9, { seed: 1 }).batch(4),
    }),
  },
  'a Dataset whose functions draw, in a model that its first batch builds': {
    layers: () => [
      layers.dense({ units: 3 }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 2, activation: 'softmax' }),
    ],
    data: () =>
      Dataset.fromIterable(pairs)
        .shuffle(8)
        .batch(4)
        .map(([x, y]) => [x.add(randomNormal(x.shape, { stddev: 0.1 })), y] as [Tensor, Tensor]),
  },
  'a repeated Dataset that is read ahead, steps an epoch': {
    data: () => Dataset.fromIterable(pairs).shuffle(30, { seed: 2 }).repeat().batch(4).prefetch(2),
    options: () => ({ stepsPerEpoch: 5 }),
  },
  'a Dataset without a seed over the ends of passes': {
    data: () => Dataset.fromIterable(pairs).shuffle(30).repeat(2).batch(4).prefetch(2),
    options: () => ({ stepsPerEpoch: 7 }),
  },
  'a generator': {
    data: () =>
      (function* () {
        for (let i = 0; ; i++) yield [[[Math.sin(i), Math.cos(i)]], [i % 2]] as never
      })() as never,
    options: () => ({ stepsPerEpoch: 5, gradientAccumulation: 2 }),
  },
  'an asynchronous iterable that begins afresh': {
    data: () => ({
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 5; i++) yield [[[Math.sin(i), Math.cos(i)]], [i % 2]] as never
      },
    }),
  },
  'an iterable that tells where it is': {
    data: () => {
      let [at, left] = [0, 5]
      return {
        *[Symbol.iterator]() {
          while (left > 0) {
            left--
            at++
            yield [[[Math.sin(at), Math.cos(at)]], [at % 2]] as never
          }
          left = 5
        },
        state: () => new State({ at, left }),
        restore: (state: State) => {
          at = state.value('at') as number
          left = state.value('left') as number
        },
      } as never
    },
  },
}

/** A callback that hears of each batch, draws, and changes the weights by that. */
function drawing(): Callback {
  let sum = 0
  return {
    onBatchEnd(_batch, _logs, { optimizer }) {
      const drawn = randomNormal([1]).item()
      sum += drawn
      optimizer.learningRate = 0.05 * (1 + 0.1 * Math.tanh(sum))
    },
    state: () => new State({ sum }),
    restore(state) {
      sum = state.value('sum') as number
    },
  }
}

it.each(Object.entries(programs))('%s: a run that goes on from any step comes to the same bits', async (_, program) => {
  const wanted = await run(program, 7, null)
  for (const everySteps of [1, 3]) {
    const { keeper, kept } = keeping(null, { everySteps })
    // Who takes states changes nothing.
    expect(await run(program, 7, keeper)).toEqual(wanted)
    expect(kept.at(-1)?.moment.ended).toBe(true)
    if (everySteps === 3)
      for (const { moment } of kept) if (!moment.ended && moment.step > 0) expect(moment.steps % 3).toBe(0)
    for (const [i, { state, moment }] of kept.entries()) {
      const where = `from step ${moment.step} of epoch ${moment.epoch}`
      expect(await run(program, 1000 + i, keeping(state).keeper), where).toEqual(wanted)
      state.dispose()
    }
  }
})

it.each(Object.entries(programs))(
  '%s: a run that was aborted, again and again, comes to the same bits',
  async (_, program) => {
    const wanted = await run(program, 7, null)
    let state: State | null = null
    for (let i = 0; i < 100; i++) {
      const controller = new AbortController()
      let asked = 0
      const { keeper, kept } = keeping(state, {
        everySteps: 2,
        wants({ ended }) {
          if (++asked === 2 && !ended) controller.abort()
          return ended
        },
      })
      const outcome = await run(program, i === 0 ? 7 : 100 + i, keeper, controller.signal)
      state?.dispose()
      state = kept[0]?.state ?? null
      if (outcome.history.stopped !== 'aborted') {
        expect(outcome).toEqual(wanted)
        expect(i).toBeGreaterThan(1)
        state?.dispose()
        return
      }
    }
    expect.unreachable('it never came to its end')
  },
)

it('steps under way are interrupted when a state is due, and go on as if they were not', async () => {
  const wanted = await run({}, 7, null)
  const moments: number[] = []
  const { keeper, kept } = keeping(null, {
    get dueAt() {
      return moments.length < 4 ? 0 : undefined
    },
    wants({ steps, ended }) {
      if (!ended) moments.push(steps)
      return true
    },
  })
  expect(await run({}, 7, keeper)).toEqual(wanted)
  expect(moments.length).toBeGreaterThanOrEqual(4)
  for (const { state } of kept) {
    expect(await run({}, 8, keeping(state).keeper)).toEqual(wanted)
    state.dispose()
  }
})

it('callbacks hear once of a step that was held up before it began', async () => {
  setSeed(7)
  const model = sequential({ layers: noisy() })
  model.compile({ optimizer: optimizers.adam(), loss: 'sparseCategoricalCrossentropy' })
  const heard: string[] = []
  let held = 0
  const listener: Callback = {
    onBatchBegin(batch) {
      heard.push(`begin ${batch}`)
      // The job begins behind the hooks.
      for (let i = 1; i < 20; i++)
        void Promise.resolve().then(async () => {
          for (let turns = 0; turns < i; turns++) await null
          await inGap(model, () => held++)
        })
    },
    onBatchEnd: (batch) => void heard.push(`end ${batch}`),
  }
  await model.fit(x, y, { batchSize: 4, verbose: 0, callbacks: listener })
  expect(heard).toEqual([0, 1, 2, 3, 4, 5].flatMap((i) => [`begin ${i}`, `end ${i}`]))
  expect(held).toBe(19 * 6)
})

it('what an aborted validation drew is drawn again', async () => {
  const program: Program = {
    options: () => ({ validationData: Dataset.fromIterable(validationPairs).shuffle(9).batch(4) }),
  }
  const wanted = await run(program, 7, null)
  for (const at of [1, 3]) {
    const controller = new AbortController()
    let batches = 0
    const slow = Dataset.fromIterable(validationPairs)
      .shuffle(9)
      .batch(4)
      .map((batch) => {
        if (++batches === 3 * at) controller.abort()
        return batch
      })
    const { keeper, kept } = keeping(null, { wants: ({ ended }) => ended })
    const aborted = await run({ options: () => ({ validationData: slow }) }, 7, keeper, controller.signal)
    expect([aborted.history.stopped, aborted.history.epoch.length]).toEqual(['aborted', at - 1])
    const [{ state, moment }] = kept as [(typeof kept)[0]]
    expect(moment).toEqual({ epoch: at - 1, step: 6, steps: 6 * at, ended: true })
    expect(await run(program, 8, keeping(state).keeper)).toEqual(wanted)
    state.dispose()
  }
})

it.each(['early stopping with the best weights', 'arrays under a seed, a plain rule'])(
  'a run that had ended resolves at once: %s',
  async (name) => {
    const program = programs[name] as Program
    const { keeper, kept } = keeping(null, { wants: ({ ended }) => ended })
    const wanted = await run(program, 7, keeper)
    const heard: string[] = []
    const listening: Program = {
      ...program,
      callbacks: () =>
        (program.callbacks?.() ?? []).map((callback) =>
          Object.assign(callback, { onEpochBegin: () => void heard.push('epoch') }),
        ),
    }
    const [{ state }] = kept as [(typeof kept)[0]]
    expect(await run(listening, 8, keeping(state).keeper)).toEqual(wanted)
    expect(heard).toEqual([])
    state.dispose()
  },
)

it('a run goes on to more epochs than it was asked for at first', async () => {
  const asked = (epochs: number): Program => ({ options: () => ({ epochs }) })
  const { keeper, kept } = keeping(null, { wants: ({ ended }) => ended })
  await run(asked(2), 7, keeper)
  const [{ state }] = kept as [(typeof kept)[0]]
  expect(await run(asked(4), 8, keeping(state).keeper)).toEqual(await run(asked(4), 7, null))
  state.dispose()
})

describe('a state of another run is refused by name, and changes nothing', () => {
  const others: [string, Program][] = [
    ['model.layers', { layers: () => noisy().toSpliced(2, 1) }],
    ['model.layers', { layers: () => noisy().toSpliced(0, 1, layers.dense({ units: 6, inputShape: [2] })) }],
    ['optimizer.name', { compile: () => ({ optimizer: optimizers.sgd({ learningRate: 0.05 }) }) }],
    ['optimizer.beta1', { compile: () => ({ optimizer: optimizers.adam({ learningRate: 0.05, beta1: 0.8 }) }) }],
    [
      'optimizer.schedule',
      { compile: () => ({ optimizer: optimizers.adam({ learningRate: (step) => 1 / (step + 20) }) }) },
    ],
    ['metrics', { compile: () => ({ metrics: [] }) }],
    ['options.seed', { options: () => ({ seed: 1 }) }],
    ['options.shuffle', { options: () => ({ shuffle: false }) }],
    ['options.gradientAccumulation', { options: () => ({ gradientAccumulation: 2 }) }],
    ['options.stepsPerEpoch', { options: () => ({ stepsPerEpoch: 3 }) }],
    ['data.batchSize is 5 here and was 4', { options: () => ({ batchSize: 5 }) }],
    ['data.sha256', {}],
    ['validation', { options: () => ({ validationData: [validation.x, validation.y] }) }],
    ['callbacks', { callbacks: () => [callbacks.terminateOnNaN()] }],
    ['data', { data: () => Dataset.fromIterable(pairs).batch(4) }],
  ]
  it.each(others)('%s', async (name, other) => {
    const { keeper, kept } = keeping(null, { wants: ({ ended }) => ended })
    await run({}, 7, keeper)
    const [{ state }] = kept as [(typeof kept)[0]]
    if (name === 'data.sha256') {
      const given = x[3] as number[]
      const value = given[0] as number
      given[0] = value + 1
      try {
        await expect(run(other, 8, keeping(state).keeper)).rejects.toMatchObject({
          code: 'ERR_ARGUMENT',
          message: expect.stringContaining(name),
        })
      } finally {
        given[0] = value
      }
    } else
      await expect(run(other, 8, keeping(state).keeper)).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining(name),
      })
    state.dispose()
  })

  it('a state that holds something else', async () => {
    const { keeper, kept } = keeping(null, { wants: ({ ended }) => ended })
    await run({}, 7, keeper)
    const [{ state }] = kept as [(typeof kept)[0]]
    const changed = (path: string, value: unknown): State => {
      const copy = state.copy()
      return State.ofPaths(copy.tensors, new Map([...copy.values, [path, value as never]]))
    }
    for (const [path, value] of [
      ['course/epoch', -1],
      ['course/begun', 1],
      ['course/place', { pass: 0 }],
      ['course/history', {}],
      ['course/history', { epoch: [0], figures: { loss: ['x'] } }],
      ['course/stopped', 'tired'],
      ['course/logs', null],
      ['sampleShapes', 7],
      ['source/draws', 7],
      ['streams/seed', -1],
      ['streams/draws', null],
      ['optimizer/count/pending', 9],
      ['callbacks/7/x', 1],
    ] as const) {
      const bad = changed(path, value)
      await expect(run({}, 8, keeping(bad).keeper), path).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
      bad.dispose()
    }
    state.dispose()
  })
})

it('a callback has both state and restore, and what it calls state otherwise is its own', async () => {
  const withState = (callback: object): Program => ({ callbacks: () => [callback as Callback] })
  const message = expect.stringContaining('state() and restore(state)')
  await expect(run(withState({ state: () => new State() }), 7, null)).rejects.toMatchObject({
    code: 'ERR_ARGUMENT',
    message,
  })
  await expect(run(withState({ restore() {} }), 7, null)).rejects.toMatchObject({ code: 'ERR_ARGUMENT', message })
  const { keeper, kept } = keeping(null)
  await run(withState({ state: { mine: true } }), 7, keeper)
  expect(kept.length).toBeGreaterThan(0)
  for (const { state } of kept) state.dispose()
  await expect(run(withState({ state: () => 7, restore() {} }), 7, keeping(null).keeper)).rejects.toMatchObject({
    code: 'ERR_ARGUMENT',
    message: expect.stringContaining('takes a State'),
  })
})
