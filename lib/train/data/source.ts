import { MyelinError } from '../../core/error.js'
import { Dataset, type RowBatches } from '../../data/dataset.js'
import { type BatchIterable, isBatchIterable, isBatchList } from '../../data/source.js'
import { add, permutation } from '../../ops/index.js'
import { arange, createFrom } from '../../tensor/creation.js'
import { nextCall, streams } from '../../tensor/random.js'
import { tidy } from '../../tensor/scope.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Borrowed, type GivenSamples } from './borrowed.js'
import { IterablePass, type Pass, RowsPass } from './pass.js'
import { type Layout, SampleSet } from './sample-set.js'
import { sampleShapesOf } from './segment.js'

/** Where batches come from. */
export interface Source {
  /** The shapes of one sample's inputs, where they are known before the first batch. */
  readonly sampleShapes: readonly Shape[] | undefined
  /** The batches of one pass, where that is known. */
  readonly steps: number | undefined
  /**
   * Begins a pass.
   * @param number counts the passes from 0; with it a seed gives the order
   * @param step the one that it begins with. Default 0
   */
  pass(number: number, step?: number): Pass
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
export class MemorySource implements Source {
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

  pass(number: number, step = 0): Pass {
    return new RowsPass(number, step, this.data, this.rows.draw(number), this.batchSize)
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

/** Batches that an iterable gives. A pass takes a new iterator, so that all but an iterator itself begins afresh. */
class IterableSource implements Source {
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

  pass(number: number, step = 0): Pass {
    return new IterablePass(number, step, this.batches, this.layout, this.where)
  }

  dispose(): void {}
}

/** The iterable that gives batches in the place of x and y; null for data in memory. */
export function batchesOf({ x, y }: GivenSamples, layout: Layout): BatchIterable | null {
  if (isBatchIterable(x, layout.inputNames.length > 1)) return x
  return y === undefined && isBatchList(x) ? x : null
}

/** The size of the batches that data in memory is cut into, unless the user says so. */
export const defaultBatchSize = 32

/**
 * Data as the user gives it, in order, in batches.
 * @param given the source's own from now on
 * @param batchSize as the user gave it, if so
 * @throws MyelinError ERR_ARGUMENT for an iterable of batches beside what it brings itself: y, weights, a size
 */
export async function openSource(
  given: Borrowed,
  layout: Layout,
  batchSize: number | undefined,
  where: string,
): Promise<Source> {
  const batches = batchesOf(given, layout)
  if (batches === null) return new MemorySource(await SampleSet.of(given, layout, where), batchSize ?? defaultBatchSize)
  given.dispose()
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
): Promise<Source> {
  const data = await SampleSet.of(new Borrowed({ x, y, sampleWeight }), layout, where)
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
