import { checkFlag, checkFunction, checkWhole, wrong } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import { listed, show } from '../core/show.js'
import { checkSeed } from '../tensor/random.js'
import { checkState, State, type Stateful } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'
import { type CsvSource, csvSamples } from './csv.js'
import type { CsvColumn } from './csv-columns.js'
import type { CsvOptions } from './csv-options.js'
import type { CsvDType, CsvRow } from './csv-rows.js'
import type { CsvSample } from './csv-samples.js'
import { mapTensors, type Stacked, type StackedPart } from './element.js'
import { type ElementSource, opener } from './iterable.js'
import { prefetch } from './prefetch.js'
import { OrderDraws, type OrderedPass, restoringShuffles, ShuffleOrders, shuffleCounts } from './random-source.js'
import { Reading } from './reading.js'
import { isListOfData, keepTensors, Rows } from './rows.js'
import { isRecord, type ModelData, type ShapedArray } from './source.js'
import type { Pass } from './stages.js'
import * as stages from './stages.js'

/** Inputs, targets and weights by name. */
export interface NamedTensors {
  x: ModelData
  y?: ModelData
  /** One number a sample. Only with y. */
  sampleWeight?: ModelData
}

export interface BatchOptions {
  /** Whether a last batch with fewer samples is left out. Default false. */
  dropRemainder?: boolean
}

export interface ShuffleOptions {
  /**
   * Fixes the orders, of which each pass has its own; with `initialEpoch` those of the epochs before count as given. Default: the
   * next of the global seed, see `setSeed`.
   */
  seed?: number
}

/** Anything. The tuple in it makes TypeScript infer one where an array is written out: [x, y], no array of either. */
type Inferred = [unknown, ...unknown[]] | NonNullable<unknown> | null | undefined

/** Facts about a dataset beside its elements. */
interface Facts {
  /** How many elements a pass gives, where that is known. */
  size?: number
  /** Whether an element is a batch; undefined where only its maker knows. */
  batched?: boolean
  /** The orders of its shuffling stages, from the source on. */
  orders?: readonly ShuffleOrders[]
}

/** Samples in memory, as long as nothing but their order has been asked for. */
interface InMemory<T> {
  rows: Rows
  /** x, and y and sampleWeight as far as there are: a tensor of all rows, or tensors in a list or a record. */
  whole: readonly unknown[]
  /** An element of the parts that a row consists of. */
  assemble: (parts: Tensor[]) => T
}

/** Batches of samples in memory, by the numbers of their rows. */
export interface RowBatches {
  /** x, and y and sampleWeight as far as there are: a tensor of all rows, or tensors in a list or a record. */
  readonly whole: readonly unknown[]
  readonly batchSize: number
  /** How many rows a pass takes. */
  readonly samples: number
  /** The rows of a pass, in order. */
  order(pass: OrderedPass): Int32Array
}

/**
 * A stream of samples or batches, described in stages: `Dataset.fromTensors({ x, y }).shuffle(1000).batch(32)`. Nothing is read
 * before somebody iterates; each iteration begins afresh. `fit`, `evaluate` and `predictStream` take it in the place of x and y,
 * `for await` goes through it by hand. Batches of `fromTensors`, shuffled or not, are trained on and evaluated as the arrays
 * themselves are: gathered natively, many steps a call.
 *
 * A sample is an array [x, y] or [x, y, sampleWeight] of numbers, tensors, typed arrays, `{ data, shape }`, nested arrays of
 * numbers, or arrays and objects of these (several inputs); or one such value by itself, if it is no array.
 *
 * Whoever iterates owns the tensors in the elements: `fit` and its like free each batch when its step has begun, a loop of
 * one's own may `dispose()` of them, else the collector does. Tensors that the source or a `map` function holds stay its own.
 */
export class Dataset<T> implements AsyncIterable<T>, Stateful {
  /** How many elements a pass gives; undefined where that is not known. */
  readonly size: number | undefined
  /** Whether an element is a batch; undefined for an iterable's elements, of which only their maker knows. */
  readonly batched: boolean | undefined
  /** The loop through it that began last and has not ended. */
  private reading: Reading | null = null
  /** Where the next loop begins, if it goes on with one of another time. */
  private goesOnFrom: Reading | null = null
  /** @internal */
  readonly orders: readonly ShuffleOrders[]

