import type { Node } from './graph.js'

/** Numbers that the instructions of a plan read anew in each step, a row a step. Its memory is used again and again: runs copy it. */
export class ScalarTable {
  private readonly changing: readonly Node[]
  private values = new Float64Array(0)

  constructor(instructions: readonly Node[]) {
    this.changing = instructions.filter(({ op }) => op.perStep === true)
  }

  /** The rows of so many steps from the one that lies `from` ahead; good until the next call. */
  fill(steps: number, from: number): Float64Array {
    const first = this.changing.map(({ op, attrs }) => op.encode?.(attrs, from) ?? [])
    const columns = first.reduce((sum, numbers) => sum + numbers.length, 0)
    const size = columns * steps
    if (this.values.length < size) this.values = new Float64Array(size)
    const { values } = this
    values.set(first.flat())
    for (let filled = columns; filled < size; filled *= 2) values.copyWithin(filled, 0, Math.min(filled, size - filled))
    let column = 0
    this.changing.forEach(({ op, attrs }, i) => {
      // Many steps are not walked through here without need: what is steady costs neither time nor garbage.
      if (op.steady?.(attrs) !== true)
        for (let step = 1; step < steps; step++)
          values.set(op.encode?.(attrs, from + step) ?? [], step * columns + column)
      column += (first[i] as readonly number[]).length
    })
    return values.subarray(0, size)
  }
}
