import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Tensor, tensor, zeros } from '../../lib/index.js'
import { TensorFile, writeTensors } from '../../lib/io/tensor-file.js'

const golden = fileURLToPath(new URL('../golden', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-io-'))
})
afterAll(() => rm(folder, { recursive: true }))

const inFolder = (name: string): string => join(folder, name)

const readAll = (path: string): Promise<Map<string, Tensor>> => TensorFile.use('load', path, (file) => file.read())

const some = (): Map<string, Tensor> =>
  new Map([
    ['layers/0/kernel', tensor([1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-40, 3], [2, 3])],
    ['count', tensor(new Int32Array([7]), [])],
    ['bytes', tensor(new Uint8Array([0, 255, 3]))],
    ['mask', tensor([true, false])],
    ['nothing', zeros([0, 4])],
    ['__proto__', zeros([2])],
  ])

describe('a file of tensors', () => {
  it('gives back names, shapes, dtypes and bits', async () => {
    const tensors = some()
    await writeTensors('save', inFolder('some.safetensors'), tensors, { text: 'ünd "so"' })
    const read = await readAll(inFolder('some.safetensors'))
    expect([...read.keys()].sort()).toEqual([...tensors.keys()].sort())
    for (const [name, { shape, dtype }] of tensors) {
      const again = read.get(name) as Tensor
      expect([again.shape, again.dtype]).toEqual([shape, dtype])
      expect(Buffer.from(again.data().buffer)).toEqual(Buffer.from((tensors.get(name) as Tensor).data().buffer))
    }
    const text = await TensorFile.use('load', inFolder('some.safetensors'), async (file) => file.text('text'))
    expect(text).toBe('ünd "so"')
  })

  it('is longer than a piece', async () => {
    const large = tensor(Float32Array.from({ length: 700_001 }, (_, i) => i))
    await writeTensors('save', inFolder('large'), new Map([['x', large]]), {})
    expect((await readAll(inFolder('large'))).get('x')?.data()).toEqual(large.data())
  })

  it('is read as PyTorch wrote it, in the dtypes that fit', async () => {
    const { tensors } = JSON.parse(await readFile(join(golden, 'python-safetensors.json'), 'utf8'))
    const read = await readAll(join(golden, 'python.safetensors'))
    const dtypes = Object.fromEntries([...read].map(([name, { dtype }]) => [name, dtype]))
    expect(dtypes).toEqual({
      ...{ half: 'float32', bfloat: 'float32', double: 'float32', single: 'float32', empty: 'float32' },
      ...{ long: 'int32', int: 'int32', short: 'int32', char: 'int32', byte: 'uint8', mask: 'bool' },
      'layer.0.weight': 'float32',
    })
    const special: Record<string, number> = {
      nan: Number.NaN,
      inf: Number.POSITIVE_INFINITY,
      '-inf': Number.NEGATIVE_INFINITY,
    }
    for (const [name, { shape, values }] of Object.entries<{ shape: number[]; values: (number | string)[] }>(tensors)) {
      const tensor = read.get(name) as Tensor
      const wanted = values.map((x) => (typeof x === 'number' ? x : (special[x] as number)))
      expect(tensor.shape, name).toEqual(shape)
      expect([...tensor.data()], name).toEqual(tensor.dtype === 'float32' ? wanted.map(Math.fround) : wanted)
    }
  })

  it('that cannot be written leaves what was there, and nothing else', async () => {
    await writeTensors('save', inFolder('kept'), some(), {})
    const before = await readFile(inFolder('kept'))
    const gone = zeros([1])
    gone.dispose()
    const tensors = new Map([...some(), ['a/gone', gone]])
    await expect(writeTensors('save', inFolder('kept'), tensors, {})).rejects.toThrow(/\[save\].*dispos/)
    await expect(writeTensors('save', inFolder('no/such/folder/x'), some(), {})).rejects.toMatchObject({
      code: 'ERR_FORMAT',
    })
    expect(await readFile(inFolder('kept'))).toEqual(before)
    expect((await readdir(folder)).filter((name) => name.includes('tmp'))).toEqual([])
  })

  it('takes the place of a file, that of a link too, and of nothing else', async () => {
    await writeTensors('save', inFolder('target'), some(), {})
    await symlink(inFolder('target'), inFolder('link'))
    await writeTensors('save', inFolder('link'), new Map([['x', zeros([1])]]), {})
    expect((await lstat(inFolder('link'))).isSymbolicLink()).toBe(true)
    expect([...(await readAll(inFolder('target'))).keys()]).toEqual(['x'])
    await symlink('/dev/null', inFolder('device'))
    for (const path of [folder, inFolder('device')])
      await expect(writeTensors('save', path, some(), {})).rejects.toMatchObject({
        code: 'ERR_FORMAT',
        message: /cannot be written: there is something that is no file/,
      })
  })

  it('of which any bit has changed is refused', async () => {
    await writeTensors('save', inFolder('whole'), some(), { text: `${'0'.repeat(64)} is no hash` })
    const bytes = await readFile(inFolder('whole'))
    await readAll(inFolder('whole'))
    const key = bytes.indexOf('sha256')
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8))
      await writeFile(inFolder('flipped'), flipped)
      const outcome = await readAll(inFolder('flipped')).then(
        () => 'read',
        ({ code }) => code,
      )
      // A hash by another name is none; whoever needs one sees that it is not there.
      const renamed = at >= key && at < key + 6
      if (!renamed || outcome !== 'read') expect([at, outcome]).toEqual([at, 'ERR_FORMAT'])
    }
  })
})