  private constructor(
    private readonly open: (pass: Pass) => AsyncGenerator<T, void, undefined>,
    facts: Facts,
    private readonly memory: InMemory<T> | null = null,
    /** Where batches are no more than rows of tensors: these, for whoever gathers them by himself. @internal */
    readonly rowBatches: RowBatches | null = null,
  ) {
    if (typeof open !== 'function' || typeof facts !== 'object' || facts === null)
      throw wrong(
        'Dataset',
        'the constructor is not for users; make one with Dataset.fromTensors, fromIterable or fromCsv',
      )
    this.size = facts.size
    this.batched = facts.batched
    this.orders = facts.orders ?? []
  }

  /**
   * The samples of tensors or arrays in memory, whose first axes count them.
   * @param data { x, y }, [x, y] or [x, y, sampleWeight], each a Tensor, typed array, { data, shape } or nested arrays, or for a model
   *   with several inputs or outputs a record of these by name, or a list of tensors or typed arrays; or { x } for inputs alone. The
   *   caller may dispose of the originals at once.
   * @returns a dataset of samples [x, y], [x, y, sampleWeight] or x: tensors without the first axis, in records and lists like those
   *   given
   * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE if the numbers of samples differ
   */
  static fromTensors<X extends ModelData>(data: { x: X; y?: undefined }): Dataset<StackedPart<X>>
  static fromTensors<X extends ModelData, Y extends ModelData, W extends ModelData>(
    data: readonly [X, Y, W] | { x: X; y: Y; sampleWeight: W },
  ): Dataset<[x: StackedPart<X>, y: StackedPart<Y>, sampleWeight: StackedPart<W>]>
  static fromTensors<X extends ModelData, Y extends ModelData>(
    data: readonly [X, Y] | { x: X; y: Y },
  ): Dataset<[x: StackedPart<X>, y: StackedPart<Y>]>
  static fromTensors(data: readonly ModelData[] | NamedTensors): Dataset<unknown> {
    const where = 'Dataset.fromTensors'
    const parts = partsOf(data, where)
    const tensors: Tensor[] = []
    try {
      const whole = parts.map((part, i) => keepTensors(part, where, partNames[i] as string, tensors))
      checkCounts(tensors, where)
      const element = parts.length > 1 ? whole : whole[0]
      const places = new Map(tensors.map((tensor, i) => [tensor, i]))
      const assemble = (made: Tensor[]): unknown =>
        mapTensors(element, (tensor) => made[places.get(tensor) as number] as Tensor)
      return Dataset.ofRows({ rows: Rows.of(tensors), whole, assemble })
    } catch (error) {
      for (const tensor of tensors) tensor.dispose()
      throw error
    }
  }

  /**
   * The elements of an iterable: samples, to be batched, or batches.
   * @param source an iterable, asynchronous or not, or a function that makes one, which is called at each pass. An iterator or
   *   stream by itself is read once; a second pass is refused.
   * @throws MyelinError ERR_ARGUMENT
   */
  static fromIterable<T>(source: ElementSource<T>): Dataset<T> {
    const where = 'Dataset.fromIterable'
    const make = opener(source, where)
    return new Dataset((pass) => stages.read(make, pass, where), {
      size: Array.isArray(source) ? source.length : undefined,
    })
  }

