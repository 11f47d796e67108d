import {
  type BatchData,
  type BatchIterable,
  checkPair,
  isBatchIterable,
  type TensorData,
  toSamples,
} from '../data/source.js'
import { MyelinError } from '../native/error.js'
import { gatherRows } from '../ops/gather.js'
import { permutation } from '../ops/permutation.js'
import { createFrom } from '../tensor/creation.js'
import { nextCall, streams } from '../tensor/random.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

export interface Batch {
  x: Tensor
  y: Tensor
}

/** One way through the data. */
export interface Pass {
  /** Moves on to the next batch; false at the end. Only asynchronous sources give a promise. */
  advance(): boolean | Promise<boolean>
  /** The tensors of the batch; those made for it belong to the enclosing `tidy`. */
  batch(): Batch
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
    // Bytes are the raw form of inputs, which layers compute with as float32. Targets stay: losses read bytes as classes.
    const scale = x.dtype === 'uint8' ? 1 : undefined
    let from = -batchSize
    return {
      advance: () => {
        from += batchSize
        return from < samples
      },
      batch: () => {
        const rows = order.subarray(from, Math.min(from + batchSize, samples))
        const indices = createFrom(rows, [rows.length], 'int32')
        return { x: gatherRows(x, indices, scale), y: gatherRows(y, indices) }
      },
    }
  }

  dispose(): void {
    this.data.dispose()
  }

  /** The numbers of the rows in the order of this pass. */
  private order(number: number): Int32Array {
    const { begin, samples, shuffle } = this
    if (shuffle === false) return Int32Array.from({ length: samples }, (_, i) => begin + i)
    const { seed } = shuffle
    const call = seed === undefined ? nextCall(streams.shuffle) : number
    const drawn = permutation(samples, { seed, stream: streams.shuffle, call })
    const order = drawn.data() as Int32Array
    drawn.dispose()
    if (begin > 0) for (let i = 0; i < samples; i++) order[i] = (order[i] as number) + begin
    return order
  }
}

/** Inputs and targets in memory, the same number of both. */
export class MemoryData {
  readonly x: Tensor
  readonly y: Tensor
  readonly samples: number
  private readonly made: Tensor[] = []

  /** @throws MyelinError ERR_ARGUMENT if there are no samples, or x and y differ in their number */
  constructor(x: TensorData, y: TensorData | undefined, where: string) {
    if (y === undefined) throw new MyelinError('ERR_ARGUMENT', `[${where}] y is missing: give the targets of x`)
    try {
      this.x = this.keep(toSamples(x, where, 'x'))
      this.y = this.keep(toSamples(y, where, 'y'))
      this.samples = this.x.shape[0] as number
      checkPair(this.x, this.y, where)
      if (this.samples === 0) throw new MyelinError('ERR_ARGUMENT', `[${where}] there are no samples`)
    } catch (error) {
      this.dispose()
      throw error
    }
  }

  dispose(): void {
    for (const tensor of this.made) tensor.dispose()
  }

  private keep({ samples, owned }: { samples: Tensor; owned: boolean }): Tensor {
    if (owned) this.made.push(samples)
    return samples
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
    let current: BatchData
    const accept = ({ done, value }: IteratorResult<BatchData>): boolean => {
      current = value
      return done !== true
    }
    const batch = (): Batch => toBatch(current, where)
    if (Symbol.iterator in batches) {
      const iterator = batches[Symbol.iterator]()
      return { advance: () => accept(iterator.next()), batch }
    }
    const iterator = batches[Symbol.asyncIterator]()
    return { advance: () => iterator.next().then(accept), batch }
  }

  dispose(): void {}
}

function toBatch(data: BatchData, where: string): Batch {
  if (!Array.isArray(data) || data.length !== 2)
    throw new MyelinError('ERR_ARGUMENT', `[${where}] each batch of an iterable must be an array of two: [x, y]`)
  const { samples: x } = toSamples(data[0], where, 'x of a batch')
  const { samples: y } = toSamples(data[1], where, 'y of a batch')
  checkPair(x, y, where)
  if (x.shape[0] === 0) throw new MyelinError('ERR_ARGUMENT', `[${where}] the iterable gave a batch without samples`)
  return { x, y }
}

/** Data as the user gives it, in order, in batches. */
export function openSource(
  x: TensorData | BatchIterable,
  y: TensorData | undefined,
  batchSize: number,
  where: string,
): BatchSource {
  if (!isBatchIterable(x)) return new MemorySource(new MemoryData(x, y, where), batchSize)
  if (y !== undefined)
    throw new MyelinError('ERR_ARGUMENT', `[${where}] an iterable gives batches [x, y]; leave the argument y out`)
  return new IterableSource(x, where)
}
