/**
 * Means and variances of several statistics side by side, from values that come in parts. In double, and stable for means far larger
 * than the spread: two passes over each part, the parts merged by the rule of Chan, Golub & LeVeque (1983).
 */
export class RunningMoments {
  readonly means: Float64Array
  /** Sums of squared distances from the means. */
  private readonly squares: Float64Array
  /** The values that each statistic has seen. */
  private count = 0

  constructor(readonly statistics: number) {
    this.means = new Float64Array(statistics)
    this.squares = new Float64Array(statistics)
  }

  /** Of each statistic, divided by the number of values. */
  get variances(): Float64Array {
    return this.squares.map((square) => square / this.count)
  }

  /**
   * Takes values in, samples one after the other.
   * @param statisticOf for each place in a sample the number of its statistic; each has equally many places
   */
  add(values: ArrayLike<number>, statisticOf: Int32Array): void {
    const places = statisticOf.length
    const coming = values.length / this.statistics
    if (coming === 0) return
    const means = new Float64Array(this.statistics)
    for (let i = 0; i < values.length; i += places)
      for (let j = 0; j < places; j++) means[at(statisticOf, j)] = at(means, at(statisticOf, j)) + at(values, i + j)
    for (let s = 0; s < means.length; s++) means[s] = at(means, s) / coming

    const squares = new Float64Array(this.statistics)
    for (let i = 0; i < values.length; i += places)
      for (let j = 0; j < places; j++) {
        const s = at(statisticOf, j)
        squares[s] = at(squares, s) + (at(values, i + j) - at(means, s)) ** 2
      }
    this.merge(means, squares, coming)
  }

  private merge(means: Float64Array, squares: Float64Array, coming: number): void {
    const all = this.count + coming
    for (let s = 0; s < means.length; s++) {
      const distance = at(means, s) - at(this.means, s)
      this.means[s] = at(this.means, s) + (distance * coming) / all
      this.squares[s] = at(this.squares, s) + at(squares, s) + distance ** 2 * ((this.count * coming) / all)
    }
    this.count = all
  }
}

/** An element that is there. */
const at = (values: ArrayLike<number>, i: number): number => values[i] as number
