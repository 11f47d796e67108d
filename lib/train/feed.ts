import { MyelinError } from '../native/error.js'
import type { Batch, BatchSource, Pass } from './batches.js'

/**
 * The batches of one epoch after the other. Without `stepsPerEpoch` an epoch is one pass through the source; with it, it is
 * that many batches, and the next epoch goes on where it ended, over as many passes as it takes.
 */
export class Feed {
  private current: Pass | null = null
  private passes: number
  private step = 0
  private empty = true

  /** @param firstPass the number of the first pass, by which a seed orders it */
  constructor(
    private readonly source: BatchSource,
    private readonly stepsPerEpoch: number | undefined,
    firstPass: number,
  ) {
    this.passes = firstPass
  }

  /** The steps of an epoch, where that is known. */
  get steps(): number | undefined {
    return this.stepsPerEpoch ?? this.source.steps
  }

  beginEpoch(): void {
    this.step = 0
    if (this.stepsPerEpoch === undefined) this.current = null
    this.current ??= this.open()
  }

  /** Moves on to the epoch's next batch; false at its end. */
  advance(): boolean | Promise<boolean> {
    if (this.step === this.stepsPerEpoch) return false
    const more = this.pass.advance()
    return typeof more === 'boolean' ? this.accept(more) : more.then((value) => this.accept(value))
  }

  batch(): Batch {
    return this.pass.batch()
  }

  private accept(more: boolean): boolean | Promise<boolean> {
    if (more) {
      this.step++
      this.empty = false
      return true
    }
    if (this.empty) throw new MyelinError('ERR_ARGUMENT', exhausted(this.passes))
    if (this.stepsPerEpoch === undefined) return false
    this.current = this.open()
    return this.advance()
  }

  private open(): Pass {
    this.empty = true
    return this.source.pass(this.passes++)
  }

  private get pass(): Pass {
    this.current ??= this.open()
    return this.current
  }
}

function exhausted(passes: number): string {
  return passes <= 1
    ? '[fit] there are no samples'
    : '[fit] the iterable gave no more batches: a generator is read once; give an object whose iterator begins afresh, or fewer steps'
}
