import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/**
 * Lets the collector free the tensors that earlier tests dropped, so that it does not do so while the test at hand counts those that
 * there are.
 */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    collect()
    await setImmediate()
  }
}
