import { checkRange } from '../../core/check.js'
import { from, optional, parseOptions, type Schema } from '../../core/schema.js'
import { abs, add, sign, square } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { elementPenalty, type Regularizer, regularizer } from './regularizer.js'

const l1Schema = { l1: optional(from(0), 0.01) } satisfies Schema<{ l1?: number }>
const l2Schema = { l2: optional(from(0), 0.01) } satisfies Schema<{ l2?: number }>
const l1l2Schema = { l1: optional(from(0), 0), l2: optional(from(0), 0) } satisfies Schema<{ l1?: number; l2?: number }>

/** λ·Σ|w|, which draws weights to exactly 0 (lasso). @param options λ, from 0; default 0.01 */
export function l1(options: number | { l1?: number } = {}): Regularizer {
  const values =
    typeof options === 'number' ? { l1: checkStrength('l1', options) } : parseOptions(l1Schema, options, 'l1')
  return regularizer('l1', values, absolutePenalty('l1', values.l1))
}

/** λ·Σw², which keeps weights small (ridge, weight decay). @param options λ, from 0; default 0.01 */
export function l2(options: number | { l2?: number } = {}): Regularizer {
  const values =
    typeof options === 'number' ? { l2: checkStrength('l2', options) } : parseOptions(l2Schema, options, 'l2')
  return regularizer('l2', values, squaredPenalty('l2', values.l2))
}

/** l1·Σ|w| + l2·Σw² (elastic net). Both from 0, and 0 by default, as in Keras. */
export function l1l2(options: { l1?: number; l2?: number } = {}): Regularizer {
  const values = parseOptions(l1l2Schema, options, 'l1l2')
  const absolute = absolutePenalty('l1l2', values.l1)
  const squared = squaredPenalty('l1l2', values.l2)
  return regularizer('l1l2', values, (w: Tensor) => add(absolute(w), squared(w)))
}

const absolutePenalty = (name: string, strength: number) =>
  elementPenalty(name, strength, { term: abs, slope: sign, factor: 1 })

const squaredPenalty = (name: string, strength: number) =>
  elementPenalty(name, strength, { term: square, slope: (w) => w, factor: 2 })

const checkStrength = (name: string, strength: number): number => checkRange(name, 'the strength', strength, 0)
