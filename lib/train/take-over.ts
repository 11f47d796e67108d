import { MyelinError } from '../core/error.js'
import { Dataset } from '../data/dataset.js'
import { disposeElement } from '../data/element.js'

/** What is made of a batch of an iterable. The tensors of a Dataset's batch are the taker's, and go when that is disposed of. */
export function takeOver<T extends { dispose(): void }>(batches: unknown, data: unknown, make: () => T): T {
  if (!(batches instanceof Dataset)) return make()
  try {
    const made = make()
    const free = made.dispose.bind(made)
    made.dispose = () => {
      free()
      disposeElement(data)
    }
    return made
  } catch (error) {
    disposeElement(data)
    if (batches.batched === true || !(error instanceof MyelinError)) throw error
    const hint = 'if these are single samples, put .batch(n) behind the Dataset'
    throw new MyelinError(error.code, `${error.message}; ${hint}`, { cause: error })
  }
}
