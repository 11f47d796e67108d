import { MyelinError } from '../core/error.js'
import { isThenable } from '../core/kinds.js'
import { Dataset, type RowBatches } from '../data/dataset.js'
import { iterate } from '../data/iterate.js'
import { type BatchData, type BatchIterable, isBatchIterable, isBatchList } from '../data/source.js'
import { add, permutation, slice } from '../ops/index.js'
import { arange, createFrom } from '../tensor/creation.js'
import { nextCall, streams } from '../tensor/random.js'
import { tidy } from '../tensor/scope.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Batch, type GivenSamples, type Layout, SampleSet } from './sample-set.js'
import { takeOver } from './take-over.js'

/**
 * Steps that can run one after the other without coming back: batches of equal size, taken from the samples by the row numbers
 * in `order`, or where that is null the one batch that the samples are.
 */
export interface Segment extends Batch {
  readonly order: Tensor | null
  /** Samples a step. */
  readonly batch: number
  /** The number of the first step, by which the order is entered. */
  readonly first: number
  readonly steps: number
  /** Frees what was made for it. */
  dispose(): void
}

/** One way through the data. */
export interface Pass {
  /** The next steps, at most so many; null at the end. Only asynchronous sources give a promise. */
  next(most: number): Segment | null | Promise<Segment | null>
  /**
   * Ends it, wherever it is.
   * @param quietly whether errors of the source are passed over and nothing is waited for
   */
  close(quietly?: boolean): void | Promise<void>
}

/** Where batches come from. */
export interface BatchSource {
  /** The shapes of one sample's inputs, where they are known before the first batch. */
  readonly sampleShapes: readonly Shape[] | undefined
  /** The batches of one pass, where that is known. */
  readonly steps: number | undefined
  /** Begins a pass from the start. @param number counts the passes from 0; with it a seed gives the order */
  pass(number: number): Pass
  /** Frees the tensors that were made of the caller's arrays. */
  dispose(): void
}

/** The order of the samples: as they come, or shuffled anew in each pass, under a seed of its own or the global one. */
export type Shuffle = false | { seed?: number }

/** Which rows of data in memory a pass takes, and in what order. */
export interface RowOrder {
  readonly samples: number
  /** The numbers of the rows, int32 [samples]. @param number counts the passes */
  draw(number: number): Tensor
}

/** Rows of data in memory, in batches; the last one may be smaller. */
export class MemorySource implements BatchSource {
  readonly samples: number
  readonly steps: number
  readonly sampleShapes: readonly Shape[]

  /** @param rows default all of them, as they come */
  constructor(
    private readonly data: SampleSet,
    private readonly batchSize: number,
    private readonly rows: RowOrder = rowRange(0, data.size),
  ) {
    this.samples = rows.samples
    this.steps = Math.ceil(this.samples / batchSize)
    this.sampleShapes = sampleShapesOf(data)
  }

  pass(number: number): Pass {
    const { inputs, targets, weights } = this.data
    const { batchSize, samples } = this
    const order = this.rows.draw(number)
    const whole = Math.floor(samples / batchSize)
    let done = 0
    return {
      next: (most) => {
        const first = done
        if (first < whole) {
          const steps = Math.min(most, whole - first)
          done += steps
          return { inputs, targets, weights, order, batch: batchSize, first, steps, dispose() {} }
        }
        const rest = samples - whole * batchSize
        if (first > whole || rest === 0) return null
        done++
        const last = slice(order, whole * batchSize)
        return { inputs, targets, weights, order: last, batch: rest, first: 0, steps: 1, dispose: () => last.dispose() }
      },
      close: () => order.dispose(),
    }
  }

  dispose(): void {
    this.data.dispose()
  }
}

/** Rows `begin` to `end`. */
export function rowRange(begin: number, end: number, shuffle: Shuffle = false): RowOrder {
  const samples = end - begin
  const draw = (number: number): Tensor =>
    tidy(() => {
      if (shuffle === false) return arange(begin, end, 1, { dtype: 'int32' })
      const { seed } = shuffle
      const call = seed === undefined ? nextCall(streams.shuffle) : number
      const drawn = permutation(samples, { seed, stream: streams.shuffle, call })
      return begin === 0 ? drawn : add(drawn, begin)
    })
  return { samples, draw }
}

