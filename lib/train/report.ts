import type { SingleBar } from 'cli-progress'
import { MyelinError } from '../native/error.js'
import { show } from '../native/show.js'
import type { Logs } from './assessment.js'

/** 0: nothing. 1 or `auto`: a progress bar on a terminal, elsewhere as 2. 2: a line an epoch. */
export type Verbosity = 0 | 1 | 2 | 'auto'

/** Tells the user how training goes, on standard output. */
export interface Reporter {
  epochBegin(epoch: number): void
  /** Called now and then. @param step the number of steps of the epoch that are done */
  progress(step: number, logs: () => Logs): void
  epochEnd(epoch: number, steps: number, seconds: number, logs: Logs): void
  /** However the run ends. */
  close(): void
}

/**
 * @param epochs the number of the last epoch
 * @param steps the steps of an epoch, where that is known
 */
export async function makeReporter(verbose: Verbosity, epochs: number, steps: number | undefined): Promise<Reporter> {
  switch (verbose) {
    case 0:
      return silent
    case 1:
    case 'auto':
      return isTerminal() ? barReporter(epochs, steps) : lineReporter(epochs)
    case 2:
      return lineReporter(epochs)
    default:
      throw new MyelinError('ERR_ARGUMENT', `[fit] verbose must be 0, 1, 2 or 'auto', got ${show(verbose)}`)
  }
}

const silent: Reporter = { epochBegin() {}, progress() {}, epochEnd() {}, close() {} }

function lineReporter(epochs: number): Reporter {
  return {
    ...silent,
    epochEnd(epoch, steps, seconds, logs) {
      process.stdout.write(`${title(epoch, epochs)}  ${steps} steps  ${formatSeconds(seconds)}  ${formatLogs(logs)}\n`)
    },
  }
}

/** Whether a line can be written over. */
const isTerminal = (): boolean => process.stdout.isTTY === true && process.env.TERM !== 'dumb'

/**
 * One bar an epoch, whose last state stays as its result; that of an epoch that does not end goes. Loaded only here: most
 * programs that import the library show none.
 */
async function barReporter(epochs: number, steps: number | undefined): Promise<Reporter> {
  const { default: cliProgress } = await import('cli-progress')
  let bar: SingleBar | null = null
  let line = ''
  const stop = (): void => {
    bar?.stop()
    bar = null
  }
  return {
    epochBegin(epoch) {
      const name = title(epoch, epochs)
      bar = new cliProgress.SingleBar({
        format: (_options, { value, total }, { time, logs }: Payload) => {
          line = barLine(name, value, total, time, logs, process.stdout.columns)
          return line
        },
        clearOnComplete: true,
        // The cursor and line wrapping stay as they are, so that nothing has to be put right when a signal ends the process.
        gracefulExit: false,
        linewrap: null,
        stream: process.stdout,
      })
      bar.start(steps ?? 0, 0, { time: '', logs: {} })
    },
    progress(step, logs) {
      if (steps === undefined) bar?.setTotal(step)
      bar?.update(step, { time: '', logs: logs() })
    },
    epochEnd(_epoch, done, seconds, logs) {
      bar?.setTotal(done)
      bar?.update(done, { time: formatSeconds(seconds), logs })
      stop()
      process.stdout.write(`${line}\n`)
    },
    close: stop,
  }
}

interface Payload {
  time: string
  logs: Logs
}

/**
 * A line with a bar that is shorter than the terminal is wide: the bar shrinks first, then the last figures are left out.
 * @param columns of the terminal; 80 where it does not say
 */
export function barLine(name: string, value: number, total: number, time: string, logs: Logs, columns = 80): string {
  // A full line would wrap in some terminals.
  const room = (columns || 80) - 1
  const count = `${value}/${total}`
  const figures = formatted(logs)
  const tail = (): string => [count, time, ...figures].filter((part) => part !== '').join('  ')
  const left = (): number => room - name.length - tail().length - 4
  while (figures.length > 0 && left() < leastBar) figures.pop()
  const size = Math.max(leastBar, Math.min(mostBar, left()))
  const done = Math.round(total === 0 ? 0 : size * Math.min(1, value / total))
  return `${name}  ${'━'.repeat(done)}${' '.repeat(size - done)}  ${tail()}`.slice(0, room)
}

const [leastBar, mostBar] = [10, 24]

function title(epoch: number, epochs: number): string {
  return `Epoch ${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`
}

const formatLogs = (logs: Logs): string => formatted(logs).join('  ')

/** The rate is for the history; on a line it would be noise. */
function formatted(logs: Logs): string[] {
  return Object.entries(logs)
    .filter(([name]) => name !== 'learningRate')
    .map(
      ([name, value]) =>
        `${name} ${Math.abs(value) >= 1e-3 || value === 0 ? value.toFixed(4) : value.toExponential(3)}`,
    )
}

const formatSeconds = (seconds: number): string => `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
