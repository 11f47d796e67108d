import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as my from '../../lib/index.js'
import { bits } from '../graph/equality.js'
import { signed } from '../helpers/random.js'

const { layers, sequential, tensor } = my
const golden = fileURLToPath(new URL('../golden', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-weights-'))
})
afterAll(() => rm(folder, { recursive: true }))
const inFolder = (name: string): string => join(folder, name)

const all = (model: my.AnyModel): string => model.weights.map((weight) => bits(weight)).join(' ')

const dense = (units: number, name: string): my.Layer => layers.dense({ units, name })
const stack = (...parts: my.Layer[]): my.Sequential => sequential({ inputShape: [3], layers: parts })

describe('weights', () => {
  it('go from one model to an equal one, from a file of weights or of the model', async () => {
    const first = stack(dense(4, 'a'), layers.batchNormalization({ name: 'b' }), dense(2, 'c'))
    first.compile({ optimizer: 'adam', loss: 'mse' })
    await first.fit(signed([6, 3]), signed([6, 2]), { verbose: 0 })
    await first.saveWeights(inFolder('weights'))
    await first.save(inFolder('model'))
    for (const file of ['weights', 'model']) {
      const second = stack(dense(4, 'a'), layers.batchNormalization({ name: 'b' }), dense(2, 'c'))
      expect(await second.loadWeights(inFolder(file))).toEqual({
        loaded: [...first.weightsByPath().keys()],
        ...{ missing: [], unexpected: [], mismatched: [] },
      })
      expect(all(second)).toBe(all(first))
    }
  })

  it('that do not fit are refused, and nothing is changed, unless an option says what becomes of them', async () => {
    await stack(dense(4, 'a'), dense(2, 'c'), dense(5, 'd')).saveWeights(inFolder('other'))
    const model = stack(dense(4, 'a'), dense(3, 'c'), dense(5, 'e'))
    const before = all(model)
    const refused = expect(model.loadWeights(inFolder('other'))).rejects
    await refused.toMatchObject({ code: 'ERR_FORMAT' })
    await expect(model.loadWeights(inFolder('other'))).rejects.toThrow(
      /^\[loadWeights\] .*other does not fit the model: it lacks e\/kernel, e\/bias, and has d\/bias, d\/kernel, which are no weights of the model, and has c\/kernel as float32 \[4, 2\] in place of float32 \[4, 3\], c\/bias as float32 \[2\] in place of float32 \[3\]; byName: true leaves those out, skipMismatch: true leaves those as they are$/,
    )
    await expect(model.loadWeights(inFolder('other'), { byName: true })).rejects.toThrow(/has c\/kernel as/)
    await expect(model.loadWeights(inFolder('other'), { skipMismatch: true })).rejects.toThrow(/lacks e\/kernel/)
    expect(all(model)).toBe(before)
    expect(await model.loadWeights(inFolder('other'), { byName: true, skipMismatch: true })).toEqual({
      loaded: ['a/kernel', 'a/bias'],
      missing: ['e/kernel', 'e/bias'],
      unexpected: ['d/bias', 'd/kernel'],
      mismatched: [
        { path: 'c/kernel', file: { dtype: 'float32', shape: [4, 2] }, model: { dtype: 'float32', shape: [4, 3] } },
        { path: 'c/bias', file: { dtype: 'float32', shape: [2] }, model: { dtype: 'float32', shape: [3] } },
      ],
    })
    expect(all(model)).not.toBe(before)
  })

  it('by name are found wherever their layer is, but for names that several have', async () => {
    const inner = stack(dense(4, 'a'), dense(4, 'twice'))
    const outer = sequential({ layers: [inner, dense(4, 'twice')] })
    await outer.saveWeights(inFolder('nested'))
    const flat = stack(dense(4, 'a'), dense(4, 'twice'))
    const { loaded, missing, unexpected } = await flat.loadWeights(inFolder('nested'), { byName: true })
    // The path of the outer one is the very path.
    expect(loaded).toEqual(['a/kernel', 'a/bias', 'twice/kernel', 'twice/bias'])
    expect(missing).toEqual([])
    expect(unexpected).toEqual(['sequential/twice/bias', 'sequential/twice/kernel'])
    expect(bits(flat.weights[0] as my.Tensor)).toBe(bits(inner.weights[0] as my.Tensor))
    expect(bits(flat.weights[2] as my.Tensor)).toBe(bits(outer.weights[4] as my.Tensor))
    const wrapped = sequential({
      layers: [sequential({ name: 'elsewhere', layers: [stack(dense(4, 'a'), dense(4, 'twice'))] })],
    })
    const again = await wrapped.loadWeights(inFolder('nested'), { byName: true })
    expect(again.loaded).toEqual(['elsewhere/sequential/a/kernel', 'elsewhere/sequential/a/bias'])
  })

  it('of a file that is damaged change nothing', async () => {
    const model = stack(dense(4, 'a'))
    await model.saveWeights(inFolder('damaged'))
    const bytes = await readFile(inFolder('damaged'))
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    await writeFile(inFolder('damaged'), bytes)
    model.weights[0]?.assign(my.zeros([3, 4]))
    const before = all(model)
    await expect(model.loadWeights(inFolder('damaged'))).rejects.toMatchObject({ code: 'ERR_FORMAT' })
    await expect(model.loadWeights(inFolder('nothing'))).rejects.toMatchObject({ code: 'ERR_FORMAT' })
    for (const options of [3, { by: true }, { byName: 1 }, { skipMismatch: 'yes' }, { mapping: 'torch' }])
      await expect(model.loadWeights(inFolder('damaged'), options as never)).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
      })
    expect(all(model)).toBe(before)
  })
})

