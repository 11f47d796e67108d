import { above, from, optional, parseOptions, required, type Schema } from '../../core/schema.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface CosineDecayRestartsOptions {
  /** η₀, from 0. */
  initialLearningRate: number
  /** The steps of the first period. Above 0. */
  firstDecaySteps: number
  /** By what each period is longer than the one before, from 1. Default 2. */
  tMul?: number
  /** By what the rate at the start of each period is multiplied, from 0. Default 1. */
  mMul?: number
  /** The share α of η₀ to which the rate falls, from 0 to 1. Default 0. */
  alpha?: number
}

const schema = {
  initialLearningRate: required(from(0)),
  firstDecaySteps: required(above(0)),
  tMul: optional(from(1), 2),
  mMul: optional(from(0), 1),
  alpha: optional(from(0, 1), 0),
} satisfies Schema<CosineDecayRestartsOptions>

/**
 * Cosine decay that starts again at the end of each period, SGDR (Loshchilov & Hutter 2017): in period i, of whose steps the share
 * d is done, η₀·((1 − α)·mMulⁱ·½(1 + cos(π·d)) + α), as Keras' CosineDecayRestarts.
 * @throws MyelinError ERR_ARGUMENT for an option out of range
 */
export function cosineDecayRestarts(options: CosineDecayRestartsOptions): NamedSchedule {
  const values = parseOptions(schema, options, 'cosineDecayRestarts')
  const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha } = values
  return makeSchedule('cosineDecayRestarts', values, (step) => {
    const { number, done } = periodAt(step / firstDecaySteps, tMul)
    const cosine = (mMul ** number * (1 + Math.cos(Math.PI * done))) / 2
    return initialLearningRate * ((1 - alpha) * cosine + alpha)
  })
}

/** Which period it is, and what share of it is done, so many first periods after the start. */
function periodAt(time: number, tMul: number): { number: number; done: number } {
  if (tMul === 1) return { number: Math.floor(time), done: time - Math.floor(time) }
  let number = 0
  let length = 1
  let left = time
  for (; left >= length; length *= tMul) {
    left -= length
    number++
  }
  return { number, done: left / length }
}
