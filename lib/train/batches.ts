import {
  type BatchData,
  type BatchIterable,
  checkPair,
  isBatchIterable,
  type Samples,
  type TensorData,
  toSamples,
  toSamplesInSlices,
} from '../data/source.js'
import { MyelinError } from '../native/error.js'
import { add, permutation, slice } from '../ops/index.js'
import { arange } from '../tensor/creation.js'
import { nextCall, streams } from '../tensor/random.js'
import { tidy } from '../tensor/scope.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/**
 * Steps that can run one after the other without coming back: batches of equal size, taken from x and y by the row numbers in
 * `order`, or where that is null the one batch that x and y are.
 */
export interface Segment {
  readonly x: Tensor
  readonly y: Tensor
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
  /** Ends it, wherever it is. */
  close(): void | Promise<void>
}

/** Where batches come from. */
export interface BatchSource {
  /** The shape of one sample of x, where it is known before the first batch. */
  readonly sampleShape: Shape | undefined
  /** The batches of one pass, where that is known. */
  readonly steps: number | undefined
  /** Begins a pass from the start. @param number counts the passes from 0; with it a seed gives the order */
  pass(number: number): Pass
  /** Frees the tensors that were made of the caller's arrays. */
  dispose(): void
}

/** The order of the samples: as they come, or shuffled anew in each pass, under a seed of its own or the global one. */
export type Shuffle = false | { seed?: number }

/** Rows `begin` to `end` of data in memory, in batches; the last one may be smaller. */
export class MemorySource implements BatchSource {
  readonly samples: number
  readonly steps: number
  readonly sampleShape: Shape

  constructor(
    private readonly data: MemoryData,
    private readonly batchSize: number,
    private readonly shuffle: Shuffle = false,
    private readonly begin = 0,
    end = data.samples,
  ) {
    this.samples = end - begin
    this.steps = Math.ceil(this.samples / batchSize)
    this.sampleShape = data.x.shape.slice(1)
  }

  pass(number: number): Pass {
    const { x, y } = this.data
    const { batchSize, samples } = this
    const order = this.order(number)
    const whole = Math.floor(samples / batchSize)
    let done = 0
    return {
      next: (most) => {
        const first = done
        if (first < whole) {
          const steps = Math.min(most, whole - first)
          done += steps
          return { x, y, order, batch: batchSize, first, steps, dispose() {} }
        }
        const rest = samples - whole * batchSize
        if (first > whole || rest === 0) return null
        done++
        const last = slice(order, whole * batchSize)
        return { x, y, order: last, batch: rest, first: 0, steps: 1, dispose: () => last.dispose() }
      },
      close: () => order.dispose(),
    }
  }

  dispose(): void {
    this.data.dispose()
  }

  /** The numbers of the rows in the order of this pass, int32. */
  private order(number: number): Tensor {
    const { begin, samples, shuffle } = this
    return tidy(() => {
      if (shuffle === false) return arange(begin, begin + samples, 1, { dtype: 'int32' })
      const { seed } = shuffle
      const call = seed === undefined ? nextCall(streams.shuffle) : number
      const drawn = permutation(samples, { seed, stream: streams.shuffle, call })
      return begin === 0 ? drawn : add(drawn, begin)
    })
  }
}

/** Inputs and targets in memory, the same number of both. */
export class MemoryData {
  readonly x: Tensor
  readonly y: Tensor
  readonly samples: number

  private constructor(private readonly parts: readonly [x: Samples, y: Samples]) {
    this.x = parts[0].samples
    this.y = parts[1].samples
    this.samples = this.x.shape[0] as number
  }

  /** @throws MyelinError ERR_ARGUMENT if there are no samples, or x and y differ in their number */
  static async of(x: TensorData, y: TensorData | undefined, where: string): Promise<MemoryData> {
    if (y === undefined) throw new MyelinError('ERR_ARGUMENT', `[${where}] y is missing: give the targets of x`)
    const inputs = await toSamplesInSlices(x, where, 'x')
    let targets: Samples | null = null
    try {
      targets = await toSamplesInSlices(y, where, 'y')
      checkPair(inputs.samples, targets.samples, where)
      if (inputs.samples.shape[0] === 0) throw new MyelinError('ERR_ARGUMENT', `[${where}] there are no samples`)
      return new MemoryData([inputs, targets])
    } catch (error) {
      for (const part of [inputs, targets]) if (part?.owned) part.samples.dispose()
      throw error
    }
  }

  /** Frees what was made of the caller's arrays. */
  dispose(): void {
    for (const { samples, owned } of this.parts) if (owned) samples.dispose()
  }
}

/** Batches that an iterable gives. A pass takes a new iterator; what is not an iterator itself so begins afresh. */
export class IterableSource implements BatchSource {
  readonly sampleShape = undefined
  readonly steps: number | undefined

  constructor(
    private readonly batches: BatchIterable,
    private readonly where: string,
  ) {
    this.steps = Array.isArray(batches) ? batches.length : undefined
  }

  pass(): Pass {
    const { batches, where } = this
    const accept = ({ done, value }: IteratorResult<BatchData>): Segment | null =>
      done === true ? null : toSegment(value, where)
    if (Symbol.iterator in batches) {
      const iterator = batches[Symbol.iterator]()
      return { next: () => accept(iterator.next()), close: () => void iterator.return?.() }
    }
    const iterator = batches[Symbol.asyncIterator]()
    return { next: () => iterator.next().then(accept), close: async () => void (await iterator.return?.()) }
  }

  dispose(): void {}
}

function toSegment(data: BatchData, where: string): Segment {
  if (!Array.isArray(data) || data.length !== 2)
    throw new MyelinError('ERR_ARGUMENT', `[${where}] each batch of an iterable must be an array of two: [x, y]`)
  const { samples: x, owned: ownX } = toSamples(data[0], where, 'x of a batch')
  const { samples: y, owned: ownY } = toSamples(data[1], where, 'y of a batch')
  const dispose = (): void => {
    if (ownX) x.dispose()
    if (ownY) y.dispose()
  }
  try {
    checkPair(x, y, where)
    if (x.shape[0] === 0) throw new MyelinError('ERR_ARGUMENT', `[${where}] the iterable gave a batch without samples`)
  } catch (error) {
    dispose()
    throw error
  }
  return { x, y, order: null, batch: x.shape[0] as number, first: 0, steps: 1, dispose }
}

/** Data as the user gives it, in order, in batches. */
export async function openSource(
  x: TensorData | BatchIterable,
  y: TensorData | undefined,
  batchSize: number,
  where: string,
): Promise<BatchSource> {
  if (!isBatchIterable(x)) return new MemorySource(await MemoryData.of(x, y, where), batchSize)
  if (y !== undefined)
    throw new MyelinError('ERR_ARGUMENT', `[${where}] an iterable gives batches [x, y]; leave the argument y out`)
  return new IterableSource(x, where)
}
