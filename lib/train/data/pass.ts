import { MyelinError } from '../../core/error.js'
import { isThenable } from '../../core/kinds.js'
import { Dataset } from '../../data/dataset.js'
import { disposeElement } from '../../data/element.js'
import { type Iteration, iterate } from '../../data/iterate.js'
import type { BatchData, BatchIterable } from '../../data/source.js'
import { slice } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Layout, SampleSet } from './sample-set.js'
import { batchSegment, owningBatch, type Segment } from './segment.js'

/** One way through the data of a source. */
export interface Pass {
  /** Which of the source's passes it is, from 0; with it a seed gives the order. */
  readonly number: number
  /** Which of its steps comes next, from 0. */
  readonly step: number
  /** The next steps, at most so many; null at the end. Only asynchronous sources give a promise. */
  next(most: number): Segment | null | Promise<Segment | null>
  /**
   * Ends it, wherever it is.
   * @param quietly whether errors of the source are passed over and nothing is waited for
   */
  close(quietly?: boolean): void | Promise<void>
}

/** Rows of data in memory in batches, of which the last one may be smaller. */
export class RowsPass implements Pass {
  /** The batches of full size. */
  private readonly whole: number
  private readonly rest: number

  /** @param order the numbers of the rows, int32; the pass's own from now on */
  constructor(
    readonly number: number,
    public step: number,
    private readonly data: SampleSet,
    private readonly order: Tensor,
    private readonly batchSize: number,
  ) {
    this.whole = Math.floor(order.size / batchSize)
    this.rest = order.size - this.whole * batchSize
  }

  next(most: number): Segment | null {
    const { inputs, targets, weights } = this.data
    const { order, batchSize, whole, rest, step: first } = this
    if (first < whole) {
      const steps = Math.min(most, whole - first)
      this.step += steps
      return { inputs, targets, weights, order, batch: batchSize, first, steps, dispose() {} }
    }
    if (first > whole || rest === 0) return null
    this.step++
    const last = slice(order, whole * batchSize)
    return { inputs, targets, weights, order: last, batch: rest, first: 0, steps: 1, dispose: () => last.dispose() }
  }

  close(): void {
    this.order.dispose()
  }
}

/** Batches that an iterable gives: a new iterator, which is read past the steps before the first. */
export class IterablePass implements Pass {
  step = 0
  private readonly iteration: Iteration<BatchData>

  constructor(
    readonly number: number,
    private readonly first: number,
    private readonly batches: BatchIterable,
    private readonly layout: Layout,
    private readonly where: string,
  ) {
    this.iteration = iterate(batches instanceof Dataset ? batches.pass(number) : batches, where)
  }

  next(): Segment | null | Promise<Segment | null> {
    for (;;) {
      const result = this.iteration.next()
      if (isThenable(result)) return this.later(result)
      if (!this.skips(result)) return this.accept(result)
    }
  }

  close(quietly?: boolean): void | Promise<void> {
    return this.iteration.close(quietly)
  }

  private async later(coming: Promise<IteratorResult<BatchData>>): Promise<Segment | null> {
    let result = await coming
    while (this.skips(result)) result = await this.iteration.next()
    return this.accept(result)
  }

  /** Whether a batch comes before the first step, and was passed over. */
  private skips({ done, value }: IteratorResult<BatchData>): boolean {
    if (done === true || this.step >= this.first) return false
    if (this.batches instanceof Dataset) disposeElement(value)
    this.step++
    return true
  }

  private accept({ done, value }: IteratorResult<BatchData>): Segment | null {
    if (done === true) return null
    const segment = owningBatch(this.batches, value, () => batchSegment(value, this.layout, this.where))
    this.step++
    return segment
  }
}

/** The passes of a source one after the other, as one that has no end. */
export class EndlessPass implements Pass {
  private current: Pass
  private closed = false

  /** @param open makes a pass by its number */
  constructor(
    private readonly open: (number: number) => Pass,
    number: number,
  ) {
    this.current = open(number)
  }

  get number(): number {
    return this.current.number
  }

  get step(): number {
    return this.current.step
  }

  /** @throws MyelinError ERR_ARGUMENT if a pass gives nothing */
  next(most: number): Segment | null | Promise<Segment | null> {
    const segment = this.current.next(most)
    return isThenable(segment) ? segment.then((value) => this.accept(value, most)) : this.accept(segment, most)
  }

  close(quietly?: boolean): void | Promise<void> {
    this.closed = true
    return this.current.close(quietly)
  }

  private accept(segment: Segment | null, most: number): Segment | null | Promise<Segment | null> {
    if (segment !== null || this.closed) return segment
    refuseEmpty(this.current)
    return this.goOn(most)
  }

  private async goOn(most: number): Promise<Segment | null> {
    const { number } = this
    await this.current.close()
    if (this.closed) return null
    this.current = this.open(number + 1)
    return this.next(most)
  }
}

/** Refuses a pass that has ended without a step. @throws MyelinError ERR_ARGUMENT */
export function refuseEmpty({ number, step }: Pass): void {
  if (step === 0)
    throw new MyelinError(
      'ERR_ARGUMENT',
      number === 0
        ? '[fit] there are no samples'
        : '[fit] the iterable gave no more batches: a generator is read once; give an object whose iterator begins afresh, or fewer steps',
    )
}
