import { checkAbove, checkRange } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface PowerDecayOptions {
  /** η₀, from 0. */
  initialLearningRate: number
  /** s: with c = 1 the rate is halved after s steps, a third after 2s. Above 0. */
  decaySteps: number
  /** c, from 0. Default 1. */
  power?: number
}

/** η₀/(1 + t/s)^c: power scheduling (Géron, Hands-On Machine Learning, ch. 11). @throws MyelinError ERR_ARGUMENT for an option out of range */
export function powerDecay(options: PowerDecayOptions): NamedSchedule {
  const name = 'powerDecay'
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'power'], name)
  const { initialLearningRate, decaySteps, power = 1 } = options
  checkRange(name, 'initialLearningRate', initialLearningRate, 0)
  checkAbove(name, 'decaySteps', decaySteps, 0)
  checkRange(name, 'power', power, 0)
  const all = { initialLearningRate, decaySteps, power }
  return makeSchedule(name, all, (step) => initialLearningRate / (1 + step / decaySteps) ** power)
}
