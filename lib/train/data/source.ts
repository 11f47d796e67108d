import { MyelinError } from '../../core/error.js'
import { Dataset, type RowBatches } from '../../data/dataset.js'
import {
  nextShuffle,
  type OrderedPass,
  restoringShuffles,
  type ShuffleOrders,
  shuffleCounts,
} from '../../data/random-source.js'
import { type BatchIterable, isBatchIterable, isBatchList } from '../../data/source.js'
import { add, permutation } from '../../ops/index.js'
import { arange, createFrom } from '../../tensor/creation.js'
import { streams } from '../../tensor/random.js'
import { tidy } from '../../tensor/scope.js'
import type { Shape } from '../../tensor/shape.js'
import { checkState, State, type Stateful, type StateValue } from '../../tensor/state.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Borrowed, type GivenSamples } from './borrowed.js'
import { IterablePass, type Pass, RowsPass } from './pass.js'
import { PassDraws } from './pass-draws.js'
import { type Layout, SampleSet } from './sample-set.js'
import { sampleShapesOf } from './segment.js'

/** Where batches come from. */
export interface Source {
  /** The shapes of one sample's inputs, where they are known before the first batch. */
  readonly sampleShapes: readonly Shape[] | undefined
  /** The batches of one pass, where that is known. */
  readonly steps: number | undefined
  /** Begins a pass. @param number counts the passes from 0; with it a seed gives the order */
  pass(number: number): Pass
  /**
   * All that passes hang on beside the data.
   * @param pass the one that it is in: what it and later ones have drawn is told
   * @param own what {@link own} gave when the next step was still to be taken
   */
  state(pass: number, own?: State): State
  /** Checks a state; what is returned brings it back, for passes that begin then: the first is the one that it was in. */
  restoring(state: State, where: string): () => void
  /** Facts of the data, by which other data is told from it. */
  describe(): Promise<StateValue>
  /** Where an iterable of the user's that tells its state is; undefined for other data. */
  own(): State | undefined
  /** Frees the tensors that were made of the caller's arrays. */
  dispose(): void
}

/** The order of the samples: as they come, or shuffled anew in each pass, under a seed of its own or the global one. */
export type Shuffle = false | { seed?: number }

/** Which rows of data in memory a pass takes, and in what order. */
export interface RowOrder {
  readonly samples: number
  /** The numbers of the rows in a pass, int32 [samples]. */
  draw(pass: OrderedPass): Tensor
  /** Those that a Dataset's stages shuffle into. */
  readonly shuffled?: readonly ShuffleOrders[]
}

/** Rows of data in memory, in batches; the last one may be smaller. */
export class MemorySource implements Source {
  readonly samples: number
  readonly steps: number
  readonly sampleShapes: readonly Shape[]
  private readonly draws = new PassDraws()

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
    const order = this.rows.draw({ gone: number, draws: this.draws.begin(number) })
    return new RowsPass(number, this.data, order, this.batchSize)
  }

  state(pass: number): State {
    return new State({ draws: this.draws.from(pass), shuffled: shuffleCounts(this.rows.shuffled) })
  }

  restoring(state: State, where: string): () => void {
    const draws = this.draws.restoring(state.value('draws'), where)
    const counts = restoringShuffles(this.rows.shuffled, state.value('shuffled'), where)
    return () => {
      draws()
      counts()
    }
  }

  async describe(): Promise<StateValue> {
    const { data, samples, batchSize } = this
    return { samples, batchSize, ...((await data.describe()) as object) }
  }

  own(): undefined {}

  dispose(): void {
    this.data.dispose()
  }
}

/** Rows `begin` to `end`. */
export function rowRange(begin: number, end: number, shuffle: Shuffle = false): RowOrder {
  const samples = end - begin
  const draw = ({ gone, draws }: OrderedPass): Tensor =>
    tidy(() => {
      if (shuffle === false) return arange(begin, end, 1, { dtype: 'int32' })
      const { seed } = shuffle
      const call = seed === undefined ? draws.next(nextShuffle) : gone
      const drawn = permutation(samples, { seed, stream: streams.shuffle, call })
      return begin === 0 ? drawn : add(drawn, begin)
    })
  return { samples, draw }
}

/** Batches that an iterable gives. A pass takes a new iterator, so that all but an iterator itself begins afresh. */
class IterableSource implements Source {
  readonly sampleShapes = undefined
  readonly steps: number | undefined
  private readonly draws = new PassDraws()
  private readonly orders: readonly ShuffleOrders[]
  /** Whether the iterable was brought to where the next pass is to go on. */
  private brought = false

  constructor(
    private readonly batches: BatchIterable,
    private readonly layout: Layout,
    private readonly where: string,
  ) {
    this.steps = Array.isArray(batches) ? batches.length : batches instanceof Dataset ? batches.size : undefined
    this.orders = batches instanceof Dataset ? batches.orders : []
    if (batches instanceof Dataset) batches.requireBatches(where)
  }

  pass(number: number): Pass {
    const { brought } = this
    this.brought = false
    return new IterablePass(number, this.batches, this.layout, this.where, this.draws.begin(number), brought)
  }

  state(pass: number, own = this.own()): State {
    const state = { draws: this.draws.from(pass), shuffled: shuffleCounts(this.orders) }
    return new State(own === undefined ? state : { ...state, own })
  }

  restoring(state: State, where: string): () => void {
    const { batches } = this
    const draws = this.draws.restoring(state.value('draws'), where)
    const counts = restoringShuffles(this.orders, state.value('shuffled'), where)
    return () => {
      draws()
      counts()
      if (!tellsState(batches)) return
      batches.restore(state.part('own'))
      this.brought = true
    }
  }

  async describe(): Promise<StateValue> {
    return { batches: this.steps ?? null, shuffled: this.orders.length }
  }

  own(): State | undefined {
    const { batches, where } = this
    return tellsState(batches) ? checkState(batches.state(), `${where}: state of the iterable`) : undefined
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
  if (given.x instanceof Dataset) {
    const { rowBatches, orders } = given.x
    if (rowBatches !== null && rowBatches.whole.length > 1) return openRows(rowBatches, orders, layout, where)
  }
  return new IterableSource(batches, layout, where)
}

/** Batches of a Dataset that are rows of tensors, as data in memory. */
async function openRows(
  { whole: [x, y, sampleWeight], batchSize, samples, order }: RowBatches,
  shuffled: readonly ShuffleOrders[],
  layout: Layout,
  where: string,
): Promise<Source> {
  const data = await SampleSet.of(new Borrowed({ x, y, sampleWeight }), layout, where)
  const draw = (pass: OrderedPass): Tensor => {
    const rows = order(pass)
    return createFrom(rows, [rows.length], 'int32')
  }
  return new MemorySource(data, batchSize, { samples, draw, shuffled })
}

/** Whether an iterable of the user's can tell where it is, and be brought there. */
const tellsState = (batches: BatchIterable): batches is BatchIterable & Stateful =>
  !(batches instanceof Dataset) &&
  'state' in batches &&
  typeof batches.state === 'function' &&
  'restore' in batches &&
  typeof batches.restore === 'function'

function refuseBeside({ y, sampleWeight }: GivenSamples, where: string): void {
  const beside = y !== undefined ? 'y' : sampleWeight !== undefined ? 'sampleWeight' : undefined
  if (beside !== undefined)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] an iterable gives batches [x, y] or [x, y, sampleWeight]; leave the argument ${beside} out`,
    )
}
