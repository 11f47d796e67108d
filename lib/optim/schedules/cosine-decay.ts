import { wrong } from '../../core/check.js'
import { above, from, maybe, optional, parseOptions, required, type Schema } from '../../core/schema.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface CosineDecayOptions {
  /** η₀, from 0. */
  initialLearningRate: number
  /** The steps s of the decay, warm-up not counted. Above 0. */
  decaySteps: number
  /** The share α of the rate that is left in the end, from 0 to 1. Default 0. */
  alpha?: number
  /** Where a linear warm-up from η₀ ends and the decay begins, from 0. Default: no warm-up. */
  warmupTarget?: number
  /** The steps of the warm-up, from 0. Default 0. */
  warmupSteps?: number
}

const schema = {
  initialLearningRate: required(from(0)),
  decaySteps: required(above(0)),
  alpha: optional(from(0, 1), 0),
  warmupTarget: maybe(from(0)),
  warmupSteps: optional(from(0), 0),
} satisfies Schema<CosineDecayOptions>

/**
 * η₀·((1 − α)·½(1 + cos(π·min(t, s)/s)) + α) (Loshchilov & Hutter 2017), as Keras' CosineDecay.
 * @throws MyelinError ERR_ARGUMENT for an option out of range, or `warmupSteps` without `warmupTarget`
 */
export function cosineDecay(options: CosineDecayOptions): NamedSchedule {
  const values = parseOptions(schema, options, 'cosineDecay')
  const { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps } = values
  if (warmupTarget === undefined && warmupSteps > 0)
    throw wrong('cosineDecay', `warmupSteps ${warmupSteps} needs a warmupTarget to warm up to`)
  const top = warmupTarget ?? initialLearningRate
  return makeSchedule('cosineDecay', values, (step) => {
    if (step < warmupSteps) return initialLearningRate + ((top - initialLearningRate) * step) / warmupSteps
    return top * cosineShare(Math.min(step - warmupSteps, decaySteps) / decaySteps, alpha)
  })
}

/** The share of a rate that is left when a share of its decay is done. */
const cosineShare = (done: number, alpha: number): number => ((1 - alpha) * (1 + Math.cos(Math.PI * done))) / 2 + alpha
