import { mkdir, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { checkAbove, checkWhole, wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { isPlainObject } from '../core/kinds.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import type { State } from '../tensor/state.js'
import type { Callback } from '../train/callbacks/callback.js'
import type { RunKeeper, RunMoment } from '../train/run-keeper.js'
import { temporarySuffix } from './atomic-file.js'
import { readState, writeState } from './state-file.js'

export interface BackupAndRestoreOptions {
  /** The folder of the checkpoints, of this run alone; it is made if it is not there. */
  dir: string
  /** When one is written: after each epoch, so many steps (a number by itself is steps), or so many seconds. Default 'epoch'. */
  every?: 'epoch' | number | { steps: number } | { seconds: number }
  /** How many are kept: a whole number from 1. Default 2, so that where one is damaged the one before is there. */
  keep?: number
}

const where = 'backupAndRestore'

/** The callback that {@link backupAndRestore} makes. */
export class BackupAndRestore implements Callback {
  /** @internal */
  readonly everySteps: number | undefined
  /** @internal */
  dueAt: number | undefined
  private readonly dir: string
  private readonly seconds: number | undefined
  private readonly most: number
  /** The names of files that cannot be read: they do not count, and stay for whoever can. */
  private readonly unreadable = new Set<string>()
  /** The checkpoint that is being written; null: none is. */
  private writing: Promise<void> | null = null

  constructor(options: BackupAndRestoreOptions) {
    checkOptions(options, ['dir', 'every', 'keep'], where)
    const { dir, every = 'epoch', keep = 2 } = options
    if (typeof dir !== 'string' || dir === '') throw wrong(where, `dir must be the path of a folder, got ${show(dir)}`)
    this.dir = dir
    this.most = checkWhole(where, 'keep', keep)
    const { steps, seconds } = checkEvery(every)
    this.everySteps = steps
    this.seconds = seconds
  }

  /** @internal */
  get keeper(): RunKeeper {
    return this
  }

  /** @internal */
  async begin(): Promise<State | null> {
    this.setDue()
    const { dir } = this
    try {
      await mkdir(dir, { recursive: true })
      for (const name of await readdir(dir)) if (name.endsWith(temporarySuffix)) await unlink(join(dir, name))
    } catch (error) {
      throw new MyelinError('ERR_FORMAT', `[${where}] ${dir} cannot be written: ${(error as Error).message}`, {
        cause: error,
      })
    }
    for (const name of await this.checkpoints()) {
      try {
        return await readState(where, join(dir, name))
      } catch (error) {
        if (!(error instanceof MyelinError) || error.code !== 'ERR_FORMAT') throw error
        this.unreadable.add(name)
        warn(`${error.message}. The checkpoint before it is taken, if there is one`)
      }
    }
    return null
  }

  /** @internal */
  wants({ step, ended }: RunMoment): boolean {
    if (ended) return true
    const due = this.dueAt !== undefined && performance.now() >= this.dueAt
    const wanted = due || this.everySteps !== undefined || (this.seconds === undefined && step === 0)
    // A disk that is slower than that misses some.
    return wanted && this.writing === null
  }

  /** @internal */
  async keep(state: State, { steps, ended }: RunMoment): Promise<void> {
    await this.writing
    this.setDue()
    this.writing = this.write(state, steps).finally(() => {
      this.writing = null
    })
    if (ended) await this.writing
  }

  async onTrainEnd(): Promise<void> {
    await this.writing
  }

  /** Writes a checkpoint, and when it is there removes the oldest. A disk that cannot take it does not end the run. */
  private async write(state: State, steps: number): Promise<void> {
    const { dir, most } = this
    try {
      const written = `${prefix}${String(steps).padStart(12, '0')}${suffix}`
      await writeState(where, join(dir, written), state)
      this.unreadable.delete(written)
      const readable = (await this.checkpoints()).filter((name) => !this.unreadable.has(name))
      for (const name of readable.slice(most)) await unlink(join(dir, name))
    } catch (error) {
      warn(`${(error as Error).message}. The run goes on; the checkpoints before are as they were`)
    } finally {
      state.dispose()
    }
  }

  /** The names of those that there are, the newest first. */
  private async checkpoints(): Promise<string[]> {
    const names = await readdir(this.dir)
    return names
      .filter((name) => pattern.test(name))
      .sort()
      .reverse()
  }

  private setDue(): void {
    if (this.seconds !== undefined) this.dueAt = performance.now() + 1000 * this.seconds
  }
}

/**
 * Writes checkpoints of a run of `fit`, from which the same program goes on by itself, as if it had not been ended: to the same bits of
 * the weights and the same history, wherever it was, within an epoch too. One is written also where a run ends by its signal, at
 * its end, and by an early stop: begun again, it resolves at once. It holds all that changes in a run: weights, the optimizer's state,
 * its rate or schedule, random streams and their seed, the place in the data, totals, history, and the states of callbacks (those with
 * `state()` and `restore(state)`). It is copied between two steps, in one native call, and written beside training.
 *
 * ```ts
 * await model.fit(x, y, { epochs: 100, callbacks: [callbacks.backupAndRestore({ dir: 'run-7' })] })
 * ```
 *
 * Model, optimizer, losses, metrics, data (arrays by their hash), options and kinds of callbacks must be those of the run that wrote
 * it, and the machine one that computes the same bits; only `epochs` may be more. An iterable of one's own is read again up to where it
 * was, and must give the same: one that draws numbers that are not this library's is not brought back, unless it has `state()` and
 * `restore(state)`, after which an iterator goes on with the pass that was under way.
 * @throws MyelinError ERR_ARGUMENT for a wrong option; when the run begins, ERR_FORMAT for a folder that cannot be written, and
 *   ERR_ARGUMENT where what the checkpoint is of differs, by name. A damaged checkpoint gives a warning (MYELIN_CHECKPOINT), and the one
 *   before is taken
 */
export const backupAndRestore = (options: BackupAndRestoreOptions): BackupAndRestore => new BackupAndRestore(options)

const prefix = 'checkpoint-'
const suffix = '.safetensors'
const pattern = /^checkpoint-\d{12,}\.safetensors$/

function checkEvery(every: NonNullable<BackupAndRestoreOptions['every']>): { steps?: number; seconds?: number } {
  if (every === 'epoch') return {}
  if (typeof every === 'number') return { steps: checkWhole(where, 'every', every) }
  if (isPlainObject(every)) {
    checkOptions(every, ['steps', 'seconds'], `${where}: every`)
    const { steps, seconds } = every as { steps?: number; seconds?: number }
    if (steps !== undefined && seconds === undefined) return { steps: checkWhole(where, 'every.steps', steps) }
    if (seconds !== undefined && steps === undefined) return { seconds: checkAbove(where, 'every.seconds', seconds, 0) }
  }
  throw wrong(where, `every must be 'epoch', a number of steps, { steps } or { seconds }, got ${show(every)}`)
}

const warn = (what: string): void => process.emitWarning(what, { code: 'MYELIN_CHECKPOINT' })
