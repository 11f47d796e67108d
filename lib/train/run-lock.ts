import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import type { Parameter } from '../tensor/parameter.js'

/** As much of a model as the lock goes by. */
interface Locked {
  readonly name: string
  readonly weights: readonly Parameter[]
}

/** One run that trains a model. */
interface Run {
  /** The hooks at work: while there is one no step runs. */
  hooks: number
}

/** The runs under way in this thread, by model: each has one at most. */
const runs = new Map<Locked, Run>()

/**
 * Runs what trains a model, which is locked until that ends, however it does.
 * @throws MyelinError ERR_BUSY if the model, or another one with some of the same weights, is training
 */
export async function whileTraining<T>(model: Locked, what: string, work: () => Promise<T>): Promise<T> {
  refuseWhileTraining(model, what)
  refuseWhileShared(model, what)
  runs.set(model, { hooks: 0 })
  try {
    return await work()
  } finally {
    runs.delete(model)
  }
}

/** Calls a hook of the model's run, between two steps: its weights may be set meanwhile. */
export async function betweenSteps(model: Locked, hook: () => void | Promise<void>): Promise<void> {
  const run = runs.get(model) ?? { hooks: 0 }
  run.hooks++
  try {
    await hook()
  } finally {
    run.hooks--
  }
}

/** Whether the model is training, or another one that has some of the same weights. */
export const isTraining = (model: Locked): boolean =>
  [...runs.keys()].some((other) => other === model || sharedWeight(model, other) !== undefined)

/** @throws MyelinError ERR_BUSY while the model is training */
export function refuseWhileTraining(model: Locked, what: string): void {
  if (runs.has(model))
    throw new MyelinError(
      'ERR_BUSY',
      `[${what}] the model ${show(model.name)} is training; await fit(), or abort it, first`,
    )
}

/** @throws MyelinError ERR_BUSY while steps may change the model's weights: its own run's, or another's that has some of them */
export function refuseDuringSteps(model: Locked, what: string): void {
  if (runs.get(model)?.hooks === 0) refuseWhileTraining(model, what)
  refuseWhileShared(model, what)
}

/** @throws MyelinError ERR_BUSY while another model that has some of the same weights is training, but for its callbacks' hooks */
function refuseWhileShared(model: Locked, what: string): void {
  for (const [other, { hooks }] of runs) {
    if (other === model || hooks > 0) continue
    const shared = sharedWeight(model, other)
    if (shared !== undefined)
      throw new MyelinError(
        'ERR_BUSY',
        `[${what}] the model ${show(other.name)} is training, and has the weight ${show(shared.name)} in common with ${show(model.name)}; await its fit(), or abort it, first`,
      )
  }
}

const sharedWeight = (model: Locked, other: Locked): Parameter | undefined =>
  model.weights.find((weight) => other.weights.includes(weight))
