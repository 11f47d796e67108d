import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { layers, ones, sequential, zeros } from '../../lib/index.js'
import { barLine, makePassReporter, makeReporter, resultLine } from '../../lib/train/progress.js'
import { bundleUrl } from '../helpers/child.js'

const { isTTY, columns } = process.stdout
const { TERM } = process.env

/** What a terminal would be sent. */
async function onTerminal(use: () => Promise<void>, { width = 80, term = 'xterm' } = {}): Promise<string> {
  process.stdout.isTTY = true
  process.stdout.columns = width
  process.env.TERM = term
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

/** The lines that a terminal shows then, were it wide enough. */
function shown(text: string): string[] {
  const lines = ['']
  let cursor = 0
  for (const [i, part] of text.split('\x1b[K').entries()) {
    let line = lines.pop() as string
    // What is behind the cursor is erased; it stands behind what was written last.
    if (i > 0) line = line.slice(0, cursor)
    for (const letter of part) {
      if (letter === '\n') {
        lines.push(line)
        line = ''
      }
      if (letter === '\n' || letter === '\r') cursor = 0
      else line = line.slice(0, cursor) + letter + line.slice(++cursor)
    }
    lines.push(line)
  }
  return lines
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
      const reporter = makeReporter('auto', 1, 10)
      reporter.epochBegin(0)
      reporter.progress(5, () => logs)
      reporter.epochEnd(0, 10, 1.5, logs)
      reporter.close()
    })
    expect(text.split('\n')).toHaveLength(2)
    expect(text).toMatch(
      /Epoch 1\/1 {2}━+ {2}10\/10 {2}1\.5 s {2}150 ms\/step {2}loss 0\.1234 {2}accuracy 0\.9876.*\n$/,
    )
  })

  it('leaves no line behind when the epoch does not end', async () => {
    const text = await onTerminal(async () => {
      const reporter = makeReporter(1, 1, 10)
      reporter.epochBegin(0)
      reporter.progress(5, () => logs)
      reporter.close()
      reporter.close()
    })
    expect(text).not.toContain('\n')
  })

  it('is none without a terminal, or on one that cannot write over a line', async () => {
    const epoch = async (): Promise<void> => {
      const reporter = makeReporter('auto', 1, 10)
      reporter.epochBegin(0)
      reporter.progress(5, () => logs)
      reporter.epochEnd(0, 10, 1.5, logs)
      reporter.close()
    }
    const line = 'Epoch 1/1  10 steps  1.5 s  loss 0.1234  accuracy 0.9876  val_loss 0.2345  val_accuracy 0.8765\n'
    expect(await onTerminal(epoch, { term: 'dumb' })).toBe(line)
  })
})

describe('the line of a finished epoch', () => {
  it('has every figure, however narrow the terminal is, and wraps', async () => {
    for (const width of [20, 60, 80, 200]) {
      const text = await onTerminal(
        async () => {
          const reporter = makeReporter(1, 1, 10)
          reporter.epochBegin(0)
          reporter.epochEnd(0, 10, 12.6, logs)
          reporter.close()
        },
        { width },
      )
      expect(shown(text)[0]).toContain(
        '10/10  13 s  1.3 s/step  loss 0.1234  accuracy 0.9876  val_loss 0.2345  val_accuracy 0.8765',
      )
    }
    expect(resultLine('Epoch 1/1', 3, '150 s', {}, 200)).toBe(`Epoch 1/1  ${'━'.repeat(24)}  3/3  150 s`)
  })

  it('is the one that a terminal of 80 columns gets from fit', async () => {
    const text = await onTerminal(async () => {
      const model = sequential({ layers: [layers.dense({ units: 3, activation: 'softmax', inputShape: [2] })] })
      const metrics = ['accuracy', 'sparseCategoricalAccuracy'] as const
      model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics })
      await model.fit(ones([100, 2]), zeros([100]), { validationSplit: 0.1 })
    })
    expect(shown(text)).toEqual([
      expect.stringMatching(
        /^Epoch 1\/1 .* ms\/step {2}loss .* accuracy .* sparse\w+ .* val_loss .* val_accuracy .* val_sparse\w+ [01]\.\d{4}$/,
      ),
      '',
    ])
  })
})

describe('the bar of an epoch at work', () => {
  it('tells how long it still takes, and a step', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const text = await onTerminal(async () => {
        const reporter = makeReporter(1, 1, 100)
        reporter.epochBegin(0)
        vi.advanceTimersByTime(2000)
        reporter.progress(40, () => logs)
        // Too soon for another drawing, or for the figures to be read.
        reporter.progress(41, () => expect.fail('not due'))
        vi.advanceTimersByTime(98_000)
        reporter.progress(50, () => ({}))
        reporter.epochEnd(0, 100, 200, {})
      })
      expect(text).toContain('40/100  ETA 3.0 s  50 ms/step  loss 0.1234')
      expect(text).toContain('50/100  ETA 1 min 40 s  2.0 s/step')
      expect(text).toContain('100/100  3 min 20 s  2.0 s/step\n')
    } finally {
      vi.useRealTimers()
    }
  })

  it('of a stream knows its length from the second epoch on', async () => {
    const text = await onTerminal(async () => {
      const reporter = makeReporter(1, 2, undefined)
      reporter.epochBegin(0)
      reporter.epochEnd(0, 7, 1, {})
      reporter.epochBegin(1)
      reporter.close()
    })
    expect(text).toMatch(/1\/2 +0\/\?/)
    expect(text).toMatch(/7\/7 {2}1\.0 s/)
    expect(text).toMatch(/2\/2 +0\/7/)
  })
})

