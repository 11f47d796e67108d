import { above, from, optional, parseOptions, required, type Schema } from '../../core/schema.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface PowerDecayOptions {
  /** η₀, from 0. */
  initialLearningRate: number
  /** s: with c = 1 the rate is halved after s steps, a third after 2s. Above 0. */
  decaySteps: number
  /** c, from 0. Default 1. */
  power?: number
}

const schema = {
  initialLearningRate: required(from(0)),
  decaySteps: required(above(0)),
  power: optional(from(0), 1),
} satisfies Schema<PowerDecayOptions>

/** η₀/(1 + t/s)^c: power scheduling (Géron, Hands-On Machine Learning, ch. 11). @throws MyelinError ERR_ARGUMENT for an option out of range */
export function powerDecay(options: PowerDecayOptions): NamedSchedule {
  const values = parseOptions(schema, options, 'powerDecay')
  const { initialLearningRate, decaySteps, power } = values
  return makeSchedule('powerDecay', values, (step) => initialLearningRate / (1 + step / decaySteps) ** power)
}
