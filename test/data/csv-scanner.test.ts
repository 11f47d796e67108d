import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { CsvScanner } from '../../lib/data/csv-scanner.js'
import { wholeLines } from '../../lib/data/csv-text.js'

const refuse = (what: string): Error => new Error(what)

/** The records of chunks of text or bytes, with the lines on which they begin. */
async function scan(
  chunks: readonly (string | Uint8Array)[],
  { delimiter = ',', quote = '"', skipLines = 0 } = {},
): Promise<{ cells: string[]; line: number }[]> {
  const scanner = new CsvScanner({ delimiter, quote }, skipLines, refuse)
  const records: { cells: string[]; line: number }[] = []
  for await (const text of wholeLines(chunks, 'utf-8', 'the stream')) {
    scanner.feed(text)
    for (let cells = scanner.next(); cells !== null; cells = scanner.next()) records.push({ cells, line: scanner.line })
  }
  scanner.end()
  return records
}

const cellsOf = async (text: string, options = {}): Promise<string[][]> =>
  (await scan([text], options)).map(({ cells }) => cells)

/** Whole numbers from 0 below n, the same at each run. */
function numbers(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

describe('the CSV scanner', () => {
  it('cuts random tables as csv-parse does, wherever their chunks are cut', async () => {
    const random = numbers(7)
    const pick = (choices: readonly string[]): string => choices[random(choices.length)] as string
    const inner = ['a', 'é', '7', ' ', '""', ',', ';', '\n', '\r\n', '\r', '日']
    for (let round = 0; round < 300; round++) {
      const cell = (): string => {
        if (random(3) > 0) return pick(['', '1', 'ab', '-2.5', ' é ', '\t3', 'x y', '日本'])
        return `${pick(['', ' '])}"${Array.from({ length: random(6) }, () => pick(inner)).join('')}"${pick(['', ' ', '\t'])}`
      }
      // csv-parse keeps lines of nothing but delimiters, so each begins with a letter.
      const row = (): string => ['k', ...Array.from({ length: random(4) }, cell)].join()
      const text = Array.from({ length: random(6) + 1 }, () => row() + pick(['\n', '\r\n', '\r', '\n\n'])).join('')
      const whole = random(2) === 0 ? text : text.replace(/[\r\n]+$/, '')
      const expected = parse(whole, {
        trim: true,
        skip_empty_lines: true,
        relax_column_count: true,
        record_delimiter: ['\r\n', '\n', '\r'],
      })
      const bytes = Buffer.from(whole)
      const at = random(bytes.length)
      const chunks = [bytes.subarray(0, at), bytes.subarray(at, at + 1), bytes.subarray(at + 1)]
      for (const given of [[whole], [...whole], chunks])
        expect(
          (await scan(given)).map(({ cells }) => cells),
          JSON.stringify(whole),
        ).toEqual(expected)
    }
  })

  it('ends lines by LF, CRLF and CR in one file, and counts them', async () => {
    const records = await scan(['a\r\n1\n\r"2\r\n\n3"\r4\r', '\n5'])
    expect(records.map(({ cells, line }) => [cells[0], line])).toEqual([
      ['a', 1],
      ['1', 2],
      ['2\r\n\n3', 4],
      ['4', 7],
      ['5', 8],
    ])
  })

  it('passes over empty lines, blank ones and those of nothing but delimiters, but not a quoted nothing', async () => {
    expect(await cellsOf('a,b\n\n  \t\n,\n , \n"",\n1,2')).toEqual([
      ['a', 'b'],
      ['', ''],
      ['1', '2'],
    ])
  })

  it('takes a single space for runs of spaces and tabs', async () => {
    expect(await cellsOf('  1  2\t \t"a b" \n\n\t3 ""\t4', { delimiter: ' ' })).toEqual([
      ['1', '2', 'a b'],
      ['3', '', '4'],
    ])
  })

  it('takes tabs one by one, delimiters of several characters, and of any script', async () => {
    expect(await cellsOf('1\t\t 2 \t"\t"', { delimiter: '\t' })).toEqual([['1', '', '2', '\t']])
    expect(await cellsOf('1||2 || "||" ||', { delimiter: '||' })).toEqual([['1', '2', '||', '']])
    expect(await cellsOf('a|b||c', { delimiter: '||' })).toEqual([['a|b', 'c']])
    expect(await cellsOf('1¦«2¦3«', { delimiter: '¦', quote: '«' })).toEqual([['1', '2¦3']])
  })

  it('takes quotes for characters like any other where there are none', async () => {
    expect(await cellsOf('5" disk,"x"\n"', { quote: '' })).toEqual([['5" disk', '"x"'], ['"']])
  })

  it('passes over lines at the beginning, whatever they hold', async () => {
    const records = await scan(['"made by"" x\r', '\n', '\r\na\n1'], { skipLines: 2 })
    expect(records).toEqual([
      { cells: ['a'], line: 3 },
      { cells: ['1'], line: 4 },
    ])
    expect(await scan(['a\nb'], { skipLines: 3 })).toEqual([])
  })

  it('names the lines of a quote out of place', async () => {
    await expect(scan(['a\n5" disk\n'])).rejects.toThrow(/line 2 has a quote inside the cell "5\\" disk".*quote: ''/)
    await expect(scan(['a\n"x\ny" z\n'])).rejects.toThrow(
      /line 3 goes on with "z" behind a closing quote, which line 2 opens,/,
    )
    await expect(scan(['a\n\n"x\n', '1\n2\n'])).rejects.toThrow(/quote that line 3 opens is never closed/)
  })

  it('takes time linear in a line that comes in many chunks', async () => {
    const chunk = '1,'.repeat(1 << 15)
    const [{ cells } = { cells: [] }] = await scan(Array.from({ length: 80 }, () => chunk))
    expect(cells).toHaveLength((80 << 15) + 1)
    const quoted = await scan(['"', ...Array.from({ length: 400 }, () => `${chunk}\n`), '"'])
    expect(quoted[0]?.cells[0]).toHaveLength(400 * (chunk.length + 1))
  })
})
