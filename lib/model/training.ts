import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import type { Parameter } from '../tensor/parameter.js'
import { isBetweenSteps } from '../train/callbacks/between-steps.js'

// Which models are training, in this thread, and what may not be done meanwhile.

interface Trained {
  readonly name: string
  readonly weights: readonly Parameter[]
}

const training = new Set<Trained>()

/** A run of a model that is training until it ends, however it does. */
export async function whileTraining<T>(model: Trained, run: () => Promise<T>): Promise<T> {
  training.add(model)
  try {
    return await run()
  } finally {
    training.delete(model)
  }
}

/** Whether the model is training, or another one that has some of the same weights. */
export const isTraining = (model: Trained): boolean =>
  [...training].some((other) => other === model || sharedWeight(model, other) !== undefined)

/** @throws MyelinError ERR_BUSY while the model is training */
export function refuseWhileTraining(model: Trained, what: string): void {
  if (training.has(model))
    throw new MyelinError(
      'ERR_BUSY',
      `[${what}] the model ${show(model.name)} is training; await fit(), or abort it, first`,
    )
}

/** @throws MyelinError ERR_BUSY while another model that has some of the same weights is training, but for its callbacks' hooks */
export function refuseWhileShared(model: Trained, what: string): void {
  for (const other of training) {
    if (other === model || isBetweenSteps(other)) continue
    const shared = sharedWeight(model, other)
    if (shared !== undefined)
      throw new MyelinError(
        'ERR_BUSY',
        `[${what}] the model ${show(other.name)} is training, and has the weight ${show(shared.name)} in common with ${show(model.name)}; await its fit(), or abort it, first`,
      )
  }
}

const sharedWeight = (model: Trained, other: Trained): Parameter | undefined =>
  model.weights.find((weight) => other.weights.includes(weight))
