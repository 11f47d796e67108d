import { MyelinError } from '../native/error.js'
import { show } from '../native/show.js'
import type { AnyLayer } from '../nn/layer.js'
import { BatchNormalization } from '../nn/layers/batch-normalization.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Affine, affineOf, alongLastAxis, type DenseWeights, foldBefore, foldBehind } from './affine.js'
import { type Link, Links } from './fold-links.js'
import { remake } from './fold-remake.js'
import { Functional } from './functional.js'
import type { Model } from './model.js'
import { Sequential } from './sequential.js'

/** What folding came to. */
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
 * stands between, or else into the dense layer after it, as in the order dense, activation, batch normalization, dense. What is
 * read elsewhere, too, or used more than once stays. Models inside the model are folded each by itself.
 * y = γ·(x − μ)/√(σ² + ε) + β is s·x + t with s = γ/√(σ² + ε) and t = β − μ·s; the products are formed in double and rounded
 * once. Its inference equals the model's to within rounding, 1e-5. To train it further is another thing than before.
 * @param model a built Sequential, or a functional model
 * @throws MyelinError ERR_ARGUMENT for another model, or one without weights yet; ERR_FORMAT for a layer that cannot be made anew from
 *   its config
 */
export function foldBatchNormalization<Y extends Tensor | Tensor[]>(model: Functional<Y>): FoldedModel<Functional<Y>>
export function foldBatchNormalization(model: Model): FoldedModel
export function foldBatchNormalization(model: unknown): FoldedModel<Sequential | Functional> {
  if (!(model instanceof Sequential || model instanceof Functional))
    throw new MyelinError('ERR_ARGUMENT', '[foldBatchNormalization] takes a Sequential or a functional model')
  const copies = model.getWeights()
  const values = new Map(model.weights.map((weight, i) => [weight, copies[i] as Tensor]))
  const report: Report = { folded: [], kept: [] }
  const parts = new Map<AnyLayer, Links>()
  try {
    foldWithin(model, values, report, parts)
    return { model: remake(model, parts, values), ...report }
  } finally {
    for (const copy of copies) copy.dispose()
  }
}

type Report = Pick<FoldedModel, 'folded' | 'kept'>

/** Folds a model and those in it, each once. */
function foldWithin(
  model: Sequential | Functional,
  values: ReadonlyMap<Tensor, Tensor>,
  report: Report,
  parts: Map<AnyLayer, Links>,
): void {
  if (parts.has(model)) return
  const links = new Links(model, values)
  parts.set(model, links)
  fold(links, report)
  for (const { layer } of links.all)
    if (layer instanceof Sequential || layer instanceof Functional) foldWithin(layer, values, report, parts)
}

function fold(links: Links, { folded, kept }: Report): void {
  const into = (link: Link, neighbour: Link | null, merge: (dense: DenseWeights) => DenseWeights | null): void => {
    const merged = neighbour?.dense == null ? null : merge(neighbour.dense)
    if (neighbour === null || merged === null) return
    neighbour.dense = merged
    links.remove(link)
    folded.push({ layer: link.layer.name, into: neighbour.layer.name })
  }
  for (const link of normalizations(links)) {
    const before = links.neighbourOf(link, 'before')
    const linear = before?.layer.finalActivation === 'linear' ? before : null
    into(link, linear, (dense) => mergeWith(link, dense.units, (affine) => foldBehind(dense, affine)))
  }
  // From the last one, so that of two in a row the second makes way for the first.
  for (const link of normalizations(links).reverse())
    into(link, links.neighbourOf(link, 'after'), (dense) =>
      mergeWith(link, dense.features, (affine) => foldBefore(dense, affine)),
    )
  for (const link of normalizations(links))
    if (!kept.some(({ layer }) => layer === link.layer.name))
      kept.push({ layer: link.layer.name, reason: reasonOf(links, link) })
}

const normalizations = ({ all }: Links): Link[] => all.filter(({ layer }) => layer instanceof BatchNormalization)

/** Merges a normalization into a dense layer's side of so many features, unless it differs along the other axes. */
function mergeWith<T>({ layer, weights, inputShape }: Link, features: number, merge: (affine: Affine) => T): T | null {
  const affine = alongLastAxis(affineOf(layer as BatchNormalization, weights, inputShape), features)
  return affine === null ? null : merge(affine)
}

function reasonOf(links: Links, link: Link): string {
  if (links.usesOf(link) > 1) return 'it is used more than once'
  const [before, after] = [links.neighbourOf(link, 'before'), links.neighbourOf(link, 'after')]
  if ((before?.dense != null && before.layer.finalActivation === 'linear') || after?.dense != null)
    return 'its scale and shift differ along an axis over which the dense layer shares its kernel'
  const describe = (link: Link | null, none: string): string =>
    link === null ? none : `${link.layer.className} ${show(link.layer.name)}`
  const [first, last] = links.isChain ? ['the input', 'the output'] : ['an input or a fork', 'an output or a fork']
  return `no dense layer is next to it: before it stands ${describe(before, first)}${before?.dense != null ? ' with an activation' : ''}, after it ${describe(after, last)}`
}
