/**
 * A line on a terminal that is written over and over. The cursor and line wrapping stay as they are, so that nothing has to be put right
 * whatever ends the process; where Ctrl-C does, or `process.exit`, the line is ended first, and the prompt has one of its own.
 */
export class TerminalLine {
  private shown = false
  private drawn = Number.NEGATIVE_INFINITY

  /** Whether it is time to draw again: ten times a second are enough. */
  get due(): boolean {
    return performance.now() - this.drawn >= interval
  }

  /** @param text shorter than the terminal is wide: a wrapped line cannot be written over */
  draw(text: string): void {
    process.stdout.write(`\r${text}${eraseRest}`)
    this.shown = true
    this.drawn = performance.now()
    watch(this)
  }

  /** Puts a text, of any length, in the place of the line, to stay. */
  leave(text: string): void {
    this.clear()
    process.stdout.write(`${text}\n`)
  }

  /** Takes the line away. */
  clear(): void {
    if (this.shown) process.stdout.write(`\r${eraseRest}`)
    this.shown = false
    this.drawn = Number.NEGATIVE_INFINITY
    unwatch(this)
  }

  /** Leaves the line as it is; what is drawn next begins another. */
  end(): void {
    if (this.shown) process.stdout.write('\n')
    this.shown = false
  }
}

/** Whether a line can be written over. */
export const isTerminal = (): boolean => process.stdout.isTTY === true && process.env.TERM !== 'dumb'

/** Milliseconds from one drawing to the next, at least. */
const interval = 100
const eraseRest = '\x1b[K'

/** The lines that may be on the screen. */
const lines = new Set<TerminalLine>()

const endAll = (): void => {
  for (const line of lines) line.end()
}

function watch(line: TerminalLine): void {
  if (lines.size === 0) {
    listen()
    process.on('exit', endAll)
  }
  lines.add(line)
}

function unwatch(line: TerminalLine): void {
  lines.delete(line)
  if (lines.size > 0) return
  process.off('SIGINT', interrupted)
  process.off('exit', endAll)
}

/** Before all others, so that those that are called once still count. */
const listen = (): void => void process.prependListener('SIGINT', interrupted)

/**
 * Ctrl-C ends the lines, and then does what it would without us: the program's own handlers are called, which see none of ours beside
 * them, or if there are none the signal ends the process.
 */
function interrupted(): void {
  endAll()
  process.off('SIGINT', interrupted)
  if (process.listenerCount('SIGINT') === 0) process.kill(process.pid, 'SIGINT')
  else
    setImmediate(() => {
      if (lines.size > 0) listen()
    })
}
