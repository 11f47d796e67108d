import { nextCall, type RandomAddress, streamOf, streams } from '../tensor/random.js'

/** As much of a layer as its noise goes by. */
interface Noisy {
  /** Its path within its model. */
  readonly placeInModel: string
}

/**
 * Where a layer's noise comes from. Under the global seed it has a stream that its path within its model tells, so that it hangs on
 * nothing that was built before; under a seed of its own it counts its own draws.
 */
export class NoiseSource {
  /**
   * @param seed of its own, if it has one
   * @param stream under that
   */
  constructor(
    private readonly layer: Noisy,
    private readonly seed: number | undefined,
    private readonly stream: number = streams.seededNoise,
  ) {}

  /** The next draw. */
  next(): RandomAddress {
    const { layer, seed, stream } = this
    if (seed !== undefined) return { seed, stream, call: nextCall(layer) }
    const own = streamOf(layer.placeInModel)
    return { stream: own, call: nextCall(own) }
  }
}
