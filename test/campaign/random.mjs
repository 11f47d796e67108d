/** Seeded random numbers (mulberry32) and choices. */
export class Random {
  #state

  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** A whole number below n, at most 2³². */
  below(n) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % n
  }

  /** True once in n times. */
  once(n) {
    return this.below(n) === 0
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  /** A list of at most `most` things, each made by f. */
  some(most, f) {
    return Array.from({ length: this.below(most + 1) }, f)
  }
}
