import { MyelinError } from '../core/error.js'
import { isThenable } from '../core/kinds.js'
import type { BatchSource, Pass, Segment } from './batches.js'

/**
 * The steps of one epoch after the other. Without `stepsPerEpoch` an epoch is one pass through the source; with it, it is that
 * many batches, and the next epoch goes on where it ended, over as many passes as it takes.
 */
export class Feed {
  private current: Pass | null = null
  private passes: number
  private step = 0
  private empty = true
  private ended = false

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

  async beginEpoch(): Promise<void> {
    this.step = 0
    if (this.stepsPerEpoch === undefined) await this.close(false)
    this.current ??= this.open()
  }

  /** The epoch's next steps, at most so many; null at its end. */
  next(most: number): Segment | null | Promise<Segment | null> {
    const left = (this.stepsPerEpoch ?? Number.POSITIVE_INFINITY) - this.step
    if (left === 0) return null
    this.current ??= this.open()
    const segment = this.current.next(Math.min(most, left))
    return isThenable(segment) ? segment.then((value) => this.accept(value, most)) : this.accept(segment, most)
  }

  /**
   * Ends the pass at work, and begins no other, whatever is still to come.
   * @param quietly whether errors of the source are passed over and nothing is waited for
   */
  async end(quietly: boolean): Promise<void> {
    this.ended = true
    await this.close(quietly)
  }

  private async close(quietly: boolean): Promise<void> {
    const { current } = this
    this.current = null
    await current?.close(quietly)
  }

  private accept(segment: Segment | null, most: number): Segment | null | Promise<Segment | null> {
    if (segment !== null) {
      this.step += segment.steps
      this.empty = false
      return segment
    }
    if (this.ended) return null
    if (this.empty) throw new MyelinError('ERR_ARGUMENT', exhausted(this.passes))
    if (this.stepsPerEpoch === undefined) return null
    return this.close(false).then(() => this.next(most))
  }

  private open(): Pass {
    this.empty = true
    return this.source.pass(this.passes++)
  }
}

function exhausted(passes: number): string {
  return passes <= 1
    ? '[fit] there are no samples'
    : '[fit] the iterable gave no more batches: a generator is read once; give an object whose iterator begins afresh, or fewer steps'
}
