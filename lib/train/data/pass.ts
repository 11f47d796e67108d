import { wrong } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { isThenable } from '../../core/kinds.js'
import { Dataset } from '../../data/dataset.js'
import { disposeElement } from '../../data/element.js'
import { type Iteration, iterate } from '../../data/iterate.js'
import type { OrderDraws } from '../../data/random-source.js'
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
  /**
   * Passes over steps, before the first that is asked for.
   * @throws MyelinError ERR_ARGUMENT if there are fewer
   */
  skip(steps: number): void | Promise<void>
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
  step = 0

  /** @param order the numbers of the rows, int32; the pass's own from now on */
  constructor(
    readonly number: number,
    private readonly data: SampleSet,
    private readonly order: Tensor,
    private readonly batchSize: number,
  ) {
    this.whole = Math.floor(order.size / batchSize)
    this.rest = order.size - this.whole * batchSize
  }

  skip(steps: number): void {
    const all = this.whole + Math.sign(this.rest)
    if (steps > all) throw tooFew(all, steps)
    this.step = steps
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

/** Batches that an iterable gives: a new iterator. */
export class IterablePass implements Pass {
  step = 0
  private readonly iteration: Iteration<BatchData>

  /**
   * @param draws those of a Dataset's orders
   * @param skips whether the iterable begins behind the steps that are passed over by itself, having been brought there
   */
  constructor(
    readonly number: number,
    private readonly batches: BatchIterable,
    private readonly layout: Layout,
    private readonly where: string,
    draws: OrderDraws,
    private readonly skips: boolean,
  ) {
    this.iteration = iterate(batches instanceof Dataset ? batches.pass(number, draws) : batches, where)
  }

  /** Batches that are passed over are read, and freed. */
  async skip(steps: number): Promise<void> {
    if (this.skips) this.step = steps
    for (; this.step < steps; this.step++) {
      const { done, value } = await this.iteration.next()
      if (done === true) throw tooFew(this.step, steps)
      if (this.batches instanceof Dataset) disposeElement(value)
    }
  }

  next(): Segment | null | Promise<Segment | null> {
    const result = this.iteration.next()
    return isThenable(result) ? result.then((arrived) => this.accept(arrived)) : this.accept(result)
  }

  close(quietly?: boolean): void | Promise<void> {
    return this.iteration.close(quietly)
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

  skip(steps: number): void | Promise<void> {
    return this.current.skip(steps)
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

const tooFew = (there: number, wanted: number): MyelinError =>
  wrong(
    'fit',
    `the data gives ${there} batches a pass, and the run that goes on had taken ${wanted}: give the same data`,
  )

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
