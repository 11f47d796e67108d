import { wrong } from '../core/check.js'
import { withFunctions } from '../core/config.js'
import { isPlainObject } from '../core/kinds.js'
import { show } from '../core/show.js'
import { runtime } from '../native/runtime.js'
import type { StateValue } from '../tensor/state.js'
import type { Callbacks } from './callbacks/callbacks.js'
import type { Sources } from './data/fit-sources.js'
import type { FitOptions } from './fit-options.js'
import type { Objective } from './objective.js'
import type { TrainableModel } from './trainable-model.js'

/** Of the state of a run, by which states of other versions are told from those of this one. */
const stateVersion = 1

/**
 * Facts that a run must have in common with one that it goes on from, else it would come to something else: by name, in plain data. Weights
 * are checked where they are brought back, and the number of epochs may be another.
 */
export async function factsOf(
  model: TrainableModel,
  objective: Objective,
  { train, validation }: Sources,
  callbacks: Callbacks,
  options: FitOptions,
): Promise<StateValue> {
  const { shuffle = true, seed, stepsPerEpoch, gradientAccumulation = 1, validationSplit = 0, classWeight } = options
  return plainFacts({
    version: stateVersion,
    model: withFunctions(() => model.getConfig()),
    ...objective.describe(),
    data: await train.describe(),
    validation: validation === null ? null : await validation.describe(),
    options: { shuffle, seed, stepsPerEpoch, gradientAccumulation, validationSplit, classWeight },
    callbacks: callbacks.kinds,
    machine: machineFacts(),
  })
}

/** By what machines are told from those that compute other bits. */
export function machineFacts(): Record<string, unknown> {
  const { isa, blas, subnormals } = runtime.info()
  // The instruction sets with a fused multiply and add have equal bits.
  return { instructions: isa === 'baseline' ? isa : 'with fused multiply-add', blas, subnormals }
}

/** Refuses to go on from a run of which other things are true. @throws MyelinError ERR_ARGUMENT, naming them */
export function refuseOtherFacts(own: StateValue, given: StateValue | undefined, where: string): void {
  const found = differences(own, given ?? null, '')
  if (found.length === 0) return
  const [first, ...others] = found
  throw wrong(
    where,
    `the run to go on from was another one: ${first}${others.length > 0 ? `; ${others.slice(0, 3).join('; ')}` : ''}` +
      `${found.length > 4 ? `; ${found.length - 4} more differ` : ''}. Make what differs alike, or begin anew without its state`,
  )
}

/** Where two values differ, by path, in words. */
function differences(own: unknown, given: unknown, path: string): string[] {
  const both = [own, given]
  const nested = both.every(isPlainObject) || both.every(Array.isArray)
  if (!nested) return Object.is(own, given) ? [] : [`${path} is ${show(own)} here and was ${show(given)}`]
  const [mine, its] = both as Record<string, unknown>[]
  const names = new Set([...Object.keys(mine as object), ...Object.keys(its as object)])
  return [...names].flatMap((name) => differences(mine?.[name], its?.[name], path === '' ? name : `${path}.${name}`))
}

/** A config as plain data, in which functions, which can only be compared by name, and values of other kinds are told in words. */
export function plainFacts(value: unknown): StateValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`
  if (Array.isArray(value)) return value.map(plainFacts)
  if (!isPlainObject(value)) return show(value)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainFacts(part)]))
}
