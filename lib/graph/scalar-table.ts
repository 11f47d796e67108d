import type { Node } from './graph.js'

/** What the instructions of a plan read anew in each step, a row a step. Its memory is used again and again: runs copy it. */
export class ScalarTable {
  private readonly changing: readonly Node[]
  private values = new Float64Array(0)

  constructor(instructions: readonly Node[]) {
    this.changing = instructions.filter(({ op }) => op.perStep === true)
  }

  /** The rows of so many steps from the one that lies `from` ahead; good until the next call. */
  fill(steps: number, from: number): Float64Array {
    let filled = 0
    for (let step = 0; step < steps; step++) {
      for (const { op, attrs } of this.changing) {
        const numbers = op.encode?.(attrs, from + step) ?? []
        if (step === 0) this.reserve(filled, filled + numbers.length)
        this.values.set(numbers, filled)
        filled += numbers.length
      }
      if (filled === 0) break
      if (step === 0) this.reserve(filled, filled * steps)
    }
    return this.values.subarray(0, filled)
  }

  /** Makes room for so many, keeping those that are filled. */
  private reserve(filled: number, size: number): void {
    if (this.values.length >= size) return
    const larger = new Float64Array(size)
    larger.set(this.values.subarray(0, filled))
    this.values = larger
  }
}
