import type { SingleBar } from 'cli-progress'
import { MyelinError } from '../native/error.js'
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
      return process.stdout.isTTY ? barReporter(epochs, steps) : lineReporter(epochs)
    case 2:
      return lineReporter(epochs)
    default:
      throw new MyelinError('ERR_ARGUMENT', `[fit] verbose must be 0, 1, 2 or 'auto', got ${String(verbose)}`)
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

/** One bar an epoch, which stays as its result. Loaded only here: most programs that import the library show none. */
async function barReporter(epochs: number, steps: number | undefined): Promise<Reporter> {
  const { default: cliProgress } = await import('cli-progress')
  let bar: SingleBar | null = null
  const stop = (): void => {
    bar?.stop()
    bar = null
  }
  return {
    epochBegin(epoch) {
      bar = new cliProgress.SingleBar({
        format: `${title(epoch, epochs)}  {bar}  {value}/{total}  {time}  {figures}`,
        barCompleteChar: '━',
        barIncompleteChar: ' ',
        barsize: 24,
        hideCursor: true,
        linewrap: false,
        stream: process.stdout,
      })
      bar.start(steps ?? 0, 0, { time: '', figures: '' })
    },
    progress(step, logs) {
      if (steps === undefined) bar?.setTotal(step)
      bar?.update(step, { time: '', figures: formatLogs(logs()) })
    },
    epochEnd(_epoch, done, seconds, logs) {
      bar?.setTotal(done)
      bar?.update(done, { time: formatSeconds(seconds), figures: formatLogs(logs) })
      stop()
    },
    close: stop,
  }
}

function title(epoch: number, epochs: number): string {
  return `Epoch ${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`
}

/** The rate is for the history; on a line it would be noise. */
function formatLogs(logs: Logs): string {
  return Object.entries(logs)
    .filter(([name]) => name !== 'learningRate')
    .map(
      ([name, value]) =>
        `${name} ${Math.abs(value) >= 1e-3 || value === 0 ? value.toFixed(4) : value.toExponential(3)}`,
    )
    .join('  ')
}

const formatSeconds = (seconds: number): string => `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
