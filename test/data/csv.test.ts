import '../../lib/ops/index.js'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CsvOptions } from '../../lib/data/csv-options.js'
import { Dataset } from '../../lib/data/dataset.js'
import { failure } from '../helpers/failure.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'myelin-csv-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function file(text: string | Uint8Array): string {
  const path = join(folder, 'data.csv')
  writeFileSync(path, text)
  return path
}

const read = (text: string | Uint8Array, options: CsvOptions = {}): Promise<unknown[]> =>
  all(Dataset.fromCsv(file(text), options))

async function all(dataset: AsyncIterable<unknown>): Promise<unknown[]> {
  const samples: unknown[] = []
  for await (const sample of dataset) samples.push(sample)
  return samples
}

/** The cells of a table without a header, row by row, as converters are given them. */
async function cellsOf(
  source: string | (string | Uint8Array)[],
  columns: number,
  options: CsvOptions = {},
): Promise<string[][]> {
  const cells: string[] = []
  const converters = Object.fromEntries(
    Array.from({ length: columns }, (_, i) => [i, (cell: string) => cells.push(cell)]),
  )
  const chunks = typeof source === 'string' ? [source] : source
  await all(Dataset.fromCsv(chunks, { header: false, converters, ...options }))
  return Array.from({ length: cells.length / columns }, (_, i) => cells.slice(i * columns, (i + 1) * columns))
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

  it('reads what a function opens at each pass, bytes by themselves, and URLs of files', async () => {
    const text = 'a,b\n1,2\n3,4\n'
    const path = file(text)
    const sources = [() => [text], async () => createReadStream(path), () => new Blob([text]).stream()]
    for (const source of sources) {
      const dataset = Dataset.fromCsv(source as () => string[], { target: 'b' })
      for (let pass = 0; pass < 2; pass++)
        expect(await all(dataset)).toEqual([
          [row(1), 2],
          [row(3), 4],
        ])
    }
    expect(await all(Dataset.fromCsv(Buffer.from(text) as never))).toEqual([row(1, 2), row(3, 4)])
    expect(await all(Dataset.fromCsv(pathToFileURL(path)))).toEqual([row(1, 2), row(3, 4)])
  })

  it('reads the same wherever its chunks are cut', async () => {
    const text = '\ufeff1,é,"x, ""y""\n"\r\n\r\n 2 , " z" ,日本\n\n3\t,"",😀\r4,\'\' , \r\n5,6," "'
    const expected = [
      ['1', 'é', 'x, "y"\n'],
      ['2', ' z', '日本'],
      ['3', '', '😀'],
      ['4', "''", ''],
      ['5', '6', ' '],
    ]
    expect(await cellsOf(text, 3)).toEqual(expected)
    expect(await cellsOf(text.split(''), 3)).toEqual(expected)
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at++) {
      const chunks = [bytes.subarray(0, at), bytes.subarray(at, at + 1), bytes.subarray(at + 1)]
      expect(await cellsOf(chunks, 3), `cut at ${at}`).toEqual(expected)
    }
  })

  it('ends lines by LF, CRLF and CR in one file, in quotes too, and counts them', async () => {
    const text = ['1\r\n2\n\r"3\r\n\n3"\r4\r', '\n5']
    expect(await cellsOf(text, 1)).toEqual([['1'], ['2'], ['3\n\n3'], ['4'], ['5']])
    for (const [cell, line] of [
      ['1', 1],
      ['2', 2],
      ['3\n\n3', 4],
      ['4', 7],
      ['5', 8],
    ] as const) {
      const converters = { 0: (found: string) => (found === cell ? Number.NaN : 0) }
      await expect(all(Dataset.fromCsv(text, { header: false, converters }))).rejects.toThrow(`line ${line}, column`)
    }
  })

  it('passes over lines that are empty, blank, or have nothing in any of several cells, but not a quoted nothing', async () => {
    expect(await cellsOf('a,b\n\n  \t\n,\n , \n"",""\n1,2', 2)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ])
    expect(await cellsOf('a\n\n ""\n  \nb', 1)).toEqual([['a'], [''], ['b']])
  })

  it('takes a single space for runs of spaces and tabs', async () => {
    const text = '  1  2\t \t"a  \t b" \n\n \t\n\t3 ""\t4\n5 "6 ""\n  7" 8 \t'
    const expected = [
      ['1', '2', 'a  \t b'],
      ['3', '', '4'],
      ['5', '6 "\n  7', '8'],
    ]
    expect(await cellsOf(text, 3, { delimiter: ' ' })).toEqual(expected)
    expect(await cellsOf(text.split(''), 3, { delimiter: ' ' })).toEqual(expected)
    expect(await cellsOf(' 1\t "2\n', 2, { delimiter: ' ', quote: '' })).toEqual([['1', '"2']])
  })

  it('takes tabs one by one, delimiters of several characters, and of any script', async () => {
    expect(await cellsOf('1\t\t 2 \t"\t"\n\t3\t4\t', 4, { delimiter: '\t' })).toEqual([
      ['1', '', '2', '\t'],
      ['', '3', '4', ''],
    ])
    expect(await cellsOf('1||2 || "||" ||', 4, { delimiter: '||' })).toEqual([['1', '2', '||', '']])
    expect(await cellsOf('a|b||c', 2, { delimiter: '||' })).toEqual([['a|b', 'c']])
    expect(await cellsOf('1¦«2¦««3«', 2, { delimiter: '¦', quote: '«' })).toEqual([['1', '2¦«3']])
  })

  it('takes quotes for characters like any other where there are none', async () => {
    expect(await cellsOf('5" disk,"x"\n",y', 2, { quote: '' })).toEqual([
      ['5" disk', '"x"'],
      ['"', 'y'],
    ])
  })

  it('passes over lines at the beginning, whatever they hold', async () => {
    const text = '"made by"" x\r\n\r\n\na\n1'
    for (const chunks of [[text], text.split('')]) {
      expect(await cellsOf(chunks, 1, { skipLines: 2 })).toEqual([['a'], ['1']])
      await expect(all(Dataset.fromCsv(chunks, { skipLines: 2, features: ['b'] }))).rejects.toThrow(
        'unknown column "b"',
      )
      await expect(all(Dataset.fromCsv(chunks, { skipLines: 2, header: false }))).rejects.toThrow('line 4, column')
    }
  })

  it('puts names in the place of the header, and passes over lines before it', async () => {
    const text = 'made on Monday, by "us\n\nx,x,\n1,2,\n3,4,\n'
    const options = { skipLines: 1, header: ['a', 'b', 'c'], features: ['b'], target: 'a' }
    expect(await read(text, { ...options, replaceHeader: true })).toEqual([
      [row(2), 1],
      [row(4), 3],
    ])
    expect(await read(text, { ...options, skipLines: 3 })).toEqual([
      [row(2), 1],
      [row(4), 3],
    ])
  })

  it('takes columns with one name, or none, by their numbers', async () => {
    const text = ',a,b,a,\n7,1,2,3,\n8,4,5,6,\n'
    expect(await read(text, { features: [1, 3], target: 'b' })).toEqual([
      [row(1, 3), 2],
      [row(4, 6), 5],
    ])
    expect(
      await read(text, {
        features: [0],
        converters: { 0: (cell) => -Number(cell), 3: (cell) => -Number(cell) },
        target: 3,
      }),
    ).toEqual([
      [row(-7), -3],
      [row(-8), -6],
    ])
    expect(await read(',a,b,\n7,1,2,\n', { target: 'b' })).toEqual([[row(1), 2]])
  })

  it('takes rows that end in empty cells too many, or lack those of columns without a name', async () => {
    expect(await read('a,b\n1,2,,\n3,4\n')).toEqual([row(1, 2), row(3, 4)])
    expect(await read('a,b,,\n1,2\n3,4,\n')).toEqual([row(1, 2), row(3, 4)])
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'foo'])('takes columns named %s', async (name) => {
    Object.defineProperty(Object.prototype, 'foo', { value: 1, enumerable: true, configurable: true, writable: true })
    try {
      const text = `${name},b\n1,2\n`
      expect(await read(text)).toEqual([row(1, 2)])
      expect(await read(text, { target: 'b' })).toEqual([[row(1), 2]])
      expect(await read(text, { target: name })).toEqual([[row(2), 1]])
      const converters = { [name]: (cell: string) => 10 * Number(cell) }
      expect(await read(text, { features: ['b', name], converters })).toEqual([row(2, 10)])
      expect(await read('1,2\n', { header: [name, 'b'], features: [name] })).toEqual([row(1)])
      await expect(read('a,b\n1,2\n', { target: name })).rejects.toThrow(`unknown column "${name}"`)
      await expect(read('a,b\n1,2\n', { converters })).rejects.toThrow(`unknown column "${name}"`)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'foo')
    }
  })

  it('reads decimal numbers as JavaScript writes them, and with a comma', async () => {
    expect(await read('a\n-1.5e+3\n+.5\n5.\n007\n1E2\n" 3 "\n1e-60\n-.25\n-0\n')).toEqual(
      [-1500, 0.5, 5, 7, 100, 3, 0, -0.25, -0].map((value) => row(value)),
    )
    const options = { delimiter: ';', decimal: ',', dtypes: { target: 'int32' }, target: 'b' } as const
    expect(await read('a;b\n-1,5e2;7\n3;"8"\n', options)).toEqual([
      [row(-150), { data: Int32Array.of(7), shape: [] }],
      [row(3), { data: Int32Array.of(8), shape: [] }],
    ])
  })

  it('reads decimal fractions of any length as JavaScript does', async () => {
    const random = Array.from({ length: 2000 }, (_, i) => (Math.sin(i) * 10 ** ((i % 9) - 3)).toFixed(i % 17))
    const cells = [...random, '.1', '0.3', '8.41', '-123456.7890123', '9007199254740993', '0.1000000000000000055511']
    const samples = await all(Dataset.fromCsv([cells.join('\n')], { header: false }))
    expect(samples).toEqual(cells.map((cell) => row(Number(cell))))
  })

  it('rounds to float32, and keeps every digit of int32', async () => {
    const text = 'a,b\n16777217,2147483647\n'
    expect(await read(text, { target: 'a' })).toEqual([[row(2147483648), 16777216]])
    expect(await read(text, { dtypes: { features: 'int32' } })).toEqual([Int32Array.of(16777217, 2147483647)])
  })

  it('leaves out rows with missing cells, or puts a number in their place', async () => {
    const text = 'a,b,c\n1,2,x\n,4,x\nNA,6,x\n7,?,x\n9\n-99.0,3,x\n11,12\n'
    const options = { features: ['a'], target: 'b', missingValues: ['?', -99] }
    expect(await read(text, { ...options, onMissing: 'skip' })).toEqual([
      [row(1), 2],
      [row(11), 12],
    ])
    expect(await read(text, { ...options, onMissing: -1 })).toEqual([
      [row(1), 2],
      [row(-1), 4],
      [row(-1), 6],
      [row(7), -1],
      [row(9), -1],
      [row(-1), 3],
      [row(11), 12],
    ])
    const filtered = Dataset.fromCsv(file(text), { ...options, onMissing: Number.NaN }).filter(
      ([x, y]) => !x.some(Number.isNaN) && !Number.isNaN(y),
    )
    expect(await all(filtered)).toEqual([
      [row(1), 2],
      [row(11), 12],
    ])
  })

  it('asks converters about missing cells only where nothing else is done about them', async () => {
    const seen: string[] = []
    const converters = {
      sex: (cell: string) => {
        seen.push(cell)
        return ['female', 'male', ''].indexOf(cell) < 0 ? Number.NaN : cell.length
      },
    }
    const text = 'sex,y\nmale,1\n"",2\nfemale,3\n'
    expect(await read(text, { converters, target: 'y' })).toEqual([
      [row(4), 1],
      [row(0), 2],
      [row(6), 3],
    ])
    expect(seen.splice(0)).toEqual(['male', '', 'female'])
    expect(await read(`${text}m,4\nNA,5\n`, { converters, target: 'y', onMissing: 'skip' })).toEqual([
      [row(4), 1],
      [row(6), 3],
    ])
    expect(seen).toEqual(['male', 'female', 'm'])
  })

  it('reads UTF-8, UTF-16 with a byte-order mark, and encodings that are named', async () => {
    const text = 'größe,b\n1,2\n'
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), utf16, Buffer.from(utf16).swap16()]) {
      expect(await read(bytes, { target: 'größe' })).toEqual([[row(2), 1]])
      const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
      expect(await all(Dataset.fromCsv(single, { target: 'größe' }))).toEqual([[row(2), 1]])
    }
    for (const encoding of ['latin1', 'windows-1252'])
      expect(await read(Buffer.from(text, 'latin1'), { target: 'größe', encoding })).toEqual([[row(2), 1]])
    expect(await read(Buffer.from(text, 'utf16le'), { target: 'größe', encoding: 'utf-16le' })).toEqual([[row(2), 1]])
    expect(await all(Dataset.fromCsv(['\ufeff', text], { target: 'größe' }))).toEqual([[row(2), 1]])
  })

  it('reads a table of 100,000 columns in time linear in their number', async () => {
    const columns = 100_000
    const text = `${Array.from({ length: columns }, (_, i) => `gene${i}`).join()}\n${'1,'.repeat(columns - 1)}2\n`
    const [sample] = await all(Dataset.fromCsv([text], { target: `gene${columns - 1}` }))
    const [x, y] = sample as [Float32Array, number]
    expect([x.length, y]).toEqual([columns - 1, 2])
    const features = Array.from({ length: columns }, (_, i) => `gene${columns - 1 - i}`)
    const converters = Object.fromEntries(features.map((name) => [name, Number]))
    const [turned] = await all(Dataset.fromCsv([text], { features, target: features, converters }))
    expect((turned as [Float32Array])[0][0]).toBe(2)
  }, 10_000)

  it('takes time linear in a line, or a cell, that comes in many chunks', async () => {
    const chunk = '1,'.repeat(1 << 15)
    const [x] = await all(
      Dataset.fromCsv([...Array.from({ length: 32 }, () => chunk), '1'], { header: false }).map((x) => x.length),
    )
    expect(x).toBe((32 << 15) + 1)
    const quoted = await cellsOf(['"', ...Array.from({ length: 100 }, () => `${chunk}\n`), '"'], 1)
    expect(quoted[0]?.[0]).toHaveLength(100 * (chunk.length + 1))
  }, 20_000)

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
    ['a quote inside a cell', 'a,b\n1,2"x"\n', {}, /line 2 has a quote inside a cell, behind "2";.*quote: ''/],
    ['text behind a quote', 'a,b\n1,"2"3\n', {}, /line 2 goes on behind a closing quote; .*quote: ''/],
    [
      'text behind a quote that other lines open',
      '1\n\n"2\n3" z\n',
      { header: false },
      /line 4, of a row that begins on line 3, goes on behind a closing quote/,
    ],
    [
      'a quote that is never closed',
      'a\n1\n\n"2\n3\n',
      {},
      /the row that begins on line 4 has a quote that is never closed/,
    ],
    ...[
      '0x10',
      '0b11',
      '0o7',
      '0X1f',
      '-0x1',
      'Infinity',
      '-Infinity',
      '1_000',
      '1,5',
      '1 2',
      '٣',
      '-',
      '.',
      '-.',
      '1.2.3',
    ].map((cell): [string, string, CsvOptions, RegExp] => [
      `${cell} for a number`,
      `a;b\n1;${cell}\n`,
      { delimiter: ';' },
      /line 2, column "b": ".*" is not a finite number/,
    ]),
    ['a comma where a point parts the fraction', 'a;b\n1;2,5\n', { delimiter: ';' }, /give decimal: ','/],
    ['a point where a comma does', 'a;b\n1;2.5\n', { delimiter: ';', decimal: ',' }, /"2.5" is not a finite number/],
    ['another delimiter', 'a;b\n1;2\n', {}, /give delimiter: ";"/],
    ['a blank for a number', 'a,b\n1," "\n', {}, /line 2, column "b": " " is missing; give onMissing/],
    [
      'a missing value by a number',
      'a\n1\n-200.0\n',
      { missingValues: [-200] },
      /line 3, column "a": "-200.0" is missing/,
    ],
    [
      'two columns of one name as a target',
      'a,b,a\n1,2,3\n',
      { features: ['b'], target: 'a' },
      /named "a".*\[0\] or \[2\]/,
    ],
    [
      'a header in place of which names are given',
      'a,b\n1,2\n',
      { header: ['u', 'v'] },
      /line 1.*give replaceHeader: true/,
    ],
    ['a header where there is to be none', 'a,b\n1,2\n', { header: false }, /line 1.*leave header: false out/],
    [
      'a header of another width',
      'a,b\n1,2\n',
      { header: ['u'], replaceHeader: true },
      /line 1 has 2 cells in place of 1/,
    ],
    ['an empty file', '', {}, /data\.csv: is empty/],
    ['a file of empty lines', '\n\n,,\n', {}, /is empty/],
    ['a file without a header or rows', '\n', { header: false }, /is empty/],
    ['a header by itself', 'a,b\n', {}, /has no rows below its header/],
    ['more lines to skip than there are', 'a\n1\n', { skipLines: 2 }, /is empty, skipLines being 2/],
    [
      'a file of which no row is whole',
      'a,b\n1,\n,2\n',
      { onMissing: 'skip' },
      /each of its rows, 2, has a missing cell/,
    ],
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
    await expect(read('a;b\n1;2\n', { target: 'b' })).rejects.toThrow(/unknown column "b".*give delimiter: ";"/)
    await expect(read('1,2\n', { header: ['', ''] })).rejects.toThrow(
      /no column for x.*has 2 without a name, to be given by number/,
    )
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

  it('what is no text, saying what to do', async () => {
    const cases: [Uint8Array, RegExp][] = [
      [Buffer.from('a\n1\n', 'utf16le'), /zero bytes.*encoding: 'utf-16le'/],
      [Buffer.from('größe\n1\n', 'latin1'), /no utf-8 text.*encoding: 'windows-1252'/],
      [gzipSync('a\n1\n'), /compressed by gzip.*createGunzip/],
      [Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31) % 256), /zero bytes|no utf-8 text/],
      [Buffer.from([0x61, 0xc3]), /no utf-8 text/],
    ]
    for (const [bytes, message] of cases)
      await expect(read(bytes)).rejects.toMatchObject({ code: 'ERR_FORMAT', message: expect.stringMatching(message) })
  })

  it('folders, and texts in the place of paths', async () => {
    const cases: [string, RegExp][] = [
      [folder, /cannot be read: EISDIR/],
      ['a,b\n1,2\n', /cannot be read: ENOENT.*give it in a list: \[text\]/],
      [`a,b\n${'1,2\n'.repeat(1e5)}`, /cannot be read: ENAMETOOLONG.*give it in a list: \[text\]/],
      ['https://example.org/a.csv', /cannot be read: ENOENT.*\(await fetch\(url\)\)\.body/],
    ]
    for (const [path, message] of cases) {
      const failing = all(Dataset.fromCsv(path)).catch((error: unknown) => error)
      expect(await failing).toMatchObject({ code: 'ERR_FORMAT', message: expect.stringMatching(message) })
      expect(((await failing) as Error).message.length).toBeLessThan(500)
    }
  })

  it('chunks that are neither text nor bytes', async () => {
    for (const chunks of [[1], ['a\n', null], [{ a: 1 }], [new ArrayBuffer(4)]])
      await expect(all(Dataset.fromCsv(chunks as string[]))).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining('must give texts or bytes'),
      })
  })

  it('huge cells, of which it shows the beginning', async () => {
    const huge = 'x'.repeat(10_000_000)
    const tables: [string, CsvOptions][] = [
      [`a,b\n1,${huge}\n`, {}],
      [`a,b\n1,"${huge}\n"\n`, {}],
      [`a,b\n1,${huge}"\n`, {}],
      [`a,b\n1,"2"${huge}\n`, {}],
      [`a,${huge}\n1,\n`, {}],
      [`${huge},${huge}\n1,2\n`, {}],
      [`a,${huge}\n1,2\n`, { target: 'b' }],
      [`a,${huge}\n1,2\n`, { target: `${huge}y` }],
      [`a,b\n1,${huge}\n`, { converters: { b: () => Number.NaN } }],
      [`a,b\n1,${huge}\n`, { converters: { b: (cell) => cell as never } }],
      [`a,b\n1,1${huge}\n`, { dtypes: { features: 'int32' } }],
      [`a,b\n1,${'1'.repeat(1_000_000)}x\n`, {}],
    ]
    for (const [text, options] of tables) {
      const error = (await read(text, options).catch((error: unknown) => error)) as Error
      expect(error).toMatchObject({ name: 'MyelinError' })
      expect(error.message.length).toBeLessThan(800)
      expect(error.message).not.toMatch(/x{81}/)
    }
  })

  it('tables of many columns without listing them', async () => {
    const text = `${Array.from({ length: 50_000 }, (_, i) => `gene${i}`).join()}\n1\n`
    await expect(read(text, { target: 'gen5' })).rejects.toThrow(/unknown column "gen5"\. Did you mean.*49980 more/)
    const { message } = (await read(text, { target: 'gen5' }).catch((error: unknown) => error)) as Error
    expect(message.length).toBeLessThan(500)
  })

  it('with the source closed', async () => {
    const cases: [string, CsvOptions][] = [
      ['a,b\n1,x\n', {}],
      ['a,b\n1,2"\n', {}],
      ['a,b\n1\n', {}],
      ['a,b\n1,\n', {}],
      ['a,a\n1,2\n', {}],
      ['a,b\n1,2\n', { target: 'c' }],
      ['a,b\n1,2\n', { header: ['a'], target: 'c' }],
      ['a,b\n\0\n', {}],
    ]
    for (const [text, options] of cases) {
      let closed = 0
      const source = function* () {
        try {
          for (;;) yield text
        } finally {
          closed++
        }
      }
      const stream = Readable.from(source())
      const file = createReadStream(import.meta.filename)
      for (const given of [source, source(), stream])
        await expect(all(Dataset.fromCsv(given, options))).rejects.toThrow()
      await expect(all(Dataset.fromCsv(file, options))).rejects.toThrow()
      await expect.poll(() => [closed, stream.destroyed, file.closed], { timeout: 10_000 }).toEqual([3, true, true])
    }
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
      { converters: null },
      { converters: [Number] },
      { dtypes: { x: 'float32' } },
      { dtypes: { target: 'bool' } },
      { features: [-1] },
      { features: [{}] },
      { target: [] },
      { target: null },
      { header: [] },
      { replaceHeader: true },
      { header: ['a'], replaceHeader: 1 },
      { skipLines: -1 },
      { delimiter: '\n' },
      { delimiter: /\s+/ },
      { delimiter: '\\s+' },
      { delimiter: 'a"b' },
      { quote: null },
      { decimal: '' },
      { decimal: ',' },
      { decimal: '1', delimiter: ';' },
      { encoding: 'utf-9' },
      { onMissing: 'drop' },
      { onMissing: Number.POSITIVE_INFINITY },
      { onMissing: Number.NaN, dtypes: { features: 'int32' } },
      { onMissing: -1, dtypes: { target: 'uint8' } },
      { missingValues: 'NA' },
      { missingValues: [null] },
      { converters: Object.create(() => 1) },
    ])
      expect(failure(() => Dataset.fromCsv('x.csv', options as CsvOptions))).toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining('[Dataset.fromCsv]'),
      })
    for (const source of [3, null, {}, '', 'a\0b', new URL('https://example.org/a.csv')])
      expect(failure(() => Dataset.fromCsv(source as never))).toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining('[Dataset.fromCsv]'),
      })
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
