import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sgd } from '../../../lib/optim/rules/sgd.js'
import { csvLogger } from '../../../lib/train/callbacks/index.js'
import { TrainingLoop } from '../../../lib/train/training-loop.js'
import { classifier, points } from '../helpers.js'

const { x, y } = points()
const common = { epochs: 3, verbose: 0 } as const
const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })
let folder = ''
let file = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-csv-'))
})
afterAll(() => rm(folder, { recursive: true }))

const read = async (): Promise<string[][]> => {
  const text = await readFile(file, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))
}

it('writes a line an epoch, as it ends', async () => {
  file = join(folder, 'run.csv')
  const lines: number[] = []
  const count = { onEpochEnd: async () => void lines.push((await read()).length) }
  const { history } = await classifier().fit(x, y, { ...common, callbacks: [csvLogger(file), count] })
  expect(lines).toEqual([2, 3, 4])
  const [header, ...rows] = await read()
  expect(header).toEqual(['epoch', 'loss', 'accuracy', 'learningRate'])
  expect(rows.map((row) => row.map(Number))).toEqual(
    [0, 1, 2].map((i) => [i, history.loss?.[i], history.accuracy?.[i], history.learningRate?.[i]]),
  )
})

it('writes anew, or goes on behind what is there', async () => {
  file = join(folder, 'again.csv')
  const model = classifier()
  await model.fit(x, y, { ...common, callbacks: csvLogger(file) })
  await model.fit(x, y, { ...common, callbacks: csvLogger(file) })
  expect((await read()).length).toBe(4)
  await model.fit(x, y, { ...common, initialEpoch: 1, callbacks: csvLogger(file, { append: true }) })
  expect((await read()).map(([epoch]) => epoch)).toEqual(['epoch', '0', '1', '2', '1', '2'])
  file = join(folder, 'new.csv')
  await model.fit(x, y, { ...common, epochs: 1, callbacks: csvLogger(file, { append: true }) })
  expect((await read()).length).toBe(2)
})

it('keeps the columns of the first epoch, and quotes', async () => {
  file = join(folder, 'columns.csv')
  const figures = [
    { 'a;"b"': 1, c: Number.NaN },
    { c: 2, d: 3 },
  ]
  const options = { model: classifier(), optimizer: sgd(), epochs: 2 }
  await new TrainingLoop({ ...options, callbacks: csvLogger(file, { separator: ';' }) }).run((i) => ({ ...figures[i] }))
  const text = 'epoch;"a;""b""";c\n0;1;NaN\n1;NA;2\n'
  expect(await readFile(file, 'utf8')).toBe(text)
  await writeFile(file, text.trimEnd())
  const append = csvLogger(file, { separator: ';', append: true })
  await new TrainingLoop({ ...options, epochs: 1, callbacks: append }).run(() => ({ c: 5, 'a;"b"': 4 }))
  expect(await readFile(file, 'utf8')).toBe(`${text}0;4;5\n`)
})

it('appends to files that others have written: a byte-order mark, CRLF, quoted names, another order', async () => {
  file = join(folder, 'foreign.csv')
  const text = '\ufeff"epoch", b ,"a\r\n""x"""\r\n7,1,2\r\n'
  await writeFile(file, text)
  const figures = { 'a\r\n"x"': 3, b: 4 }
  const options = { model: classifier(), optimizer: sgd(), epochs: 1 }
  const append = csvLogger(file, { append: true })
  await new TrainingLoop({ ...options, callbacks: append }).run(() => figures)
  expect(await readFile(file, 'utf8')).toBe(`${text}0,4,3\n`)
})

it('reads back the names it writes', async () => {
  for (const separator of [',', ';', ' ', '\t']) {
    file = join(folder, 'names.csv')
    const figures = { ' a': 1, 'b\tc': 2, 'd e': 3, 'f\ng"': 4 }
    const run = (append: boolean) =>
      new TrainingLoop({
        model: classifier(),
        optimizer: sgd(),
        epochs: 1,
        callbacks: csvLogger(file, { separator, append }),
      }).run(() => figures)
    await run(false)
    const once = await readFile(file, 'utf8')
    await run(true)
    expect(await readFile(file, 'utf8')).toBe(`${once}${[0, 1, 2, 3, 4].join(separator)}\n`)
  }
})

it('refuses to append to a file of other columns, by their names, and leaves it as it was', async () => {
  file = join(folder, 'narrow.csv')
  const callbacks = () => csvLogger(file, { append: true })
  await writeFile(file, 'epoch,loss,learningRate\n0,1,0.1')
  // The figures are known before the first step where the model knows its shapes.
  let epochs = 0
  const count = { onEpochEnd: () => void epochs++ }
  await expect(classifier().fit(x, y, { ...common, callbacks: [count, callbacks()] })).rejects.toEqual(
    refused(/narrow\.csv" cannot be appended to: this run has figures that it has no column for: accuracy;/),
  )
  expect(epochs).toBe(0)
  const options = { model: classifier(), optimizer: sgd(), epochs: 1 }
  const run = (figures: Record<string, number>) =>
    new TrainingLoop({ ...options, callbacks: callbacks() }).run(() => figures)
  await expect(run({ loss: 1, learningRate: 2, val_loss: 3, f1: 4 })).rejects.toEqual(
    refused(/has no column for: val_loss, f1;/),
  )
  await expect(run({ loss: 1 })).rejects.toEqual(refused(/has columns that this run has no figures for: learningRate;/))
  expect(await readFile(file, 'utf8')).toBe('epoch,loss,learningRate\n0,1,0.1')
  await run({ loss: 1, learningRate: 2 })
  expect(await readFile(file, 'utf8')).toBe('epoch,loss,learningRate\n0,1,0.1\n0,1,2\n')
})

it('is refused by name and value, before the first step where it is the file', async () => {
  expect(() => csvLogger(undefined as never)).toThrow(refused(/path must be a file's name, got undefined/))
  expect(() => csvLogger('a', { separator: ';;' })).toThrow(refused(/separator.*";;"/))
  expect(() => csvLogger('a', { separators: ';' } as never)).toThrow(refused(/"separators"/))
  expect(() => csvLogger('a', { append: 1 as never })).toThrow(refused(/append/))
  const nowhere = csvLogger(join(folder, 'none', 'run.csv'))
  await expect(classifier().fit(x, y, { ...common, callbacks: nowhere })).rejects.toEqual(
    refused(/cannot write to.*ENOENT/),
  )
  file = join(folder, 'other.csv')
  await writeFile(file, 'name,age\n')
  const append = csvLogger(file, { append: true })
  await expect(classifier().fit(x, y, { ...common, callbacks: append })).rejects.toEqual(
    refused(/first column is "name"/),
  )
  await writeFile(file, '"epoch,loss\n')
  await expect(classifier().fit(x, y, { ...common, callbacks: append })).rejects.toEqual(refused(/never closed/))
})
