import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as my from '../../lib/index.js'
import { bits } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { labels, signed } from '../helpers/random.js'
import { edited, metadataOf } from './edited.js'

const { cloneModel, input, layers, loadModel, model, modelFromJSON, optimizers, schedules, sequential } = my

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-model-'))
})
afterAll(() => rm(folder, { recursive: true }))
const inFolder = (name: string): string => join(folder, name)

const stateBits = (state: my.State): Record<string, string> =>
  Object.fromEntries([...state.tensors].map(([path, tensor]) => [path, bits(tensor)]))
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const data = { x: signed([24, 4]), y: labels(24, 3) }
const quiet = { verbose: 0, batchSize: 6, shuffle: false } as const

/** A model with most of what a file must keep. */
function net(optimizer: my.OptimizerLike = 'adam'): my.Functional<my.Tensor> {
  const x = input({ shape: [4], name: 'x' })
  const normalized = layers.normalization({ name: 'norm' })
  const hidden = layers
    .batchNormalization()
    .apply(layers.dense({ units: 6, activation: 'relu' }).apply(normalized.apply(x)))
  const inner = sequential({
    name: 'inner/~',
    layers: [layers.dense({ units: 6, inputShape: [6] }), layers.gaussianNoise({ stddev: 0.1, seed: 3 })],
  })
  const made = model({
    inputs: x,
    outputs: layers
      .dense({ units: 3, activation: 'softmax', name: 'out' })
      .apply(layers.add().apply([inner.apply(hidden), hidden])),
  })
  made.compile({
    optimizer,
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['acc', my.metrics.accuracy({ name: 'share' })],
  })
  return made as my.Functional<my.Tensor>
}

/** The same, with what it takes from data before training. */
async function adapted(seed: number, optimizer?: my.OptimizerLike): Promise<my.Functional<my.Tensor>> {
  my.setSeed(seed)
  const made = net(optimizer)
  await (made.getLayer('norm') as my.Layer & { adapt(x: unknown): Promise<void> }).adapt(data.x)
  return made
}

async function trained(optimizer?: my.OptimizerLike): Promise<my.Functional<my.Tensor>> {
  const made = await adapted(5, optimizer)
  await made.fit(data.x, data.y, { ...quiet, epochs: 2 })
  return made
}

