import { wrong } from '../core/check.js'
import { show } from '../core/show.js'
import type { Logs } from './assessment.js'
import { isTerminal, TerminalLine } from './terminal-line.js'

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
export function makeReporter(verbose: Verbosity, epochs: number, steps: number | undefined): Reporter {
  checkVerbosity('fit', verbose)
  if (verbose === 0) return silent
  return verbose !== 2 && isTerminal() ? barReporter(epochs, steps) : lineReporter(epochs)
}

/** Tells the user how one pass through the data goes. */
export interface PassReporter {
  /** Called now and then. @param step the number of steps that are done */
  progress(step: number, logs?: () => Logs): void
  end(steps: number, logs?: Logs): void
  /** However the pass ends. */
  close(): void
}

/**
 * Of `evaluate` and `predict`. 0: nothing. 1: a progress bar on a terminal, elsewhere as 2. 2: a line in the end. `auto`: on a terminal a
 * bar if it takes more than two seconds, which then goes; else nothing.
 * @param steps of the pass, where that is known
 */
export function makePassReporter(where: string, verbose: Verbosity, steps: number | undefined): PassReporter | null {
  if (verbose === 0 || (verbose === 'auto' && !isTerminal())) return null
  const line = new TerminalLine()
  const drawing = verbose !== 2 && isTerminal()
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  return {
    progress(step, logs = () => ({})) {
      if (!drawing || !line.due || (verbose === 'auto' && seconds() < patience)) return
      line.draw(barLine(where, step, steps, pace(step, steps, seconds()), logs(), process.stdout.columns))
    },
    end(done, logs = {}) {
      if (verbose === 'auto') return
      const [time, rate] = [formatSeconds(seconds()), formatRate(seconds() / Math.max(1, done))]
      if (drawing) line.leave(resultLine(where, done, `${time}  ${rate}`, logs, process.stdout.columns))
      else process.stdout.write(`${[where, `${done} steps`, time, ...formatted(logs)].join('  ')}\n`)
    },
    close: () => line.clear(),
  }
}

/** Seconds for which nobody wonders. */
const patience = 2

/** @throws MyelinError ERR_ARGUMENT */
export function checkVerbosity(where: string, verbose: unknown): void {
  if (![0, 1, 2, 'auto'].includes(verbose as Verbosity))
    throw wrong(where, `verbose must be 0, 1, 2 or 'auto', got ${show(verbose)}`)
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

/** One bar an epoch, whose last state stays as its result; that of an epoch that does not end goes. */
function barReporter(epochs: number, known: number | undefined): Reporter {
  const line = new TerminalLine()
  // Of a stream the first epoch says how many steps the others will have.
  let [steps, name, began] = [known, '', 0]
  const draw = (step: number, logs: Logs): void => {
    const elapsed = (performance.now() - began) / 1000
    line.draw(barLine(name, step, steps, pace(step, steps, elapsed), logs, process.stdout.columns))
  }
  return {
    epochBegin(epoch) {
      name = title(epoch, epochs)
      began = performance.now()
      draw(0, {})
    },
    progress(step, logs) {
      if (line.due) draw(step, logs())
    },
    epochEnd(_epoch, done, seconds, logs) {
      steps ??= done
      const time = `${formatSeconds(seconds)}  ${formatRate(seconds / Math.max(1, done))}`
      line.leave(resultLine(name, done, time, logs, process.stdout.columns))
    },
    close: () => line.clear(),
  }
}

/** How long it still takes, as far as that can be told, and how long a step does. */
function pace(step: number, steps: number | undefined, seconds: number): string {
  if (step === 0) return ''
  const rate = seconds / step
  const eta = steps === undefined || steps <= step ? [] : [`ETA ${formatSeconds(rate * (steps - step))}`]
  return [...eta, formatRate(rate)].join('  ')
}

/**
 * A line with a bar that is shorter than the terminal is wide: the bar shrinks first, then the last figures are left out.
 * @param total undefined where it is not known
 * @param columns of the terminal; 80 where it does not say
 */
export function barLine(
  name: string,
  value: number,
  total: number | undefined,
  time: string,
  logs: Logs,
  columns = 80,
): string {
  // A full line would wrap in some terminals.
  const room = (columns || 80) - 1
  const figures = formatted(logs)
  const text = (): string => lineOf(name, value, total, [time, ...figures], room)
  while (figures.length > 0 && text().length > room) figures.pop()
  return text().slice(0, room)
}

/** The line that stays: all figures are on it, and where it is longer than the terminal is wide it wraps. */
export const resultLine = (name: string, steps: number, time: string, logs: Logs, columns = 80): string =>
  lineOf(name, steps, steps, [time, ...formatted(logs)], (columns || 80) - 1)

/** Name, bar and what else there is; the bar takes the room that is left, within its limits. */
function lineOf(
  name: string,
  value: number,
  total: number | undefined,
  parts: readonly string[],
  room: number,
): string {
  const tail = [`${value}/${total ?? '?'}`, ...parts].filter((part) => part !== '').join('  ')
  const size = Math.max(leastBar, Math.min(mostBar, room - name.length - tail.length - 4))
  const done = total === undefined || total === 0 ? 0 : Math.round(size * Math.min(1, value / total))
  return `${name}  ${'━'.repeat(done)}${' '.repeat(size - done)}  ${tail}`
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

function formatSeconds(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** Seconds a step. */
function formatRate(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(1)} s/step`
  const milliseconds = seconds * 1000
  return `${milliseconds >= 10 ? milliseconds.toFixed(0) : milliseconds.toPrecision(2)} ms/step`
}
