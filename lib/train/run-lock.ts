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
  /** The steps under way; null: none is. */
  job: { abort(): void } | null
  /** Calls that wait until no step is under way. */
  readonly waiting: (() => void)[]
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
  const run: Run = { hooks: 0, job: null, waiting: [] }
  runs.set(model, run)
  try {
    for (const [other, done] of readers) if (shareWeights(model, other)) await done
    return await work()
  } finally {
    runs.delete(model)
    goThrough(run)
  }
}

/** Those who read a model's weights piece by piece, and when they have. */
const readers = new Map<Locked, Promise<unknown>>()

/** Reads a model's weights while nobody trains them: a run waits until that has been done. */
export async function whileReading<T>(model: Locked, read: () => Promise<T>): Promise<T> {
  const reading = read()
  const done = reading.catch(() => {})
  readers.set(model, done)
  try {
    return await reading
  } finally {
    if (readers.get(model) === done) readers.delete(model)
  }
}

/**
 * Does something where none of the model's steps is under way, and all that they have done is counted: at once, or soon, for which a run
 * is held up between two of its steps.
 */
export function inGap<T>(model: Locked, work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    }
    const run = runs.get(model)
    if (run === undefined || run.job === null) return settle()
    run.waiting.push(settle)
    run.job.abort()
  })
}

/**
 * Notes that steps of a model are under way, until they end. Whoever waits for that is served then.
 * @param job what ends them between two steps
 */
export async function following<T>(model: Locked, job: { abort(): void }, ending: () => Promise<T>): Promise<T> {
  const run = runs.get(model)
  if (run === undefined) return ending()
  run.job = job
  try {
    return await ending()
  } finally {
    run.job = null
    goThrough(run)
  }
}

function goThrough({ waiting }: Run): void {
  for (const work of waiting.splice(0)) work()
}

/** Calls a hook of the model's run, between two steps: its weights may be set meanwhile. */
export async function betweenSteps(model: Locked, hook: () => void | Promise<void>): Promise<void> {
  const run = runs.get(model)
  if (run === undefined) return hook()
  run.hooks++
  try {
    await hook()
  } finally {
    run.hooks--
  }
}

/** Whether the model is training, or another one that has some of the same weights. */
export const isTraining = (model: Locked): boolean => [...runs.keys()].some((other) => shareWeights(model, other))

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

const shareWeights = (model: Locked, other: Locked): boolean =>
  other === model || sharedWeight(model, other) !== undefined