describe('a saved model', () => {
  it('is loaded with the same bits, and training goes on to the same ones', async () => {
    const rates = {
      adam: optimizers.adam(),
      nadam: optimizers.nadam({ learningRate: schedules.cosineDecay({ initialLearningRate: 0.01, decaySteps: 20 }) }),
      sgd: optimizers.sgd({
        momentum: 0.9,
        learningRate: schedules.oneCycle({ maxLearningRate: 0.1, totalSteps: 40 }),
      }),
    }
    for (const [name, optimizer] of Object.entries(rates)) {
      const first = await trained(optimizer)
      await first.save(inFolder(name))
      const again = await loadModel<my.Functional<my.Tensor>>(inFolder(name))
      expect(again).toBeInstanceOf(my.Functional)
      expect(stateBits(again.state())).toEqual(stateBits(first.state()))
      expect(again.state().values).toEqual(first.state().values)
      expect(json(again)).toEqual(json(first))
      expect(again.getCompileConfig()).toEqual(first.getCompileConfig())
      expect(bits(again.predictSync(data.x))).toBe(bits(first.predictSync(data.x)))
      my.setSeed(9)
      const wanted = await first.fit(data.x, data.y, { ...quiet, epochs: 2 })
      my.setSeed(9)
      const history = await again.fit(data.x, data.y, { ...quiet, epochs: 2 })
      expect(history).toEqual(wanted)
      expect(stateBits(again.optimizer.state(again.weightsByPath()))).toEqual(
        stateBits(first.optimizer.state(first.weightsByPath())),
      )
      expect(stateBits(again.state())).toEqual(stateBits(first.state()))
    }
  })

  it('draws nothing when it is loaded', async () => {
    const first = await trained()
    await first.save(inFolder('draws'))
    my.setSeed(3)
    await loadModel(inFolder('draws'))
    const next = my.randomNormal([4])
    my.setSeed(3)
    expect(bits(my.randomNormal([4]))).toBe(bits(next))
    my.setSeed(3)
    await loadModel(inFolder('draws'))
    const dense = layers.dense({ units: 3, inputShape: [3] })
    dense.ensureBuilt([3])
    my.setSeed(3)
    const same = layers.dense({ units: 3, inputShape: [3] })
    same.ensureBuilt([3])
    expect(bits(dense.weights[0] as my.Tensor)).toBe(bits(same.weights[0] as my.Tensor))
  })

  it('keeps what is frozen, multipliers, layers that are shared, and numbers that JSON does not know', async () => {
    class Scale extends my.Layer {
      readonly factors: number[]
      constructor({ factors, ...options }: my.LayerOptions & { factors: number[] }) {
        super(options)
        this.factors = factors
      }
      override call(x: my.Tensor): my.Tensor {
        return x.mul(2)
      }
      override getConfig(): Record<string, unknown> {
        return { ...super.getConfig(), factors: this.factors, '~own': { '~number': 3 } }
      }
    }
    my.registerLayer(Scale)
    const shared = layers.dense({ units: 2, name: 'shared', trainable: false, learningRateMultiplier: 0.5 })
    const x = input({ shape: [2] })
    const factors = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-320]
    const special = new Scale({ factors })
    const made = model({ inputs: x, outputs: special.apply(shared.apply(shared.apply(x))) })
    await made.save(inFolder('special'))
    const again = await loadModel(inFolder('special'))
    expect((again.layers[2] as unknown as Scale).factors).toEqual(factors)
    expect(Object.is((again.layers[2] as unknown as Scale).factors[3], -0)).toBe(true)
    expect(again.layers).toHaveLength(3)
    expect(again.layers[1]).toMatchObject({ name: 'shared', trainable: false, learningRateMultiplier: 0.5 })
    expect(() => again.optimizer).toThrow(/no loss/)
  })

  it('is refused with a function of the user that has no name, by layer and option', async () => {
    const activation = (x: my.Tensor): my.Tensor => x.mul(2)
    const odd = sequential({ layers: [layers.dense({ name: 'd', units: 1, activation, inputShape: [2] })] })
    await expect(odd.save(inFolder('odd'))).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      message:
        '[Dense "d"] activation is a function that no config can hold; register it by registerActivation, or give one of activations',
    })
    expect(failure(() => JSON.stringify(odd)).code).toBe('ERR_FORMAT')
    const plain = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
    plain.compile({ loss: (y, p) => y.sub(p).square().mean() })
    await expect(plain.save(inFolder('odd'))).rejects.toThrow(/\[compile\] loss is a function.*registerLoss/)
    await plain.saveWeights(inFolder('weights-of-odd'))
    const rate = optimizers.sgd({ learningRate: (step: number) => 1 / (1 + step) })
    plain.compile({ optimizer: rate, loss: 'mse' })
    await expect(plain.save(inFolder('odd'))).rejects.toThrow(/\[sgd\] learningRate is a function.*registerSchedule/)
    expect((await readdir(folder)).filter((name) => name.startsWith('odd'))).toEqual([])
    await expect(sequential({ layers: [layers.dense({ units: 1 })] }).save(inFolder('odd'))).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: /has no weights yet/,
    })
    for (const path of [3, '', 'a\0b', undefined])
      await expect(plain.saveWeights(path as never)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })
})

