import type { BatchNormalization } from '../nn/layers/batch-normalization.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/** Batch normalization in inference, for each element of a sample: scale·x + shift, in double. */
export interface Affine {
  scale: Float64Array
  shift: Float64Array
}

/**
 * A dense layer's weights in double.
 * kernel: [features, units], row-major; bias: [units], or null.
 */
export interface DenseWeights {
  features: number
  units: number
  kernel: Float64Array
  bias: Float64Array | null
}

/**
 * Batch normalization with its running statistics, element by element: scale γ/√(σ² + ε), shift β − μ·scale.
 * @param weights those of the layer: gamma and beta as far as it has them, movingMean, movingVariance
 * @param shape one sample's
 */
export function affineOf(layer: BatchNormalization, weights: readonly Tensor[], shape: Shape): Affine {
  const values = weights.map((weight) => Float64Array.from(weight.data()))
  const gamma = layer.options.scale ? values.shift() : undefined
  const beta = layer.options.center ? values.shift() : undefined
  const [mean, variance] = values as [Float64Array, Float64Array]
  const axis = layer.options.axis < 0 ? shape.length + layer.options.axis : layer.options.axis - 1
  const channels = shape[axis] as number
  const inner = sizeOf(shape.slice(axis + 1))
  const affine = { scale: new Float64Array(sizeOf(shape)), shift: new Float64Array(sizeOf(shape)) }
  for (let i = 0; i < affine.scale.length; i++) {
    const c = Math.floor(i / inner) % channels
    const scale = (gamma?.[c] ?? 1) / Math.sqrt((variance[c] as number) + layer.options.epsilon)
    affine.scale[i] = scale
    affine.shift[i] = (beta?.[c] ?? 0) - (mean[c] as number) * scale
  }
  return affine
}

/** {@link affineOf} along the last axis alone, of so many features; null if it differs along the other axes. */
export function alongLastAxis({ scale, shift }: Affine, features: number): Affine | null {
  for (let i = features; i < scale.length; i++)
    if (scale[i] !== scale[i - features] || shift[i] !== shift[i - features]) return null
  return { scale: scale.slice(0, features), shift: shift.slice(0, features) }
}

/** A normalization behind the layer, taken into it: s·(x·K + b) + t = x·(K·diag(s)) + (s·b + t). */
export function foldBehind({ features, units, kernel, bias }: DenseWeights, { scale, shift }: Affine): DenseWeights {
  return {
    features,
    units,
    kernel: kernel.map((weight, i) => weight * (scale[i % units] as number)),
    bias: shift.map((t, unit) => t + (scale[unit] as number) * (bias?.[unit] ?? 0)),
  }
}

/** A normalization before the layer, taken into it: (s·x + t)·K + b = x·(diag(s)·K) + (t·K + b). */
export function foldBefore({ features, units, kernel, bias }: DenseWeights, { scale, shift }: Affine): DenseWeights {
  const folded = Float64Array.from({ length: units }, (_, unit) => bias?.[unit] ?? 0)
  for (let i = 0; i < kernel.length; i++)
    folded[i % units] = (folded[i % units] as number) + (shift[Math.floor(i / units)] as number) * (kernel[i] as number)
  return {
    features,
    units,
    kernel: kernel.map((weight, i) => weight * (scale[Math.floor(i / units)] as number)),
    bias: folded,
  }
}
