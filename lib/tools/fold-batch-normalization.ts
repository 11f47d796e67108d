import { wrong } from '../core/check.js'
import { show } from '../core/show.js'
import { Functional } from '../model/functional.js'
import type { Model } from '../model/model.js'
import { Sequential } from '../model/sequential.js'
import { BatchNormalization } from '../nn/layers/batch-normalization.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Affine, affineOf, alongLastAxis, type DenseWeights, foldBefore, foldBehind } from './affine.js'
import { endsLinearly, type Link, type Links, NestedLinks } from './fold-links.js'
import { remake } from './fold-remake.js'

/** The result of folding. */
export interface FoldedModel<M = Sequential> {
  /** A new model, with weights of its own; not compiled. */
  model: M
  /** Which batch normalization went into which dense layer, by name. */
  folded: { layer: string; into: string }[]
  /** Which stayed, and why. */
  kept: { layer: string; reason: string }[]
}

/**
 * A model without batch normalization, for inference: each is merged into the dense layer before it, if nothing but linear
 * stands between, or else into the dense layer after it, as in the order dense, activation, batch normalization, dense; where several
 * dense layers and nothing else read it, into each. What is read elsewhere, too, or used more than once stays. It does not matter
 * whether a neighbour stands in a model inside the model, if that is used once.
 * y = γ·(x − μ)/√(σ² + ε) + β is s·x + t with s = γ/√(σ² + ε) and t = β − μ·s; the products are formed in double and rounded
 * once. Its inference equals the model's to within rounding, 1e-5. To train it further is another thing than before.
 * @param model a built Sequential, or a functional model
 * @throws MyelinError ERR_ARGUMENT for another model, or one without weights yet; ERR_FORMAT for a layer of the user's with weights whose
 *   constructor does not take its config
 */
export function foldBatchNormalization<Y extends Tensor | Tensor[]>(model: Functional<Y>): FoldedModel<Functional<Y>>
export function foldBatchNormalization(model: Model): FoldedModel
export function foldBatchNormalization(model: unknown): FoldedModel<Sequential | Functional> {
  if (!(model instanceof Sequential || model instanceof Functional))
    throw wrong('foldBatchNormalization', `takes a Sequential or a functional model, got ${show(model)}`)
  const copies = model.getWeights()
  const values = new Map(model.weights.map((weight, i) => [weight, copies[i] as Tensor]))
  const report: Report = { folded: [], kept: [] }
  try {
    const nested = new NestedLinks(model, values)
    fold(nested, report)
    return { model: remake(model, nested.parts, values), ...report }
  } finally {
    for (const copy of copies) copy.dispose()
  }
}

type Report = Pick<FoldedModel, 'folded' | 'kept'>

function fold(nested: NestedLinks, { folded, kept }: Report): void {
  const all = [...nested.parts.values()]
  // Of two in a row the first can be merged only when the second has made way, which in another model it does later.
  let before: number
  do {
    before = folded.length
    for (const links of all) foldWithin(nested, links, folded)
  } while (folded.length > before)
  for (const links of all)
    for (const link of normalizations(links))
      if (!kept.some(({ layer }) => layer === link.layer.name))
        kept.push({ layer: link.layer.name, reason: reasonOf(nested, links, link) })
}

/** Folds the normalizations of one model, into their neighbours wherever these are. */
function foldWithin(nested: NestedLinks, links: Links, folded: Report['folded']): void {
  const into = (
    link: Link,
    neighbours: readonly Link[] | null,
    merge: (dense: DenseWeights) => DenseWeights | null,
  ): void => {
    const merged = (neighbours ?? []).map(({ dense }) => (dense === null ? null : merge(dense)))
    // A model keeps one layer at least.
    if (merged.length === 0 || merged.includes(null) || nested.usesOf(link) > 1 || links.all.length === 1) return
    neighbours?.forEach((neighbour, i) => {
      neighbour.dense = merged[i] as DenseWeights
      folded.push({ layer: link.layer.name, into: neighbour.layer.name })
    })
    links.remove(link)
  }
  for (const link of normalizations(links)) {
    const before = nested.before(links, link)
    const linear = before !== null && endsLinearly(before.layer) ? [before] : null
    into(link, linear, (dense) => mergeWith(link, dense.units, (affine) => foldBehind(dense, affine)))
  }
  // From the last one, so that of two in a row the second makes way for the first.
  for (const link of normalizations(links).reverse())
    into(link, nested.after(links, link), (dense) =>
      mergeWith(link, dense.features, (affine) => foldBefore(dense, affine)),
    )
}

const normalizations = ({ all }: Links): Link[] => all.filter(({ layer }) => layer instanceof BatchNormalization)

/** Merges a normalization into a dense layer's side of so many features, unless it differs along the other axes. */
function mergeWith<T>({ layer, weights, inputShape }: Link, features: number, merge: (affine: Affine) => T): T | null {
  const affine = alongLastAxis(affineOf(layer as BatchNormalization, weights, inputShape), features)
  return affine === null ? null : merge(affine)
}

function reasonOf(nested: NestedLinks, links: Links, link: Link): string {
  if (nested.usesOf(link) > 1) return 'it is used more than once'
  const before = nested.before(links, link)
  const behind = nested.after(links, link) ?? []
  const [after = null] = behind.length === 1 ? behind : []
  const isDense = ({ dense }: Link): boolean => dense !== null
  if (
    (before !== null && isDense(before) && endsLinearly(before.layer)) ||
    (behind.length > 0 && behind.every(isDense))
  )
    return links.all.length === 1
      ? 'the model that it is in has no other layer'
      : 'its scale and shift differ along an axis over which the dense layer shares its kernel'
  const describe = (link: Link | null, none: string): string =>
    link === null ? none : `${link.layer.className} ${show(link.layer.name)}`
  const [first, last] = links.isChain ? ['the input', 'the output'] : ['an input or a fork', 'an output or a fork']
  return `no dense layer is next to it: before it stands ${describe(before, first)}${before?.dense != null ? ' with an activation' : ''}, after it ${describe(after, last)}`
}
