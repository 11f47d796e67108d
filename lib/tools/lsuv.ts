import { noGrad } from '../autodiff/tape.js'
import { wrong } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import { put } from '../core/records.js'
import { show } from '../core/show.js'
import { callLayer } from '../model/call-layer.js'
import { Model } from '../model/model.js'
import { rememberArguments } from '../nn/activations/activate.js'
import { orthogonal } from '../nn/initializers/orthogonal.js'
import type { AnyLayer } from '../nn/layer.js'
import { mul, variance } from '../ops/index.js'
import type { Parameter } from '../tensor/parameter.js'
import { tidy } from '../tensor/scope.js'
import { Tensor } from '../tensor/tensor.js'

export interface LsuvOptions {
  /** The most times that a layer is scaled. Default 10. */
  maxIterations?: number
  /** How far from 1 a variance may stay. Default 0.1. */
  tolerance?: number
}

/**
 * Layer-sequential unit-variance initialization (Mishkin & Matas 2015; the data-dependent initialization of Krähenbühl et al. 2015 in
 * its simplest form). Each kernel becomes orthogonal and is then divided by the standard deviation of the layer's output on a batch,
 * before its activation, until the variance of that lies within `tolerance` of 1, layer by layer in the order in which the batch
 * passes. Other weights stay. An output that does not vary at all is left as it is.
 * @param model built or not; layers with a weight named `kernel` take part, in nested models too
 * @param batch samples [n, …], as many as give a fair variance
 * @returns the variance of each of these layers' outputs in the end, by the layer's name
 * @throws MyelinError ERR_ARGUMENT for wrong arguments, or if no layer has a kernel
 */
export function lsuv(
  model: Model<Tensor | Tensor[]>,
  batch: Tensor,
  options: LsuvOptions = {},
): Record<string, number> {
  checkOptions(options, ['maxIterations', 'tolerance'], 'lsuv')
  const { maxIterations = 10, tolerance = 0.1 } = options
  if (!(model instanceof Model)) throw wrong('lsuv', 'needs a model')
  if (!(batch instanceof Tensor)) throw wrong('lsuv', `needs a batch as a Tensor, got ${show(batch)}`)
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 1)
    throw wrong('lsuv', `maxIterations must be a positive whole number, got ${show(maxIterations)}`)
  if (!(typeof tolerance === 'number' && tolerance > 0))
    throw wrong('lsuv', `tolerance must be a number above 0, got ${show(tolerance)}`)

  const pass = (): void => noGrad(() => tidy(() => void model.call(batch, { training: false })))
  pass()
  const layers = leaves(model).filter((layer) => kernelOf(layer) !== undefined)
  if (layers.length === 0) throw wrong('lsuv', 'the model has no layer with a kernel')
  const draw = orthogonal()
  for (const kernel of layers.flatMap((layer) => kernelOf(layer) ?? [])) tidy(() => kernel.assign(draw(kernel.shape)))
  const variances: Record<string, number> = {}
  // Each layer is scaled when the batch gets there, by then through layers that have been.
  const whenCalled = (layer: AnyLayer, x: Tensor): void => {
    put(variances, layer.name, scale(layer, x, maxIterations, tolerance))
  }
  intercept(layers, whenCalled, pass)
  return variances
}

/** Scales a kernel until the output for x varies by 1. Returns the variance. */
function scale(layer: AnyLayer, x: Tensor, maxIterations: number, tolerance: number): number {
  const kernel = kernelOf(layer) as Parameter
  const measure = (): number => tidy(() => variance(beforeActivation(layer, x)).item())
  let found = measure()
  for (let i = 0; i < maxIterations && Math.abs(found - 1) > tolerance && found > 0 && Number.isFinite(found); i++) {
    tidy(() => kernel.assign(mul(kernel, 1 / Math.sqrt(found))))
    found = measure()
  }
  return found
}

/** The output of a layer before its activation. */
function beforeActivation(layer: AnyLayer, x: Tensor): Tensor {
  const { result, originOf } = rememberArguments(
    () => true,
    () => callLayer(layer, x, { training: false }) as Tensor,
  )
  return originOf(result)?.argument ?? result
}

/** Runs fn; each of the layers tells of its inputs the first time that it is called, and is itself again from then on. */
function intercept(layers: readonly AnyLayer[], tell: (layer: AnyLayer, x: Tensor) => void, fn: () => void): void {
  const release = (layer: AnyLayer): boolean => Reflect.deleteProperty(layer, 'call')
  for (const layer of layers)
    layer.call = (x, options) => {
      release(layer)
      tell(layer, x as Tensor)
      return layer.call(x, options)
    }
  try {
    fn()
  } finally {
    layers.forEach(release)
  }
}

/** The layers of a model, those of nested models in their places. */
function leaves({ layers }: Model<Tensor | Tensor[]>): AnyLayer[] {
  return layers.flatMap((layer) => (layer instanceof Model ? leaves(layer) : [layer]))
}

const kernelOf = ({ weights }: AnyLayer): Parameter | undefined =>
  weights.find(({ name, shape }) => name.endsWith('/kernel') && shape.length >= 2)
