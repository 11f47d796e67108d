import { checkFinite, wrong } from '../core/check.js'
import { maybe, whole } from '../core/schema.js'
import { show } from '../core/show.js'

// Checks of what layers are given as options.

/** A positive whole number. */
export function checkCount(where: string, option: string, given: number): number {
  if (Number.isSafeInteger(given) && given > 0) return given
  throw wrong(where, `${option} must be a positive whole number, got ${show(given)}`)
}

/** A finite number from 0. */
export function checkNotNegative(where: string, option: string, given: number): number {
  if (checkFinite(where, option, given) >= 0) return given
  throw wrong(where, `${option} must not be negative, got ${given}`)
}

/** An axis of a batch but that of the samples: a whole number from 1, or negative from the end. */
export function checkSampleAxis(where: string, option: string, given: number): number {
  if (Number.isInteger(given) && given !== 0) return given
  throw wrong(where, `${option} must be a whole number other than 0, which is the batch axis; got ${show(given)}`)
}

/** A seed, which fixes draws: a whole number from 0, or none. */
export const seedOption = () => maybe(whole(0))

/** A part of a whole: from 0 to 1. */
export function checkPart(where: string, option: string, given: number): number {
  if (typeof given === 'number' && given >= 0 && given <= 1) return given
  throw wrong(where, `${option} must lie in [0, 1], got ${show(given)}`)
}
