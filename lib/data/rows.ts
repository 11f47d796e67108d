import { show } from '../core/show.js'
import { createFrom } from '../tensor/creation.js'
import { tidy, track } from '../tensor/scope.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { OrderedPass, ShuffleOrders } from './random-source.js'
import { ShuffleBuffer } from './shuffle-buffer.js'
import { isRecord, isWhole, toSamples } from './source.js'

/** Samples in memory: rows of tensors, which are picked by their numbers so that none is touched before its batch is made. */
export class Rows {
  /**
   * @param tensors with the same number of rows
   * @param size how many rows a pass takes
   * @param order the rows of a pass, made afresh for each
   */
  private constructor(
    readonly tensors: readonly Tensor[],
    readonly size: number,
    readonly order: (pass: OrderedPass) => Int32Array,
  ) {}

  /** All rows of tensors in order. */
  static of(tensors: readonly Tensor[]): Rows {
    const n = tensors[0]?.shape[0] ?? 0
    return new Rows(tensors, n, () => Int32Array.from({ length: n }, (_, i) => i))
  }

  shuffle(capacity: number, orders: ShuffleOrders): Rows {
    return this.reordered(this.size, (order, pass) => {
      const buffer = new ShuffleBuffer<number>(capacity, orders.next(pass))
      const shuffled = new Int32Array(order.length)
      let at = 0
      for (const row of order)
        if (buffer.full) shuffled[at++] = buffer.exchange(row)
        else buffer.add(row)
      while (at < shuffled.length) shuffled[at++] = buffer.draw()
      return shuffled
    })
  }

  take(n: number): Rows {
    return this.reordered(Math.min(n, this.size), (order) => order.subarray(0, n))
  }

  skip(n: number): Rows {
    return this.reordered(Math.max(0, this.size - n), (order) => order.subarray(n))
  }

  /** The rows that the numbers name, [rows, …], of each tensor. */
  batch(rows: Int32Array): Tensor[] {
    return this.pick(rows, [rows.length])
  }

  /** One row, without the first axis, of each tensor. */
  sample(row: number): Tensor[] {
    return this.pick(Int32Array.of(row), [])
  }

  private pick(rows: Int32Array, shape: Shape): Tensor[] {
    return tidy(() => {
      const indices = createFrom(rows, shape, 'int32')
      return this.tensors.map((tensor) => tensor.gather(indices))
    })
  }

  private reordered(size: number, change: (order: Int32Array, pass: OrderedPass) => Int32Array): Rows {
    return new Rows(this.tensors, size, (pass) => change(this.order(pass), pass))
  }
}

/**
 * Data as tensors under handles of our own, so that the caller may dispose of the originals: one, or as many in a list or a record as there
 * were.
 * @param made takes them, one after the other
 * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE
 */
export function keepTensors(data: unknown, where: string, name: string, made: Tensor[]): unknown {
  if (isRecord(data) && Object.keys(data).length > 0)
    return Object.fromEntries(
      Object.entries(data).map(([key, part]) => [key, keep(part, where, `${name} ${show(key)}`, made)]),
    )
  if (isListOfData(data)) return data.map((part, i) => keep(part, where, `${name}[${i}]`, made))
  return keep(data, where, name, made)
}

/** Whether an array is a list of inputs or outputs, as against nested arrays. */
export const isListOfData = (data: unknown): data is readonly unknown[] =>
  Array.isArray(data) && typeof data[0] === 'object' && data.some(isWhole)

function keep(data: unknown, where: string, name: string, made: Tensor[]): Tensor {
  const { samples, owned } = toSamples(data, where, name)
  const handle = owned ? samples : samples.alias(samples.shape)
  track(handle, null)
  made.push(handle)
  return handle
}