describe('while it trains', () => {
  it('a model is saved as it was between two steps, all of it, and the run has the bits that it has without', async () => {
    const run = async (during?: (made: my.Functional<my.Tensor>) => void): Promise<my.Functional<my.Tensor>> => {
      const made = await adapted(2)
      const running = made.fit(data.x, data.y, { ...quiet, epochs: 400, shuffle: true })
      during?.(made)
      await running
      return made
    }
    const alone = await run()
    const saves: Promise<void>[] = []
    let loading: Promise<unknown> = Promise.resolve()
    const made = await run((training) => {
      loading = expect(training.loadWeights(inFolder('none'))).rejects.toMatchObject({ code: 'ERR_BUSY' })
      const timer = setInterval(() => {
        if (saves.length < 6) saves.push(training.save(inFolder(`during-${saves.length}`)))
        else clearInterval(timer)
      }, 3)
    })
    await Promise.all([...saves, loading])
    expect(stateBits(made.state())).toEqual(stateBits(alone.state()))
    expect(saves.length).toBeGreaterThan(1)
    for (const i of saves.keys()) {
      const saved = await loadModel<my.Functional<my.Tensor>>(inFolder(`during-${i}`))
      const updates = saved.optimizer.iterations
      expect(updates).toBeLessThanOrEqual(1600)
      if (updates === 0) continue
      // A run of as many steps ends in the same weights, moments and totals.
      const short = await adapted(2)
      await short.fit(data.x, data.y, {
        ...quiet,
        shuffle: true,
        epochs: Math.ceil(updates / 4),
        callbacks: [stopAt(updates)],
      })
      expect(short.optimizer.iterations).toBe(updates)
      expect(stateBits(saved.state())).toEqual(stateBits(short.state()))
      expect(saved.state().values).toEqual(short.state().values)
      expect(stateBits(saved.optimizer.state(saved.weightsByPath()))).toEqual(
        stateBits(short.optimizer.state(short.weightsByPath())),
      )
    }
  })

  it('a callback may save and load, and a run waits for what is being written', async () => {
    const made = await trained()
    const before = stateBits(made.state())
    const writing = made.save(inFolder('before'))
    const running = made.fit(data.x, data.y, {
      ...{ ...quiet, epochs: 2 },
      callbacks: [
        {
          onEpochEnd: async () => {
            await made.save(inFolder('hook'))
            await made.loadWeights(inFolder('before'))
          },
        },
      ],
    })
    await Promise.all([writing, running])
    expect(stateBits((await loadModel(inFolder('before'))).state())).toEqual(before)
    expect(stateBits(made.state())).toEqual(before)
  })

  it('weights that a loop of the user changes while they are written are written again', async () => {
    const large = sequential({ layers: [layers.dense({ units: 1500, inputShape: [1500], useBias: false })] })
    const [kernel] = large.weights as [my.Parameter]
    kernel.assign(my.full([1500, 1500], 1))
    const writing = large.save(inFolder('large'))
    for (let turn = 0; turn < 40; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      kernel.assign(my.full([1500, 1500], 2 + turn))
    }
    await writing
    const saved = (await loadModel(inFolder('large'))).weights[0] as my.Tensor
    expect(saved.max().item()).toBe(saved.min().item())
    expect((await readdir(folder)).filter((name) => name.endsWith('tmp'))).toEqual([])
  })
})

/** Ends a run after so many steps. */
const stopAt = (updates: number): my.Callback => {
  let steps = 0
  return {
    onBatchEnd(_step, _logs, run) {
      if (++steps === updates) run.stop()
    },
  }
}

describe('JSON', () => {
  it('makes an equal model with first values of its own', async () => {
    const first = await trained()
    const text = JSON.stringify(first)
    const made = modelFromJSON<my.Functional<my.Tensor>>(text)
    expect(JSON.stringify(made)).toBe(text)
    expect(JSON.stringify(modelFromJSON(first.toJSON()))).toBe(text)
    expect(made.weights.map(({ name }) => name)).toEqual(first.weights.map(({ name }) => name))
    made.restore(first.state())
    expect(bits(made.predictSync(data.x))).toBe(bits(first.predictSync(data.x)))
  })

  it('is refused where it describes no model', () => {
    const good = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] }).toJSON()
    for (const [given, message] of [
      ['{', /the text is no JSON/],
      [`${'['.repeat(9999)}`, /nested too deep/],
      [3, /describes no model, but is 3/],
      [{ ...good, version: 2 }, /by a later version of Myelin, in form 2; this one reads 1: update it/],
      [{ ...good, version: undefined }, /its version is undefined/],
      [{ ...good, className: 'Dense', config: { name: 'd', units: 3 } }, /a layer of the class Dense/],
      [{ ...good, className: 'Mine' }, /a class "Mine", which is not registered: call registerLayer/],
      [
        {
          ...good,
          config: {
            layers: [
              { className: 'Yours', config: {} },
              { className: 'Mine', config: {} },
            ],
          },
        },
        /classes Mine, Yours, which are/,
      ],
      [
        { ...good, config: { layers: [{ className: 'Dense', config: { units: -1 } }] } },
        /cannot be made: \[Dense.*units/,
      ],
      [
        { ...good, config: { layers: [{ className: 'Dense', config: { units: 2, activation: 'mine' } }] } },
        /unknown activation "mine".*register what is your own/,
      ],
      [
        { ...good, config: { layers: [{ className: 'Dense', config: { units: { '~number': 'two' } } }] } },
        /"two" is no number/,
      ],
    ] as const) {
      const { code, message: said } = failure(() => modelFromJSON(given as never))
      expect(code).toBe('ERR_FORMAT')
      expect(said).toMatch(/^\[modelFromJSON\]/)
      expect(said).toMatch(message)
    }
  })

  it('of models deep in models is read in no time, and of too many layers refused', () => {
    const relu = { className: 'Activation', config: { activation: 'relu' } }
    const nested = (depth: number): { className: string; config: object } => ({
      className: 'Sequential',
      config: { inputShape: [2], layers: depth === 0 ? [relu] : [nested(depth - 1)] },
    })
    expect(modelFromJSON({ version: 1, ...nested(60) } as never).outputShape).toEqual([2])
    for (const [given, message] of [
      [nested(100), /nested too deep/],
      [{ className: 'Sequential', config: { layers: Array(5001).fill(relu) } }, /more than 5000 layers/],
    ] as const)
      expect(failure(() => modelFromJSON({ version: 1, ...given } as never)).message).toMatch(message)
  })

  it('a clone has the same layers and other weights, with functions as they are', () => {
    const activation = (x: my.Tensor): my.Tensor => x.mul(2)
    const made = sequential({ name: 'm', layers: [layers.dense({ units: 3, activation, inputShape: [2] })] })
    const copy: my.Sequential = cloneModel(made)
    expect(copy).toBeInstanceOf(my.Sequential)
    expect(copy.summary(false)).toBe(made.summary(false))
    expect(bits(copy.weights[0] as my.Tensor)).not.toBe(bits(made.weights[0] as my.Tensor))
    copy.restore(made.state())
    expect(bits(copy.predictSync(signed([3, 2])))).toBe(bits(made.predictSync(signed([3, 2]))))
    expect(failure(() => cloneModel({} as never)).code).toBe('ERR_ARGUMENT')
  })
})