/** Batches that an iterable gives. A pass takes a new iterator; what is not an iterator itself so begins afresh. */
class IterableSource implements BatchSource {
  readonly sampleShapes = undefined
  readonly steps: number | undefined

  constructor(
    private readonly batches: BatchIterable,
    private readonly layout: Layout,
    private readonly where: string,
  ) {
    this.steps = Array.isArray(batches) ? batches.length : batches instanceof Dataset ? batches.size : undefined
    if (batches instanceof Dataset) batches.requireBatches(where)
  }

  pass(number: number): Pass {
    const { batches, layout, where } = this
    const iteration = iterate(batches instanceof Dataset ? batches.pass(number) : batches, where)
    const accept = ({ done, value }: IteratorResult<BatchData>): Segment | null =>
      done === true ? null : takeOver(batches, value, () => toSegment(value, layout, where))
    return {
      next() {
        const result = iteration.next()
        return isThenable(result) ? result.then(accept) : accept(result)
      },
      close: (quietly) => iteration.close(quietly),
    }
  }

  dispose(): void {}
}

function toSegment(data: BatchData, layout: Layout, where: string): Segment {
  if (!Array.isArray(data) || data.length < 2 || data.length > 3)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] each batch of an iterable must be an array: [x, y] or [x, y, sampleWeight]`,
    )
  const [x, y, sampleWeight] = data as BatchData
  const set = SampleSet.ofBatch({ x, y, sampleWeight }, layout, `${where}: a batch`)
  const { inputs, targets, weights, size } = set
  return { inputs, targets, weights, order: null, batch: size, first: 0, steps: 1, dispose: () => set.dispose() }
}

/** What gives batches in the place of x and y; null for data in memory. */
export function batchesOf({ x, y }: GivenSamples, layout: Layout): BatchIterable | null {
  if (isBatchIterable(x, layout.inputNames.length > 1)) return x
  return y === undefined && isBatchList(x) ? x : null
}

/** What data in memory is cut into, unless the user says so. */
export const defaultBatchSize = 32

/**
 * Data as the user gives it, in order, in batches.
 * @param batchSize as the user gave it, if so
 * @throws MyelinError ERR_ARGUMENT for an iterable of batches beside what it brings itself: y, weights, a size
 */
export async function openSource(
  given: GivenSamples,
  layout: Layout,
  batchSize: number | undefined,
  where: string,
): Promise<BatchSource> {
  const batches = batchesOf(given, layout)
  if (batches === null) return new MemorySource(await SampleSet.of(given, layout, where), batchSize ?? defaultBatchSize)
  refuseBeside(given, where)
  if (batchSize !== undefined)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] an iterable brings batches of its own size, batchSize ${batchSize} would change nothing; leave it out, ` +
        'and size the batches where they are made, as by dataset.batch(n)',
    )
  const rows = given.x instanceof Dataset ? given.x.rowBatches : null
  if (rows !== null && rows.whole.length > 1) return openRows(rows, layout, where)
  return new IterableSource(batches, layout, where)
}

/** Batches of a Dataset that are rows of tensors, as data in memory. */
async function openRows(
  { whole: [x, y, sampleWeight], batchSize, samples, order }: RowBatches,
  layout: Layout,
  where: string,
): Promise<BatchSource> {
  const data = await SampleSet.of({ x, y, sampleWeight }, layout, where)
  const draw = (number: number): Tensor => {
    const rows = order(number)
    return createFrom(rows, [rows.length], 'int32')
  }
  return new MemorySource(data, batchSize, { samples, draw })
}

function refuseBeside({ y, sampleWeight }: GivenSamples, where: string): void {
  const beside = y !== undefined ? 'y' : sampleWeight !== undefined ? 'sampleWeight' : undefined
  if (beside !== undefined)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] an iterable gives batches [x, y] or [x, y, sampleWeight]; leave the argument ${beside} out`,
    )
}

/** The shapes of one sample's inputs. */
export const sampleShapesOf = ({ inputs }: Batch): Shape[] => inputs.map(({ shape }) => shape.slice(1))
