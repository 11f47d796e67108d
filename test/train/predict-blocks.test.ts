import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { noGrad } from '../../lib/autodiff/tape.js'
import { type Model, model, sequential } from '../../lib/model/index.js'
import { native } from '../../lib/native/binding.js'
import { layers } from '../../lib/nn/index.js'
import { Layer } from '../../lib/nn/layer.js'
import { add, div, max, mean, reshape, slice } from '../../lib/ops/index.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { bits } from '../graph/equality.js'
import { equalBits, onInstructionSet, withThreads } from '../helpers/machine.js'
import { labels, signed } from '../helpers/random.js'
import { settle } from '../helpers/settle.js'

const { dense, input } = layers
/** The widest layer: blocks of 336 rows. */
const wide = 1000
const block = 336
const batch = 1000
/** One batch and most of another, which begins in the middle of a block. */
const rows = 1900

/** A layer out of a function, that keeps the shape of a sample. */
class Own extends Layer {
  constructor(private readonly f: (x: Tensor) => Tensor) {
    super()
  }

  override call(x: Tensor): Tensor {
    return this.f(x)
  }
}

type Made = Model | Model<Tensor[]> | Model<Tensor | Tensor[]>
type Inputs = Tensor | Tensor[]

const floats = (n: number) => signed([n, 6])

const cases: Record<string, { make: () => Made; x: (n: number) => Inputs }> = {
  'dense layers': {
    make: () =>
      sequential({
        layers: [
          dense({ units: wide, activation: 'relu', inputShape: [6] }),
          layers.dropout({ rate: 0.5 }),
          dense({ units: 5, activation: 'gelu' }),
          dense({ units: 3, activation: 'softmax' }),
        ],
      }),
    x: floats,
  },
  'normalizations and activations with weights': {
    make: () =>
      sequential({
        layers: [
          dense({ units: wide, useBias: false, inputShape: [6] }),
          layers.batchNormalization(),
          layers.prelu(),
          layers.layerNormalization(),
          layers.gaussianNoise({ stddev: 1 }),
          dense({ units: 4 }),
          layers.elu(),
        ],
      }),
    x: floats,
  },
  'branches that meet': {
    make: () => {
      const x = input({ shape: [6] })
      const [a, b] = [dense({ units: wide, activation: 'tanh' }).apply(x), dense({ units: wide }).apply(x)]
      const both = layers.concatenate().apply([layers.add().apply([a, b]), x])
      return model({ inputs: x, outputs: dense({ units: 3 }).apply(layers.dropout({ rate: 0.3 }).apply(both)) })
    },
    x: floats,
  },
  labels: {
    make: () => {
      const [words, x] = [input({ shape: [4] }), input({ shape: [6] })]
      const vectors = layers.embedding({ inputDim: 9, outputDim: wide / 4 }).apply(words)
      const each = dense({ units: 3, activation: 'relu' }).apply(vectors)
      const all = layers.concatenate().apply([layers.flatten().apply(each), x])
      return model({ inputs: [words, x], outputs: dense({ units: 2, activation: 'sigmoid' }).apply(all) })
    },
    x: (n) => [reshape(labels(4 * n, 9), [n, 4]), signed([n, 6])],
  },
  'several outputs, one of which is an input': {
    make: () => {
      const x = input({ shape: [6] })
      const hidden = dense({ units: wide, activation: 'relu' }).apply(x)
      const outputs = [dense({ units: 2, activation: 'softmax' }).apply(hidden), x, hidden]
      return model({ inputs: x, outputs: [...outputs, layers.reshape({ targetShape: [10, 100] }).apply(hidden)] })
    },
    x: floats,
  },
  'reductions of samples': {
    make: () =>
      sequential({
        layers: [dense({ units: wide, inputShape: [6] }), new Own((x) => max(reshape(x, [-1, 10, 100]), 1))],
      }),
    x: floats,
  },
  'a layer that counts the rows': {
    make: () =>
      sequential({ layers: [dense({ units: wide, inputShape: [6] }), new Own((x) => div(x, x.shape[0] as number))] }),
    x: floats,
  },
}

const part = (x: Inputs, begin: number, size: number): Inputs =>
  Array.isArray(x) ? x.map((each) => slice(each, [begin], [size])) : slice(x, [begin], [size])
const all = (outputs: Tensor | Tensor[]): string[] => [outputs].flat().map(bits)
const eagerly = (made: Made, x: Inputs): string[] => all(noGrad(() => made.callAll([x].flat())))

/** How many steps each run of a plan had. */
let runs: number[] = []
/** Called when one has begun. */
let begun = (): void => {}

beforeEach(() => {
  setSeed(5)
  runs = []
  begun = () => {}
  for (const method of ['planRun', 'planStart'] as const) {
    const run = native[method] as (...args: unknown[]) => never
    vi.spyOn(native, method).mockImplementation(((...args: unknown[]) => {
      runs.push(args[2] as number)
      const result = run(...args)
      begun()
      return result
    }) as never)
  }
})
afterEach(() => vi.restoreAllMocks())

