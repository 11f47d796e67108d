import { checkFlag, wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { Model } from '../model/model.js'
import { createFrom } from '../tensor/creation.js'
import type { Tensor } from '../tensor/tensor.js'

export interface SparsityOptions {
  /** Weights that are no larger than this in absolute value count as zeros. From 0, the default: exact zeros alone. */
  threshold?: number
  /** Whether they are set to zero in the model. Default false. */
  apply?: boolean
}

/** How many weights are zero. */
export interface ZeroCount {
  weights: number
  zeros: number
  /** zeros / weights. */
  share: number
}

export interface Sparsity extends ZeroCount {
  /** Layer by layer, those without a kernel left out. */
  layers: (ZeroCount & { name: string })[]
}

/**
 * The share of zeros among a model's kernels (its weights of two axes or more; biases and statistics are left alone), in all and
 * layer by layer. L1 regularization brings weights close to zero, a threshold makes them exact zeros.
 * @throws MyelinError ERR_ARGUMENT for a negative threshold or a model without weights yet; ERR_BUSY to apply it while it trains
 */
export function sparsity(model: Model, options: SparsityOptions = {}): Sparsity {
  if (!(model instanceof Model)) throw wrong('sparsity', `needs a model, got ${show(model)}`)
  checkOptions(options, ['threshold', 'apply'], 'sparsity')
  const { threshold = 0, apply = false } = options
  if (!(typeof threshold === 'number' && threshold >= 0))
    throw new MyelinError('ERR_ARGUMENT', `[sparsity] threshold must be a number from 0, got ${show(threshold)}`)
  checkFlag('sparsity', 'apply', apply)
  const values = model.getWeights()
  const all = new Map(model.weights.map((weight, i) => [weight, i]))
  try {
    const layers = model.layers.flatMap(({ name, weights }) => {
      const kernels = weights.filter(({ rank }) => rank >= 2)
      if (kernels.length === 0) return []
      const counts = kernels.map((kernel) => {
        const i = all.get(kernel) as number
        const elements = (values[i] as Tensor).data() as Float32Array
        const zeros = clear(elements, threshold)
        if (apply) {
          values[i]?.dispose()
          values[i] = createFrom(elements, kernel.shape, 'float32')
        }
        return { weights: kernel.size, zeros }
      })
      return [{ name, ...total(counts) }]
    })
    if (apply) model.setWeights(values)
    return { ...total(layers), layers }
  } finally {
    for (const value of values) value.dispose()
  }
}

/** Sets what is no larger to zero; returns how many there are. */
function clear(elements: Float32Array, threshold: number): number {
  let zeros = 0
  for (let i = 0; i < elements.length; i++) {
    if (Math.abs(elements[i] as number) > threshold || Number.isNaN(elements[i])) continue
    elements[i] = 0
    zeros++
  }
  return zeros
}

function total(counts: readonly { weights: number; zeros: number }[]): ZeroCount {
  const weights = counts.reduce((sum, count) => sum + count.weights, 0)
  const zeros = counts.reduce((sum, count) => sum + count.zeros, 0)
  return { weights, zeros, share: weights === 0 ? 0 : zeros / weights }
}
