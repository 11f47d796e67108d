// The machine's own limits, with which the other cases are compared.
import { native } from '../build.mjs'
import { everywhere, peak } from '../measure.mjs'

export function* run() {
  native.machinePeak()
  yield* everywhere(function* () {
    const { flops, cacheBytes, memoryBytes } = peak()
    yield {
      case: 'peak',
      impl: 'machine',
      gflops: flops / 1e9,
      cacheGBs: cacheBytes / 1e9,
      memoryGBs: memoryBytes / 1e9,
    }
  })
}
