import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { zeros, tensor, type Tensor } from '../../lib/index.js'
import { TensorFile, writeTensors } from '../../lib/io/tensor-file.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-io-'))
})
afterAll(() => rm(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)

async function readAll(path: string): Promise<Map<string, Tensor>> {
  const file = await TensorFile.open(path)
  try {
    return await file.read()
  } finally {
    await file.close()
  }
}

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
    await writeTensors('save', at('some.safetensors'), tensors, { text: 'ünd "so"' })
    const read = await readAll(at('some.safetensors'))
    expect([...read.keys()].sort()).toEqual([...tensors.keys()].sort())
    for (const [name, { shape, dtype }] of tensors) {
      const again = read.get(name) as Tensor
      expect([again.shape, again.dtype]).toEqual([shape, dtype])
      expect(Buffer.from(again.data().buffer)).toEqual(Buffer.from((tensors.get(name) as Tensor).data().buffer))
    }
    expect((await TensorFile.open(at('some.safetensors'))).text('text')).toBe('ünd "so"')
  })

  it('is longer than a piece', async () => {
    const large = tensor(Float32Array.from({ length: 700_001 }, (_, i) => i))
    await writeTensors('save', at('large'), new Map([['x', large]]), {})
    expect((await readAll(at('large'))).get('x')?.data()).toEqual(large.data())
  })
})
