import { createFrom } from '../tensor/creation.js'
import { tidy, track } from '../tensor/scope.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { randomSource } from './random-source.js'
import { ShuffleBuffer } from './shuffle-buffer.js'
import { type TensorData, toSamples } from './source.js'

/** Samples in memory: rows of tensors, which are picked by their numbers so that none is touched before its batch is made. */
export class Rows {
  /**
   * @param tensors with the same number of rows
   * @param size how many rows a pass takes
   * @param order the rows of one pass, made afresh for each
   */
  private constructor(
    readonly tensors: readonly Tensor[],
    readonly size: number,
    readonly order: () => Int32Array,
  ) {}

  /** All rows in order, under handles of our own: the caller may dispose of his. */
  static of(data: readonly TensorData[], names: readonly string[], where: string): Rows {
    const tensors: Tensor[] = []
    try {
      for (const [i, part] of data.entries()) tensors.push(keep(part, where, names[i] as string))
    } catch (error) {
      for (const made of tensors) made.dispose()
      throw error
    }
    const n = tensors[0]?.shape[0] ?? 0
    return new Rows(tensors, n, () => Int32Array.from({ length: n }, (_, i) => i))
  }

  /** How many rows each of the tensors has. */
  get counts(): number[] {
    return this.tensors.map(({ shape }) => shape[0] as number)
  }

  shuffle(capacity: number, seed: number | undefined): Rows {
    let pass = 0
    return this.reordered(this.size, (order) => {
      const buffer = new ShuffleBuffer<number>(capacity, randomSource(seed, pass++))
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

  private reordered(size: number, change: (order: Int32Array) => Int32Array): Rows {
    return new Rows(this.tensors, size, () => change(this.order()))
  }
}

function keep(data: TensorData, where: string, name: string): Tensor {
  const { samples, owned } = toSamples(data, where, name)
  const handle = owned ? samples : samples.alias(samples.shape)
  track(handle, null)
  return handle
}
