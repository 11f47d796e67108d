import { checkRange } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { abs, add, sign, square } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { elementPenalty, type Regularizer, regularizer } from './regularizer.js'

/** λ·Σ|w|, which draws weights to exactly 0 (lasso). @param options λ, from 0; default 0.01 */
export function l1(options: number | { l1?: number } = {}): Regularizer {
  const strength = strengthOf('l1', options)
  return regularizer('l1', { l1: strength }, absolutePenalty('l1', strength))
}

/** λ·Σw², which keeps weights small (ridge, weight decay). @param options λ, from 0; default 0.01 */
export function l2(options: number | { l2?: number } = {}): Regularizer {
  const strength = strengthOf('l2', options)
  return regularizer('l2', { l2: strength }, squaredPenalty('l2', strength))
}

/** l1·Σ|w| + l2·Σw² (elastic net). Both from 0, and 0 by default, as in Keras. */
export function l1l2(options: { l1?: number; l2?: number } = {}): Regularizer {
  checkOptions(options, ['l1', 'l2'], 'l1l2')
  const strengths = {
    l1: checkRange('l1l2', 'l1', options.l1 ?? 0, 0),
    l2: checkRange('l1l2', 'l2', options.l2 ?? 0, 0),
  }
  const absolute = absolutePenalty('l1l2', strengths.l1)
  const squared = squaredPenalty('l1l2', strengths.l2)
  return regularizer('l1l2', strengths, (w: Tensor) => add(absolute(w), squared(w)))
}

const absolutePenalty = (name: string, strength: number) =>
  elementPenalty(name, strength, { term: abs, slope: sign, factor: 1 })

const squaredPenalty = (name: string, strength: number) =>
  elementPenalty(name, strength, { term: square, slope: (w) => w, factor: 2 })

function strengthOf<Name extends 'l1' | 'l2'>(name: Name, options: number | { [K in Name]?: number }): number {
  if (typeof options === 'number') return checkRange(name, 'the strength', options, 0)
  checkOptions(options, [name], name)
  return checkRange(name, name, options[name] ?? 0.01, 0)
}
