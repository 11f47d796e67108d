import { wrong } from '../core/check.js'
import { above, maybe, type Schema, type ValuesOf } from '../core/schema.js'
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

export const clippingSchema = {
  clipNorm: maybe(above(0)),
  clipValue: maybe(above(0)),
  globalClipNorm: maybe(above(0)),
} satisfies Schema<ClippingOptions>

/** How gradients are clipped. */
export interface Clipping {
  kind: keyof ClippingOptions
  limit: number
}

/** The clipping that options ask for, null for none. @throws MyelinError ERR_ARGUMENT if more than one is given */
export function clippingOf(where: string, options: ValuesOf<typeof clippingSchema>): Clipping | null {
  const kinds = Object.keys(clippingSchema) as (keyof ClippingOptions)[]
  const given = kinds.filter((kind) => options[kind] !== undefined)
  if (given.length > 1) throw wrong(where, `only one of ${kinds.join(', ')} can be given, got ${given.join(' and ')}`)
  const [kind] = given
  return kind === undefined ? null : { kind, limit: options[kind] as number }
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