describe('a file that is none', () => {
  const file = (header: unknown, data = 8): Buffer => {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(text.length))
    return Buffer.concat([length, text, Buffer.alloc(data)])
  }
  const tensorAt = (begin: number, end: number, shape: unknown = [2], dtype: unknown = 'F32'): object => ({
    ...{ dtype, shape },
    data_offsets: [begin, end],
  })
  const cases: Record<string, [Buffer, RegExp]> = {
    'is empty': [Buffer.alloc(0), /truncated: 0 bytes/],
    'is shorter than its length': [Buffer.alloc(7), /truncated: 7 bytes/],
    'has a header beyond its end': [file({ x: tensorAt(0, 8) }).subarray(0, 20), /do not hold its header/],
    'is something else': [Buffer.from('PK\x03\x04 and so on'), /is no safetensors file/],
    'has no object': [file('[]'), /no object of JSON/],
    'begins with a blank': [file(` ${JSON.stringify({ x: tensorAt(0, 8) })}`), /no object of JSON/],
    'is no JSON': [file('{"x": }'), /is no JSON/],
    'is no UTF-8': [
      Buffer.concat([
        file('').subarray(0, 0),
        Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]),
        Buffer.from([0x7b, 0xff, 0x7d, 0x20]),
      ]),
      /no UTF-8/,
    ],
    'is nested': [file(`{"x":${'['.repeat(1000)}${']'.repeat(1000)}}`), /nested too deep/],
    'has a name twice': [
      file(`{"x":${JSON.stringify(tensorAt(0, 8))},"\\u0078":${JSON.stringify(tensorAt(0, 8))}}`),
      /"x" twice/,
    ],
    'has a key twice': [file('{"x":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}'), /"dtype" twice/],
    'is truncated': [file({ x: tensorAt(0, 8) }, 7), /truncated: its tensors take 8 bytes, it holds 7/],
    'goes on': [file({ x: tensorAt(0, 8) }, 9), /too long/],
    'has a hole': [file({ x: tensorAt(0, 8), y: tensorAt(12, 20) }, 20), /hole at byte 12/],
    'has one tensor over another': [file({ x: tensorAt(0, 8), y: tensorAt(4, 12) }, 12), /over another at byte 4/],
    'has a size that does not fit': [file({ x: tensorAt(0, 8, [3]) }), /12 bytes, on 8/],
    'has a negative size': [file({ x: tensorAt(0, 8, [-2]) }), /the shape/],
    'has sizes beyond all': [file({ x: tensorAt(0, 8, [2 ** 40, 2 ** 40]) }), /bytes, on 8/],
    'has a negative place': [file({ x: tensorAt(-8, 0) }, 0), /lies at/],
    'has three places': [file({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 4, 8] } }), /lies at/],
    'has an unknown dtype': [file({ x: tensorAt(0, 8, [2], 'F33') }), /unknown dtype "F33"/],
    'has metadata that is no text': [file({ __metadata__: { a: 1 }, x: tensorAt(0, 8) }), /metadata "a"/],
    'has a tensor that is none': [file({ x: 3 }), /without dtype/],
  }
  for (const [name, [bytes, message]] of Object.entries(cases))
    it(name, async () => {
      await writeFile(inFolder('bad'), bytes)
      await expect(readAll(inFolder('bad'))).rejects.toThrow(message)
      await expect(readAll(inFolder('bad'))).rejects.toMatchObject({ code: 'ERR_FORMAT' })
    })

  it('is not there', async () => {
    await expect(readAll(inFolder('missing'))).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      message: /missing cannot be read/,
    })
    await expect(readAll(folder)).rejects.toMatchObject({ code: 'ERR_FORMAT' })
  })

  it('has whole numbers, or a dtype, that no dtype here holds', async () => {
    const large = file({ x: tensorAt(0, 8, [1], 'I64') })
    large.writeBigInt64LE(2n ** 31n, large.length - 8)
    await writeFile(inFolder('large'), large)
    await expect(readAll(inFolder('large'))).rejects.toMatchObject({ code: 'ERR_DTYPE' })
    await writeFile(inFolder('complex'), file({ x: tensorAt(0, 8, [1], 'C64') }))
    await expect(readAll(inFolder('complex'))).rejects.toMatchObject({ code: 'ERR_DTYPE' })
  })
})