describe('a tall batch is computed block by block', () => {
  it.each(Object.entries(cases))('%s', async (_, { make, x: some }) => {
    const made = make()
    const x = some(rows)
    const wanted = [part(x, 0, batch), part(x, batch, rows - batch)].map((each) => eagerly(made, each))
    for (const isa of equalBits)
      for (const threads of [1, 2])
        onInstructionSet(isa, () =>
          withThreads(threads, () => {
            runs = []
            expect(all(made.predictSync(part(x, 0, batch))), `${isa}, threads: ${threads}`).toEqual(wanted[0])
            expect(runs).toEqual([2, 1])
          }),
        )
    runs = []
    const outputs = [await made.predict(x, { batchSize: batch })].flat()
    // Two whole blocks and the rest; up to the next whole block, two of them, and the rest.
    expect(runs).toEqual([2, 1, 1, 2, 1])
    expect(outputs.map((output) => bits(slice(output, [0], [batch])))).toEqual(wanted[0])
    expect(outputs.map((output) => bits(slice(output, [batch])))).toEqual(wanted[1])
  })

  it('with the bits of small batches', async () => {
    for (const { make, x: some } of Object.values(cases).slice(0, -1)) {
      const made = make()
      const x = some(rows)
      const wanted = all(await made.predict(x, { batchSize: 100 }))
      expect(all(await made.predict(x, { batchSize: batch }))).toEqual(wanted)
      expect(all(await made.predict(x, { batchSize: rows }))).toEqual(wanted)
      expect(all(made.predictSync(x))).toEqual(wanted)
    }
  })

  it('through the same plans again and again, and frees all but its results', async () => {
    const create = vi.spyOn(native, 'planCreate')
    const made = (cases.labels as (typeof cases)[string]).make()
    const [first, second] = [signed([batch, 6], 2), signed([batch, 6], 3)]
    const words = reshape(labels(4 * batch, 9), [batch, 4])
    made.predictSync([words, first])
    expect(create).toHaveBeenCalledTimes(2)
    await settle()
    const { tensors } = native.memory()
    const outputs = [
      made.predictSync([words, second]),
      await made.predict([words, second], { batchSize: batch }),
    ].flat()
    expect(create).toHaveBeenCalledTimes(2)
    expect(native.memory().tensors).toBe(tensors + 2)
    expect(bits(outputs[0] as Tensor)).toBe(bits(outputs[1] as Tensor))
  })

  it('until it is aborted', async () => {
    const made = (cases['dense layers'] as (typeof cases)[string]).make()
    const x = floats(50 * block)
    const [controller, reason] = [new AbortController(), new Error('enough')]
    made.predictSync(part(x, 0, 1))
    await settle()
    const { tensors } = native.memory()
    runs = []
    begun = () => controller.abort(reason)
    await expect(made.predict(x, { batchSize: 50 * block, signal: controller.signal })).rejects.toBe(reason)
    expect(runs).toEqual([50])
    expect(native.memory().tensors).toBe(tensors)
  })

  it('though the plans are to be made anew meanwhile', async () => {
    const made = (cases['dense layers'] as (typeof cases)[string]).make()
    const x = floats(batch)
    const wanted = all(made.predictSync(x))
    const outputs = made.predict(x, { batchSize: batch })
    await new Promise<void>((resolve) => {
      begun = resolve
    })
    begun = () => {}
    for (const layer of made.layers) (layer as Layer).trainable = false
    expect(all(made.predictSync(x))).toEqual(wanted)
    expect(all(await outputs)).toEqual(wanted)
  })

  it('and counted in batches', async () => {
    const made = (cases['dense layers'] as (typeof cases)[string]).make()
    let text = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      text += String(chunk)
      return true
    })
    await made.predict(floats(rows), { batchSize: batch, verbose: 2 })
    vi.restoreAllMocks()
    expect(text).toMatch(/^predict {2}2 steps /)
  })

  it('but names a refused element by its place in the batch', async () => {
    const made = (cases.labels as (typeof cases)[string]).make()
    const words = new Int32Array(4 * batch)
    words[4 * 700] = 9
    const x = [{ data: words, shape: [batch, 4] }, signed([batch, 6])]
    await settle()
    const { tensors } = native.memory()
    const refusal = { code: 'ERR_ARGUMENT', message: expect.stringMatching(/label 9 of sample 700 is no class/) }
    expect(() => made.predictSync(x)).toThrow(expect.objectContaining(refusal))
    await expect(made.predict(x, { batchSize: batch })).rejects.toMatchObject(refusal)
    expect(native.memory().tensors).toBe(tensors)
  })
})

describe('a batch stays whole', () => {
  const steps = async (made: Made, x: Inputs): Promise<number[]> => {
    const wanted = eagerly(made, x)
    runs = []
    expect(all(made.predictSync(x))).toEqual(wanted)
    expect(all(await made.predict(x, { batchSize: rows }))).toEqual(wanted)
    return runs
  }

  it('where a layer mixes rows', async () => {
    const mixing = new Own((x) => add(x, mean(x, 0, true)))
    const made = sequential({ layers: [dense({ units: wide, inputShape: [6] }), mixing, dense({ units: 2 })] })
    expect(await steps(made, floats(batch))).toEqual([1, 1])
  })

  it('below two blocks', async () => {
    const { make } = cases['dense layers'] as (typeof cases)[string]
    expect(await steps(make(), floats(2 * block - 1))).toEqual([1, 1])
    expect(await steps(make(), floats(2 * block))).toEqual([2, 2])
  })

  it('where it is computed as in training', async () => {
    const { make } = cases['normalizations and activations with weights'] as (typeof cases)[string]
    await make().predict(floats(batch), { batchSize: batch, training: true })
    expect(runs).toEqual([1])
  })

  it('while the model is training, for all its rows see the weights of one step', async () => {
    const { make } = cases['dense layers'] as (typeof cases)[string]
    const made = make() as Model
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const x = floats(batch)
    const fit = made.fit(x, signed([batch, 3]), { epochs: 1, verbose: 0 })
    runs = []
    made.predictSync(x)
    expect(runs).toEqual([1])
    await fit
    runs = []
    made.predictSync(x)
    expect(runs).toEqual([2, 1])
  })
})
