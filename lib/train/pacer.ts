/** The longest that training holds the event loop, in milliseconds. */
const slice = 10

/** Keeps a server answering while it trains: work goes on in slices, and between two of them the event loop turns. */
export class Pacer {
  private began = performance.now()

  /** Whether it is time to rest. */
  get due(): boolean {
    return performance.now() - this.began >= slice
  }

  /** Lets whatever waits in the event loop run. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    this.began = performance.now()
  }
}