describe('a state of PyTorch', () => {
  /** The network of scripts/golden_torch.py. */
  const net = (): my.Sequential =>
    sequential({
      layers: [
        my.input({ shape: [3], dtype: 'int32' }),
        layers.embedding({ name: 'embed', inputDim: 7, outputDim: 5 }),
        layers.flatten(),
        sequential({
          name: 'encoder',
          layers: [
            dense(8, 'first'),
            layers.batchNormalization({ name: 'bn', epsilon: 1e-5 }),
            layers.prelu({ name: 'slope' }),
            dense(6, 'last'),
          ],
        }),
        layers.layerNormalization({ name: 'norm', epsilon: 1e-5 }),
        layers.dense({ name: 'head', units: 3, useBias: false }),
      ],
    })
  const names = {
    'encoder.0': 'encoder/first',
    'encoder.1': 'encoder/bn',
    'encoder.2': 'encoder/slope',
    'encoder.3': 'encoder/last',
  }
  const renamed = (name: string): string => {
    const [, number] = /^encoder\.(\d)/.exec(name) ?? []
    return number === undefined
      ? name.replace('head.weight', 'head/kernel').replace(/\.\w+$/, '')
      : (Object.values(names)[Number(number)] as string)
  }
  const file = join(golden, 'torch-model.safetensors')

  it.each([
    ['a record', names],
    ['a function', renamed],
  ])('with %s for names has the outputs that it has there', async (_, mapping) => {
    const { x, outputs } = JSON.parse(await readFile(join(golden, 'torch-model.json'), 'utf8'))
    const model = net()
    const { loaded, missing, unexpected, mismatched } = await model.loadWeights(file, { mapping })
    expect(loaded).toHaveLength(model.weights.length)
    expect([missing, unexpected, mismatched]).toEqual([[], [], []])
    const found = model.predictSync(tensor(Int32Array.from(x.flat()), [16, 3])).data()
    const wanted: number[] = outputs.flat()
    for (const [i, y] of wanted.entries()) expect(Math.abs((found[i] as number) - y)).toBeLessThan(1e-6)
  })

  it('in half precision is what bfloat16 holds of it', async () => {
    const [whole, half] = [net(), net()]
    await whole.loadWeights(file, { mapping: names })
    await half.loadWeights(join(golden, 'torch-model-bf16.safetensors'), { mapping: names })
    for (const [i, weight] of whole.weights.entries()) {
      const rounded = (half.weights[i] as my.Tensor).data()
      for (const [j, w] of weight.data().entries())
        expect(Math.abs((rounded[j] as number) - w)).toBeLessThanOrEqual(Math.abs(w) * 2 ** -8)
    }
  })

  it('without a mapping, or with one that leaves something out, is refused with what to do', async () => {
    const model = net()
    const before = all(model)
    await expect(model.loadWeights(file)).rejects.toThrow(/where names are those of PyTorch, give mapping$/)
    await expect(model.loadWeights(file, { mapping: {} })).rejects.toThrow(
      /has encoder\.0\.bias, .*no weights of the model/,
    )
    await expect(model.loadWeights(file, { mapping: { ...names, head: 'norm' } })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: /mapping gives ".*" and ".*" the same place, "norm\/gamma"/,
    })
    await expect(model.loadWeights(file, { mapping: () => 3 as never })).rejects.toThrow(/mapping must give the path/)
    await expect(model.loadWeights(file, { mapping: () => null })).rejects.toThrow(/lacks embed\/embeddings/)
    expect(all(model)).toBe(before)
    const { loaded } = await model.loadWeights(file, {
      byName: true,
      mapping: (name) => (name.startsWith('embed') ? 'embed' : null),
    })
    expect(loaded).toEqual(['embed/embeddings'])
  })
})
