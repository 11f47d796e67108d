import { accumulate } from '../../ops/index.js'
import { ones, tensor } from '../../tensor/creation.js'
import { eagerly } from '../../tensor/recorder.js'
import { tidy } from '../../tensor/scope.js'
import { Parameter, type Tensor } from '../../tensor/tensor.js'

/**
 * Sums over the batches of an epoch, in double and in native memory: a compiled step adds to them without coming back to
 * JavaScript, and they are read when somebody looks.
 */
export class Totals {
  private memory: { sums: Parameter; counts: Parameter } | null = null

  /** @param n how many sums */
  constructor(private readonly n = 1) {}

  /**
   * Adds weight·values.
   * @param count what the sums are later divided by grows by this much
   */
  add(values: Tensor, count: number, weight = 1): void {
    this.memory ??= { sums: doubles(this.n), counts: doubles(1) }
    accumulate(this.memory.sums, values, weight)
    accumulate(this.memory.counts, ones([1]), count)
  }

  /** What was added since the last {@link reset}. */
  read(): { sums: Float64Array; count: number } {
    if (this.memory === null) return { sums: new Float64Array(this.n), count: 0 }
    return { sums: asDoubles(this.memory.sums), count: asDoubles(this.memory.counts)[0] as number }
  }

  reset(): void {
    if (this.memory === null) return
    const { sums, counts } = this.memory
    for (const doubles of [sums, counts]) tidy(() => doubles.assign(tensor(new Uint8Array(doubles.size))))
  }

  dispose(): void {
    this.memory?.sums.dispose()
    this.memory?.counts.dispose()
    this.memory = null
  }
}

const doubleBytes = 8

function doubles(n: number): Parameter {
  return eagerly(() => new Parameter(tensor(new Uint8Array(doubleBytes * n)), { name: 'totals', trainable: false }))
}

const asDoubles = (memory: Parameter): Float64Array => new Float64Array(memory.data().buffer as ArrayBuffer)
