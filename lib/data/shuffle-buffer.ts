import type { RandomSource } from './random-source.js'

/** Holds some elements of a stream and gives them out in random order. */
export class ShuffleBuffer<T> {
  readonly elements: T[] = []

  constructor(
    private readonly capacity: number,
    private readonly random: RandomSource,
  ) {}

  get full(): boolean {
    return this.elements.length === this.capacity
  }

  add(element: T): void {
    this.elements.push(element)
  }

  /** A random element, whose place the new one takes. */
  exchange(element: T): T {
    const i = this.random(this.elements.length)
    const drawn = this.elements[i] as T
    this.elements[i] = element
    return drawn
  }

  /** A random element; the buffer shrinks. */
  draw(): T {
    const last = this.elements.pop() as T
    return this.elements.length === 0 || this.random(this.elements.length + 1) === this.elements.length
      ? last
      : this.exchange(last)
  }
}