  /**
   * The rows of a CSV file (RFC 4180), read as they are asked for: a file may be larger than memory. Lines end in LF, CRLF or CR, which
   * in quotes are read as LF. Empty lines, and rows of several cells that are all empty, are passed over. Numbers are decimal: `-1.5e3`,
   * but not `0x10` or `Infinity`.
   *
   * ```ts
   * const titanic = Dataset.fromCsv('titanic.csv', {
   *   features: ['Pclass', 'Sex', 'Age'],
   *   target: 'Survived',
   *   converters: { Sex: (cell) => Number(cell === 'female') },
   *   onMissing: 'skip',
   * })
   * await model.fit(titanic.shuffle(1000).batch(32), { epochs: 10 })
   *
   * // Semicolons, decimal commas, -200 for no value (UCI's AirQuality)
   * Dataset.fromCsv('AirQualityUCI.csv', { delimiter: ';', decimal: ',', features: ['T', 'RH'], target: 'AH', missingValues: [-200] })
   * // Columns by runs of blanks, no header, a question mark for no value (auto-mpg)
   * Dataset.fromCsv('auto-mpg.data', { delimiter: ' ', header: false, features: [1, 3, 4], target: 0, missingValues: ['?'] })
   * ```
   * @param source a path, read afresh at each pass; a stream of text or bytes, which is read once; or a function that makes one,
   *   called at each pass
   * @returns a dataset of samples [x, y], x a typed array of the features, y a number, or { data, shape } where a list of targets is
   *   named or they are not float32; of x alone where no target is named
   * @throws MyelinError ERR_ARGUMENT for wrong options; while iterating ERR_ARGUMENT for a column that is not there, ERR_FORMAT, by
   *   line and column, for what is no number, a missing cell, a row of another width, a quote out of place; for a file that gives no
   *   row, cannot be read or is no text
   */
  static fromCsv<F extends CsvDType = 'float32'>(
    source: CsvSource,
    options?: CsvOptions<F> & { target?: undefined },
  ): Dataset<CsvRow<F>>
  static fromCsv<F extends CsvDType = 'float32'>(
    source: CsvSource,
    options: CsvOptions<F, 'float32'> & { target: CsvColumn },
  ): Dataset<[x: CsvRow<F>, y: number]>
  static fromCsv<F extends CsvDType = 'float32'>(
    source: CsvSource,
    options: CsvOptions<F>,
  ): Dataset<[x: CsvRow<F>, y: number | ShapedArray]>
  static fromCsv(source: CsvSource, options: CsvOptions = {}): Dataset<CsvSample> {
    return new Dataset(csvSamples(source, options), { batched: false })
  }

  /**
   * Puts samples together: each value becomes a row of a tensor [n, …]. Numbers give float32, typed arrays and tensors keep
   * their dtype. Samples in memory are gathered natively.
   * @throws MyelinError ERR_ARGUMENT; while iterating ERR_SHAPE or ERR_DTYPE if samples differ
   */
  batch(size: number, options: BatchOptions = {}): Dataset<Stacked<T>> {
    checkOptions(options, ['dropRemainder'], 'Dataset.batch')
    const { dropRemainder = false } = options
    checkWhole('Dataset.batch', 'the batch size', size)
    checkFlag('Dataset.batch', 'dropRemainder', dropRemainder)
    const count = this.size === undefined ? undefined : this.size / size
    const batches = count && (dropRemainder ? Math.floor(count) : Math.ceil(count))
    const facts = { size: batches, batched: true, orders: this.orders }
    const { memory } = this
    if (memory === null || this.batched === true)
      return new Dataset(
        (pass) => stages.batch(this.open(pass), size, dropRemainder, pass) as AsyncGenerator<Stacked<T>, void>,
        facts,
      )
    const { rows, whole, assemble } = memory
    const samples = dropRemainder ? rows.size - (rows.size % size) : rows.size
    const order = (pass: OrderedPass): Int32Array => rows.order(pass).subarray(0, samples)
    return new Dataset(
      (pass) => stages.readRows(order(pass), size, (picked) => assemble(rows.batch(picked)) as Stacked<T>, pass),
      facts,
      null,
      { whole, batchSize: size, samples, order },
    )
  }

  /**
   * Gives the elements in random order, another one at each pass: each is drawn from a buffer, which the next one then fills
   * up. With a buffer as large as the dataset every order is equally likely. Of samples in memory only numbers are held.
   * @param bufferSize how many elements are held
   */
  shuffle(bufferSize: number, options: ShuffleOptions = {}): Dataset<T> {
    checkOptions(options, ['seed'], 'Dataset.shuffle')
    const capacity = checkWhole('Dataset.shuffle', 'the buffer size', bufferSize)
    const { seed } = options
    if (seed !== undefined) checkSeed(seed, 'Dataset.shuffle')
    const orders = new ShuffleOrders(seed)
    return this.reordered(
      (rows) => rows.shuffle(capacity, orders),
      (pass) => stages.shuffle(this.open(pass), capacity, orders.next(pass), pass),
      { size: this.size, orders: [...this.orders, orders] },
    )
  }