describe('evaluate and predict', () => {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  const run = (verbose?: 0 | 1 | 2 | 'auto') => async (): Promise<void> => {
    await model.evaluate(ones([100, 2]), ones([100, 1]), { verbose })
    await model.predict(ones([100, 2]), { verbose })
  }

  it('show a bar where it is asked for', async () => {
    const text = await onTerminal(run(1))
    expect(text).toMatch(/evaluate {2}━+ {2}4\/4 {2}[\d.]+ s {2}[\d.]+ ms\/step {2}loss [\d.]+\n/)
    expect(text).toMatch(/predict {2}━+ {2}4\/4 {2}[\d.]+ s {2}[\d.]+ ms\/step\n$/)
  })

  it('a line where there is no terminal, or that is asked for', async () => {
    const lines = /^evaluate {2}4 steps {2}[\d.]+ s {2}loss [\d.]+\npredict {2}4 steps {2}[\d.]+ s\n$/
    expect(await onTerminal(run(1), { term: 'dumb' })).toMatch(lines)
    expect(await onTerminal(run(2))).toMatch(lines)
  })

  it('nothing by default, as long as it does not take long', async () => {
    for (const verbose of [undefined, 'auto', 0] as const) expect(await onTerminal(run(verbose))).toBe('')
  })

  it('a bar that goes in the end, where it does', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const text = await onTerminal(async () => {
        const reporter = makePassReporter('evaluate', 'auto', 100)
        vi.advanceTimersByTime(1900)
        reporter?.progress(40, () => logs)
        vi.advanceTimersByTime(200)
        reporter?.progress(42, () => logs)
        reporter?.end(100, logs)
        reporter?.close()
      })
      expect(text).toMatch(/^\revaluate {2}━+ +42\/100 {2}ETA 2\.9 s {2}50 ms\/step {2}loss 0\.1234/)
      expect(shown(text)).toEqual([''])
    } finally {
      vi.useRealTimers()
    }
  })

  it('refuse other values by name', async () => {
    await expect(model.evaluate(ones([1, 2]), ones([1, 1]), { verbose: 3 as 2 })).rejects.toThrow(
      "[evaluate] verbose must be 0, 1, 2 or 'auto', got 3",
    )
    await expect(model.predict(ones([1, 2]), { verbose: 'yes' as 'auto' })).rejects.toThrow(
      '[predict] verbose must be 0, 1, 2 or \'auto\', got "yes"',
    )
  })
})

/** A program in a terminal of its own, in which Ctrl-C is pressed while a bar is shown. */
function interrupt(handler: string): Promise<{ lines: string[]; status: number | null }> {
  const body = `
    ${handler}
    const { showBar } = await import(${JSON.stringify(bundleUrl)})
    await showBar(() => globalThis.ended)
    console.log('went on')`
  const script = `exec node --input-type=module --eval '${body.replaceAll("'", `'"'"'`)}'`
  const child: ChildProcess = spawn('script', ['-qec', script, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } })
  return new Promise((resolve) => {
    let text = ''
    let pressed = false
    child.stdout?.on('data', (chunk) => {
      text += String(chunk)
      if (!pressed && text.includes('50/100')) {
        pressed = true
        child.stdin?.write('\x03')
      }
    })
    child.on('close', (status) => {
      // Neither line wrapping nor the cursor was switched off.
      expect(text.includes('\x1b[?7l') || text.includes('\x1b[?25l')).toBe(false)
      resolve({ lines: shown(text.replaceAll('\r\n', '\n')), status })
    })
  })
}

describe.runIf(process.platform === 'linux' && existsSync('/usr/bin/script'))('Ctrl-C in a terminal', () => {
  const bar = expect.stringMatching(/^Epoch 1\/1 {2}━+ +50\/100 .*\^C$/)

  it('ends the program by the signal, and the line', async () => {
    const { lines, status } = await interrupt('')
    expect(lines).toEqual([bar, ''])
    expect(status).toBe(130)
  })

  it.each(['once', 'on', 'prependOnceListener'])(
    "calls the program's own handler, by %s, and lets the run go on",
    async (how) => {
      const { lines, status } = await interrupt(
        `process.${how}('SIGINT', () => { console.log('mine'); setTimeout(() => { globalThis.ended = true }, 200) })`,
      )
      expect(lines).toEqual([bar, 'mine', 'went on', ''])
      expect(status).toBe(0)
    },
  )

  it('leaves a line of its own to a handler that ends the program', async () => {
    const { lines, status } = await interrupt("process.on('SIGINT', () => process.exit(3))")
    expect(lines).toEqual([bar, ''])
    expect(status).toBe(3)
  })
})
