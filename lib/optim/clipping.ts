import { checkAbove, wrong } from '../core/check.js'
import { clipFactors } from '../ops/index.js'
import type { Tensor } from '../tensor/tensor.js'

/** At most one of these. Clipping comes after regularization, which is part of the loss, and before everything else. */
export interface ClippingOptions {
  /** Each parameter's gradient g becomes g·c/max(‖g‖₂, c) (Pascanu et al. 2013). Above 0. Default: none. */
  clipNorm?: number
  /** Each element of a gradient is cut to [−c, c]. Above 0. Default: none. */
  clipValue?: number
  /** All gradients are multiplied by c/max(n, c), n being the norm over all of them together. Above 0. Default: none. */
  globalClipNorm?: number
}

export const clippingOptions = ['clipNorm', 'clipValue', 'globalClipNorm'] as const satisfies (keyof ClippingOptions)[]

/** How gradients are clipped, checked. */
export interface Clipping {
  kind: keyof ClippingOptions
  limit: number
}

/** @throws MyelinError ERR_ARGUMENT if more than one is given, or one is not above 0 */
export function checkClipping(where: string, options: ClippingOptions): Clipping | null {
  const given = clippingOptions.filter((kind) => options[kind] !== undefined)
  if (given.length > 1)
    throw wrong(where, `only one of ${clippingOptions.join(', ')} can be given, got ${given.join(' and ')}`)
  const [kind] = given
  return kind === undefined ? null : { kind, limit: checkAbove(where, kind, options[kind] as number, 0) }
}

/** By what the update multiplies gradients for the sake of their norm: one factor for each, one for all, or none at all. */
export function factorsOf(
  clipping: Clipping | null,
  kind: 'clipNorm' | 'globalClipNorm',
  gradients: readonly Tensor[],
  scale: number,
  apply: ((ahead: number) => number) | null,
): Tensor | null {
  if (clipping?.kind !== kind) return null
  return clipFactors(gradients, { apply, scale, limit: clipping.limit, each: kind === 'clipNorm' })
}
