import { afterEach, describe, expect, it, vi } from 'vitest'
import { barLine, makeReporter } from '../../lib/train/report.js'

const { isTTY, columns } = process.stdout
const { TERM } = process.env

/** What a terminal would be sent. */
async function onTerminal(use: () => Promise<void>, { width = 80, term = 'xterm' } = {}): Promise<string> {
  process.stdout.isTTY = true
  process.stdout.columns = width
  process.env.TERM = term
  // The bar moves the cursor by these.
  for (const name of ['cursorTo', 'clearLine', 'moveCursor'] as const) process.stdout[name] ??= () => true
  let text = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  try {
    await use()
  } finally {
    write.mockRestore()
  }
  return text
}

afterEach(() => {
  Object.assign(process.stdout, { isTTY, columns })
  if (TERM === undefined) delete process.env.TERM
  else process.env.TERM = TERM
})

const logs = { loss: 0.1234, accuracy: 0.9876, val_loss: 0.2345, val_accuracy: 0.8765, learningRate: 0.001 }

describe('the bar', () => {
  it('fits the terminal, without the last figures where there is no room', () => {
    for (const width of [40, 60, 80, 120, 200]) {
      const line = barLine('Epoch  1/10', 900, 1875, '12 s', logs, width)
      expect(line.length).toBeLessThan(width)
      expect(line).toMatch(/^Epoch {2}1\/10 {2}━+ + 900\/1875/)
    }
    expect(barLine('Epoch 1/10', 1875, 1875, '3.2 s', logs)).toBe(
      `Epoch 1/10  ${'━'.repeat(19)}  1875/1875  3.2 s  loss 0.1234  accuracy 0.9876`,
    )
    expect(barLine('Epoch 1/10', 1, 2, '', logs, 200)).toBe(
      `Epoch 1/10  ${'━'.repeat(12)}${' '.repeat(12)}  1/2  loss 0.1234  accuracy 0.9876  val_loss 0.2345  val_accuracy 0.8765`,
    )
    expect(barLine('Epoch 1/10', 1, 2, '', logs, 8)).toHaveLength(7)
    expect(barLine('Epoch 1/1', 0, 0, '', {}, 0).length).toBeLessThan(80)
  })

  it('stays as the result of its epoch', async () => {
    const text = await onTerminal(async () => {
      const reporter = await makeReporter('auto', 1, 10)
      reporter.epochBegin(0)
      reporter.progress(5, () => logs)
      reporter.epochEnd(0, 10, 1.5, logs)
      reporter.close()
    })
    expect(text.split('\n')).toHaveLength(2)
    expect(text).toMatch(/Epoch 1\/1 {2}━+ {2}10\/10 {2}1\.5 s {2}loss 0\.1234 {2}accuracy 0\.9876.*\n$/)
  })

  it('leaves no line behind when the epoch does not end', async () => {
    const text = await onTerminal(async () => {
      const reporter = await makeReporter(1, 1, 10)
      reporter.epochBegin(0)
      reporter.progress(5, () => logs)
      reporter.close()
      reporter.close()
    })
    expect(text).not.toContain('\n')
  })

  it('is none without a terminal, or on one that cannot write over a line', async () => {
    const epoch = async (): Promise<void> => {
      const reporter = await makeReporter('auto', 1, 10)
      reporter.epochBegin(0)
      reporter.progress(5, () => logs)
      reporter.epochEnd(0, 10, 1.5, logs)
      reporter.close()
    }
    const line = 'Epoch 1/1  10 steps  1.5 s  loss 0.1234  accuracy 0.9876  val_loss 0.2345  val_accuracy 0.8765\n'
    expect(await onTerminal(epoch, { term: 'dumb' })).toBe(line)
  })
})