  /**
   * Another element in the place of each.
   *
   * ```ts
   * samples.map(([x, y]) => [x, y / 1e5]).batch(32)
   * ```
   * @param fn is given the element and its number in the pass, and may be asynchronous. It is run as in `tidy`: what a synchronous
   *   one makes and does not return is freed. The element's tensors are freed when it is done; to return them is fine.
   */
  map<U extends Inferred>(fn: (element: T, index: number) => U | Promise<U>): Dataset<Awaited<U>> {
    checkFunction('Dataset.map', 'a function', fn)
    return new Dataset((pass) => stages.map(this.open(pass), fn), this)
  }

  /**
   * The elements that a predicate is true of, in their order: samples, or behind `batch` whole batches.
   *
   * ```ts
   * samples.filter(([x]) => !x.some(Number.isNaN)).batch(32)
   * ```
   * @param predicate is given the element and its number in the pass, and may be asynchronous; it returns true or false, or a number,
   *   0 for false, such as `item()` gives. It is run as the function of `map`: what it makes is freed. The tensors of elements that
   *   are left out are freed.
   * @throws MyelinError ERR_ARGUMENT for no function; while iterating if it returns something else
   */
  filter<S extends T>(predicate: (element: T, index: number) => element is S): Dataset<S>
  filter(predicate: (element: T, index: number) => boolean | number | Promise<boolean | number>): Dataset<T>
  filter(predicate: (element: T, index: number) => boolean | number | Promise<boolean | number>): Dataset<T> {
    checkFunction('Dataset.filter', 'a function', predicate)
    return new Dataset((pass) => stages.filter(this.open(pass), predicate), {
      batched: this.batched,
      orders: this.orders,
    })
  }

  /** Asks for up to n elements ahead while the consumer works: `prefetch(1)` behind `batch` hides a slow source. */
  prefetch(n: number): Dataset<T> {
    checkWhole('Dataset.prefetch', 'the number of elements', n)
    return new Dataset((pass) => prefetch(this.open(pass), n), this, null, this.rowBatches)
  }

  /** The first n elements. */
  take(n: number): Dataset<T> {
    checkWhole('Dataset.take', 'the number of elements', n, 0)
    const size = this.size === undefined ? undefined : Math.min(n, this.size)
    return this.reordered(
      (rows) => rows.take(n),
      (pass) => stages.take(this.open(pass), n),
      { size, orders: this.orders },
    )
  }

  /** All but the first n elements. */
  skip(n: number): Dataset<T> {
    checkWhole('Dataset.skip', 'the number of elements', n, 0)
    const size = this.size === undefined ? undefined : Math.max(0, this.size - n)
    return this.reordered(
      (rows) => rows.skip(n),
      (pass) => stages.skip(this.open(pass), n),
      { size, orders: this.orders },
    )
  }

  /** The whole n times over, each a pass of its own; without n for ever, until a pass is empty. */
  repeat(n?: number): Dataset<T> {
    const times = n === undefined ? Number.POSITIVE_INFINITY : checkWhole('Dataset.repeat', 'the number of times', n)
    const size = this.size === undefined || n === undefined ? undefined : this.size * n
    return new Dataset((pass) => stages.repeat((inner) => this.open(inner), times, pass), {
      size,
      batched: this.batched,
      orders: this.orders,
    })
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const reading = this.goesOnFrom ?? new Reading()
    this.goesOnFrom = null
    this.reading = reading
    return reading.count(this.pass(0, reading.draws), () => {
      if (this.reading === reading) this.reading = null
    })
  }

  /**
   * Where it is: how many orders its stages have given, and in the loop through it that began last, if that has not ended, how many
   * elements were taken, the one at hand among them.
   */
  state(): State {
    const { reading, goesOnFrom } = this
    return new State({ shuffled: shuffleCounts(this.orders), loop: (reading ?? goesOnFrom)?.state() ?? null })
  }

