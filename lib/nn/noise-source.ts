import { checkWhole } from '../core/check.js'
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
   * @param where what an error message begins with
   * @param seed of its own, if it has one
   * @param stream under that
   * @throws MyelinError ERR_ARGUMENT for what is no seed
   */
  constructor(
    private readonly layer: Noisy,
    where: string,
    private readonly seed: number | undefined,
    private readonly stream: number = streams.seededNoise,
  ) {
    if (seed !== undefined) checkWhole(where, 'seed', seed, 0)
  }

  /** The next draw. */
  next(): RandomAddress {
    const { layer, seed, stream } = this
    if (seed !== undefined) return { seed, stream, call: nextCall(layer) }
    const own = streamOf(layer.placeInModel)
    return { stream: own, call: nextCall(own) }
  }
}