describe('a file that is no saved model', () => {
  it('says what it is, and what to do', async () => {
    const first = await trained()
    await first.save(inFolder('good'))
    await first.saveWeights(inFolder('good-weights'))
    const bytes = await readFile(inFolder('good'))
    const told = metadataOf(bytes)
    const change = (changes: object): Buffer => edited(bytes, { ...told, ...changes })
    const denseAt = (units: unknown): object => {
      const config = structuredClone(told.config) as { layers: { className: string; config: { units?: unknown } }[] }
      for (const layer of config.layers) if (layer.className === 'Dense') layer.config.units = units
      return { config }
    }
    const cases: [string, Buffer, RegExp][] = [
      ['weights', await readFile(inFolder('good-weights')), /holds weights alone.*loadWeights/],
      ['future', change({ version: 7 }), /later version of Myelin, in form 7/],
      ['class', change({ className: 'Mine' }), /a class "Mine"/],
      ['units', change(denseAt(2 ** 31)), /a weight of \[4, 2147483648\], and none such in the file/],
      ['state', change({ optimizer: {} }), /a state that does not fit its model/],
      ['draws', change({ draws: { 'no/layer': 3 } }), /draws of a layer "no\/layer"/],
      ['compile', change({ compile: { optimizer: { name: 'x' }, loss: 'mse' } }), /unknown optimizer "x"/],
      ['foreign', await readFile(new URL('../golden/python.safetensors', import.meta.url)), /Myelin did not write it/],
    ]
    for (const [name, file, message] of cases) {
      await writeFile(inFolder(name), file)
      await expect(loadModel(inFolder(name)), name).rejects.toThrow(message)
      await expect(loadModel(inFolder(name)), name).rejects.toMatchObject({ code: 'ERR_FORMAT' })
    }
  })

  it('makes no room for more than it holds, in weights or on the way', async () => {
    const first = sequential({ name: 's', layers: [layers.dense({ name: 'd', units: 3, inputShape: [2] })] })
    await first.save(inFolder('small'))
    const bytes = await readFile(inFolder('small'))
    const told = metadataOf(bytes)
    const layersOf = (...given: object[]): object => ({
      ...told,
      config: { name: 's', inputShape: [2], layers: given },
    })
    const dense = { className: 'Dense', config: { name: 'd', units: 3, inputShape: [2] } }
    const before = my.runtime.memory().peakBytes
    for (const config of [
      layersOf({ className: 'Embedding', config: { inputDim: 2 ** 40, outputDim: 2 ** 10 } }),
      layersOf(dense, {
        className: 'LayerNormalization',
        config: { scale: false, center: false, inputShape: [2 ** 30] },
      }),
      {
        ...told,
        className: 'Functional',
        config: {
          layers: [
            { className: 'InputLayer', config: { name: 'a', shape: [65_536, 1] } },
            { className: 'InputLayer', config: { name: 'b', shape: [1, 65_536] } },
            { className: 'Multiply', config: { name: 'm' } },
          ],
          calls: [{ layer: 'm', inputs: [0, 1], listed: true }],
          inputs: ['a', 'b'],
          outputs: [{ name: 'm', value: 2 }],
        },
      },
    ]) {
      await writeFile(inFolder('hostile'), edited(bytes, config))
      await expect(loadModel(inFolder('hostile'))).rejects.toMatchObject({ code: 'ERR_FORMAT' })
    }
    expect(my.runtime.memory().peakBytes - before).toBeLessThan(1e7)
  })
})
