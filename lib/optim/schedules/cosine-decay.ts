import { checkAbove, checkRange, wrong } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
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

/**
 * η₀·((1 − α)·½(1 + cos(π·min(t, s)/s)) + α) (Loshchilov & Hutter 2017), as Keras' CosineDecay.
 * @throws MyelinError ERR_ARGUMENT for an option out of range, or `warmupSteps` without `warmupTarget`
 */
export function cosineDecay(options: CosineDecayOptions): NamedSchedule {
  const name = 'cosineDecay'
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'alpha', 'warmupTarget', 'warmupSteps'], name)
  const { initialLearningRate, decaySteps, alpha = 0, warmupTarget, warmupSteps = 0 } = options
  checkRange(name, 'initialLearningRate', initialLearningRate, 0)
  checkAbove(name, 'decaySteps', decaySteps, 0)
  checkRange(name, 'alpha', alpha, 0, 1)
  checkRange(name, 'warmupSteps', warmupSteps, 0)
  if (warmupTarget !== undefined) checkRange(name, 'warmupTarget', warmupTarget, 0)
  else if (warmupSteps > 0) throw wrong(name, `warmupSteps ${warmupSteps} needs a warmupTarget to warm up to`)
  const all = {
    ...{ initialLearningRate, decaySteps, alpha },
    ...(warmupTarget !== undefined && { warmupTarget, warmupSteps }),
  }
  const from = warmupTarget ?? initialLearningRate
  return makeSchedule(name, all, (step) => {
    if (step < warmupSteps) return initialLearningRate + ((from - initialLearningRate) * step) / warmupSteps
    return from * cosineShare(Math.min(step - warmupSteps, decaySteps) / decaySteps, alpha)
  })
}

/** The share of a rate that is left when a share of its decay is done. */
const cosineShare = (done: number, alpha: number): number => ((1 - alpha) * (1 + Math.cos(Math.PI * done))) / 2 + alpha