  /**
   * Brings {@link state} back, of a Dataset that was made alike: the next loop through it goes on behind the elements that were taken
   * then. They are read again, and passed over.
   * @throws MyelinError ERR_ARGUMENT
   */
  restore(state: State): void {
    this.restoring(state)()
  }

  /** Checks a state; what is returned brings it back. @internal */
  restoring(state: State): () => void {
    const given = checkState(state, where)
    const loop = given.value('loop')
    const shuffles = restoringShuffles(this.orders, given.value('shuffled'), where)
    const goesOnFrom = loop === null ? null : Reading.from(loop, where)
    return () => {
      shuffles()
      this.reading = null
      this.goesOnFrom = goesOnFrom
    }
  }

  /**
   * The elements from their start.
   * @param gone how many passes count as gone before this one: the epochs before `initialEpoch`, whose orders a seed is not to give again
   * @param draws the draws of its orders
   * @internal
   */
  pass(gone: number, draws: OrderDraws = new OrderDraws()): AsyncGenerator<T, void, undefined> {
    const pass = { ended: false, gone, draws }
    const elements = this.open(pass)
    // A generator that is at work hears of its return when it comes to its next element, which may be never; the pass does at once.
    const end = elements.return.bind(elements)
    elements.return = (value) => {
      pass.ended = true
      return end(value)
    }
    return elements
  }

  /** Refuses single samples where batches are needed. @throws MyelinError ERR_ARGUMENT @internal */
  requireBatches(where: string): void {
    if (this.batched === false) throw wrong(where, 'the Dataset gives single samples; put .batch(n) behind it')
  }

  private static ofRows<T>(memory: InMemory<T>, orders: readonly ShuffleOrders[] = []): Dataset<T> {
    const { rows, assemble } = memory
    const open = (pass: Pass) =>
      stages.readRows(rows.order(pass), 1, ([row]) => assemble(rows.sample(row as number)), pass)
    return new Dataset(open, { size: rows.size, batched: false, orders }, memory)
  }

  /** A stage that only chooses elements: of samples in memory it chooses numbers. */
  private reordered(
    inMemory: (rows: Rows) => Rows,
    otherwise: (pass: Pass) => AsyncGenerator<T, void, undefined>,
    { size, orders }: { size: number | undefined; orders: readonly ShuffleOrders[] },
  ): Dataset<T> {
    if (this.memory === null) return new Dataset(otherwise, { size, batched: this.batched, orders })
    return Dataset.ofRows({ ...this.memory, rows: inMemory(this.memory.rows) }, orders)
  }
}

const where = 'Dataset'

const partNames = ['x', 'y', 'sampleWeight'] as const

function partsOf(data: readonly ModelData[] | NamedTensors, where: string): ModelData[] {
  if (isTuple(data)) {
    if (data.length === 2 || data.length === 3) return [...data]
  } else if (isRecord(data)) {
    checkOptions(data, partNames, where)
    const { x, y, sampleWeight } = data
    if (sampleWeight !== undefined && y === undefined) throw wrong(where, 'sampleWeight is given without y')
    if (y === undefined && isListOfData(x))
      throw wrong(where, 'a list of inputs alone would pass for [x, y]; give them by name: { x: { first, second } }')
    if (x !== undefined) return [x, y, sampleWeight].filter((part) => part !== undefined)
  }
  throw wrong(
    where,
    'needs { x, y }, [x, y] or [x, y, sampleWeight], for inputs alone { x }; each a Tensor, a typed array, { data, shape }, nested ' +
      `arrays, or several of these by name; got ${isTuple(data) ? `a list of ${data.length}` : show(data)}`,
  )
}

const isTuple = (data: readonly ModelData[] | NamedTensors): data is readonly ModelData[] => Array.isArray(data)

function checkCounts(tensors: readonly Tensor[], where: string): void {
  const counts = tensors.map(({ shape }) => shape[0] as number)
  if (new Set(counts).size > 1)
    throw wrong(
      where,
      `the numbers of samples differ: ${listed(counts.map(String))}; each must have a row for every sample`,
    )
}
