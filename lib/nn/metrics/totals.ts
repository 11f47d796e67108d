import { accumulate, accumulateCounts, accumulateMoments } from '../../ops/index.js'
import { ones, tensor } from '../../tensor/creation.js'
import { Parameter } from '../../tensor/parameter.js'
import { eagerly } from '../../tensor/recorder.js'
import { tidy } from '../../tensor/scope.js'
import { assignAll, checkTensors, State } from '../../tensor/state.js'
import type { Tensor } from '../../tensor/tensor.js'

/**
 * Sums over the batches of an epoch, in double and in native memory: a compiled step adds to them without coming back to
 * JavaScript, and they are read when somebody looks, also after they were freed.
 */
export class Totals {
  private memory: Memory | null = null
  /** The sums when the memory was freed. */
  private last: Sums

  /** @param n how many sums */
  constructor(readonly n = 1) {
    this.last = { sums: new Float64Array(n), count: 0 }
  }

  /**
   * Adds weight·values, or weight·values·factors; rows of n values are added up.
   * @param count what the sums are later divided by grows by this much
   */
  add(values: Tensor, count: number, weight = 1, factors?: Tensor): void {
    const { sums, counts } = this.open()
    accumulate(sums, values, weight, factors)
    if (count !== 0) accumulate(counts, ones([1]), count)
  }

  /** Adds 1 to the sums with these indices. */
  addCounts(indices: Tensor): void {
    accumulateCounts(this.open().sums, indices)
  }

  /** Counts rows of n / 3 values in: the sums are count, mean and squared distances from it, a column after the other. */
  addMoments(values: Tensor): void {
    accumulateMoments(this.open().sums, values)
  }

  /** The sums since the last {@link reset}. */
  read(): Sums {
    if (this.memory === null) return this.last
    return { sums: asDoubles(this.memory.sums), count: asDoubles(this.memory.counts)[0] as number }
  }

  /** The sums as they lie in memory, not copied. */
  held(): State {
    const { sums, counts } = this.open()
    return new State({ sums, counts })
  }

  /** Checks what {@link held} gave; what is returned brings it back. @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE */
  restoring({ tensors }: State, where: string): () => void {
    const own = this.held().tensors
    checkTensors(own, tensors, where, 'its sums')
    return () => assignAll(own, tensors)
  }

  reset(): void {
    this.last = { sums: new Float64Array(this.n), count: 0 }
    if (this.memory === null) return
    const { sums, counts } = this.memory
    for (const doubles of [sums, counts]) tidy(() => doubles.assign(tensor(new Uint8Array(doubles.size))))
  }

  /** Frees the memory; what was added can still be read. */
  dispose(): void {
    this.last = this.read()
    this.memory?.sums.dispose()
    this.memory?.counts.dispose()
    this.memory = null
  }

  private open(): Memory {
    this.memory ??= { sums: doubles(this.last.sums), counts: doubles(Float64Array.of(this.last.count)) }
    return this.memory
  }
}

/** The sums, and what they are to be divided by. */
export interface Sums {
  sums: Float64Array
  count: number
}

interface Memory {
  sums: Parameter
  counts: Parameter
}

function doubles(values: Float64Array): Parameter {
  return eagerly(
    () => new Parameter(tensor(new Uint8Array(values.slice().buffer)), { name: 'totals', trainable: false }),
  )
}

const asDoubles = (memory: Parameter): Float64Array => new Float64Array(memory.data().buffer as ArrayBuffer)
