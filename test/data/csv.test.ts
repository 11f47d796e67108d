import '../../lib/ops/index.js'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CsvOptions } from '../../lib/data/csv.js'
import { Dataset } from '../../lib/data/dataset.js'
import { failure } from '../helpers/failure.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'myelin-csv-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function file(text: string): string {
  const path = join(folder, 'data.csv')
  writeFileSync(path, text)
  return path
}

async function read(text: string, options: CsvOptions = {}): Promise<unknown[]> {
  const samples: unknown[] = []
  for await (const sample of Dataset.fromCsv(file(text), options)) samples.push(sample)
  return samples
}

const row = (...values: number[]): Float32Array => Float32Array.from(values)

describe('fromCsv', () => {
  it('reads features and target by name, by number, or all columns', async () => {
    const text = 'a,b,price\n1,2,3\n4,-5e-1,6\n'
    const expected = [
      [row(1, 2), 3],
      [row(4, -0.5), 6],
    ]
    expect(await read(text, { target: 'price' })).toEqual(expected)
    expect(await read(text, { target: 2, features: ['a', 1] })).toEqual(expected)
    expect(await read(text)).toEqual([row(1, 2, 3), row(4, -0.5, 6)])
    expect(await read(text, { features: ['b'], target: ['price', 'a'] })).toEqual([
      [row(2), { data: row(3, 1), shape: [2] }],
      [row(-0.5), { data: row(6, 4), shape: [2] }],
    ])
  })

  it('reads files without a header, with names of their own or by number', async () => {
    expect(await read('1,2\n3,4\n', { header: false, target: 1 })).toEqual([
      [row(1), 2],
      [row(3), 4],
    ])
    expect(await read('1,2\n3,4\n', { header: ['u', 'v'], target: 'u' })).toEqual([
      [row(2), 1],
      [row(4), 3],
    ])
  })

  it('reads other delimiters and quotes, quoted fields with line breaks, empty lines, CRLF and a byte order mark', async () => {
    const text = '\ufeffid;"the ""name"""\r\n1;"5"\r\n\r\n"2"; 6 \r\n'
    expect(await read(text, { delimiter: ';', target: 'the "name"' })).toEqual([
      [row(1), 5],
      [row(2), 6],
    ])
    expect(await read('a,b\n1,"x\n, y"\n2,\'\n', { converters: { b: (cell) => cell.length } })).toEqual([
      row(1, 5),
      row(2, 1),
    ])
    expect(await read("a,b\n'1','2'\n", { quote: "'" })).toEqual([row(1, 2)])
  })

  it('converts cells and reads other dtypes', async () => {
    const text = 'sex,age,label\nf,31,2\nm,,1\n'
    const converters = {
      sex: (cell: string) => Number(cell === 'f'),
      age: (cell: string) => (cell === '' ? -1 : Number(cell)),
    }
    expect(await read(text, { converters, target: 'label', dtypes: { target: 'uint8' } })).toEqual([
      [row(1, 31), { data: Uint8Array.of(2), shape: [] }],
      [row(0, -1), { data: Uint8Array.of(1), shape: [] }],
    ])
  })

  it('reads a path at each pass, and a stream once', async () => {
    const path = file('a,b\n1,2\n3,4\n5,6\n')
    const dataset = Dataset.fromCsv(path, { target: 'b' }).batch(2)
    for (let pass = 0; pass < 2; pass++) {
      const shapes: unknown[] = []
      for await (const [x, y] of dataset) shapes.push([x.shape, y.shape])
      expect(shapes).toEqual([
        [[2, 1], [2]],
        [[1, 1], [1]],
      ])
    }
    for (const stream of [createReadStream(path), ['a,b\n1,', '2\n3,4'], Readable.from([Buffer.from('a,b\n1,2')])]) {
      const once = Dataset.fromCsv(stream, { target: 'b' }).take(1)
      for await (const sample of once) expect(sample).toEqual([row(1), 2])
      const again = once[Symbol.asyncIterator]().next()
      await expect(again).rejects.toMatchObject({ code: 'ERR_ARGUMENT', message: expect.stringContaining('once') })
    }
  })

  it('reads no further than it is asked, and closes the file', async () => {
    let given = 0
    let closed = false
    function* endless() {
      try {
        yield 'a,b\n'
        for (;;) {
          given++
          yield '1,2\n'.repeat(1000)
        }
      } finally {
        closed = true
      }
    }
    for await (const _ of Dataset.fromCsv(endless(), { target: 'b' }).batch(10).take(20));
    expect(given).toBeLessThan(60)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(closed).toBe(true)
  })
})

describe('fromCsv refuses', () => {
  const cases: [string, string, CsvOptions, RegExp][] = [
    [
      'a row that is too short, by its line',
      'a,b\n1,2\n"3\n3",4\n5\n',
      { features: ['b'] },
      /data\.csv: line 5 has 1 cells in place of 2/,
    ],
    ['a row that is too long', 'a,b\n1,2,3\n', {}, /line 2 has 3 cells in place of 2/],
    [
      'text where a number should be',
      'a,b\n1,2\n1,two\n',
      { target: 'b' },
      /line 3, column "b": "two" is not a finite number.*converters/,
    ],
    ['an empty cell', 'a,b\n1,\n', {}, /line 2, column "b": ""/],
    ['a number too large for float32', 'a,b\n1,1e39\n', {}, /line 2, column "b": "1e39"/],
    [
      'a number that does not fit the dtype',
      'a,b\n256,1\n',
      { dtypes: { features: 'uint8' } },
      /line 2, column "a": "256" is not a finite uint8/,
    ],
    [
      'a converter that gives no number',
      'a,b\n1,2\n',
      { converters: { b: () => Number.NaN } },
      /line 2, column "b".*converted to NaN/,
    ],
    ['two columns of one name', 'a,a\n1,2\n', {}, /two columns named "a"/],
    ['an open quote', 'a,b\n1,"2\n', {}, /data\.csv: .*[Qq]uot/],
  ]
  it.each(cases)('%s', async (_, text, options, message) => {
    await expect(read(text, options)).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      message: expect.stringMatching(message),
    })
  })

  it('columns that are not there', async () => {
    await expect(read('age,b\n1,2\n', { target: 'aeg' })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('Did you mean "age"'),
    })
    await expect(read('a,b\n1,2\n', { target: 2 })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
    await expect(read('a\n1\n', { target: 'a' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })

  it('files that are not there', async () => {
    const missing = Dataset.fromCsv(join(folder, 'missing.csv'))
    await expect(missing[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      message: expect.stringMatching(/missing\.csv.*ENOENT/),
    })
  })

  it('wrong options when they are given', () => {
    for (const options of [
      null,
      { delimeter: ';' },
      { features: [] },
      { header: 'a' },
      { delimiter: '' },
      { quote: '""' },
      { delimiter: '"' },
      { converters: { a: 1 } },
      { dtypes: { x: 'float32' } },
    ])
      expect(failure(() => Dataset.fromCsv('x.csv', options as CsvOptions))).toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining('[Dataset.fromCsv]'),
      })
    expect(failure(() => Dataset.fromCsv(3 as never)).code).toBe('ERR_ARGUMENT')
  })

  it("lets a converter's and a stream's own errors through", async () => {
    const error = new Error('mine')
    const fail = (): number => {
      throw error
    }
    await expect(read('a\n1\n', { converters: { a: fail } })).rejects.toBe(error)
    const stream = (async function* () {
      yield 'a\n1\n'
      throw error
    })()
    const all = async () => {
      for await (const _ of Dataset.fromCsv(stream));
    }
    await expect(all()).rejects.toBe(error)
  })
})
