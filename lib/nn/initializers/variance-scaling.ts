import { above, oneOf, optional, parseOptions, type Schema } from '../../core/schema.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { seedOption } from '../option-checks.js'
import { drawNormal, drawTruncated, drawUniform } from './draw.js'
import { fans, type Initializer, initializer, type SeedOption } from './initializer.js'

type Mode = 'fanIn' | 'fanOut' | 'fanAvg'
type Distribution = 'truncatedNormal' | 'untruncatedNormal' | 'uniform'

export interface VarianceScalingOptions extends SeedOption {
  /** The variance times the number of connections. Default 1. */
  scale?: number
  /** Which connections count: those in, those out, or the mean of both. Default fanIn. */
  mode?: Mode
  /** Default truncatedNormal, which is corrected so that the variance is the one named in spite of the truncation. */
  distribution?: Distribution
}

const seedSchema = { seed: seedOption() } satisfies Schema<SeedOption>

const scalingSchema = {
  scale: optional(above(0), 1),
  mode: optional(oneOf<Mode>('fanIn', 'fanOut', 'fanAvg'), 'fanIn'),
  distribution: optional(oneOf<Distribution>('truncatedNormal', 'untruncatedNormal', 'uniform'), 'truncatedNormal'),
  ...seedSchema,
} satisfies Schema<VarianceScalingOptions>

/** Mean 0 and variance scale / fan, so that a layer's outputs vary about as much as its inputs (He et al. 2015). */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const values = parseOptions(scalingSchema, options, 'varianceScaling')
  const { scale, mode, distribution, seed } = values
  return initializer('varianceScaling', values, scaled(scale, mode, distribution, seed))
}

/** Variance 2 / (fanIn + fanOut), normal. For tanh and sigmoid (Glorot & Bengio 2010). */
export const glorotNormal = (options: SeedOption = {}): Initializer =>
  named('glorotNormal', options, 1, 'fanAvg', 'truncatedNormal')

/** Uniform on ±√(6 / (fanIn + fanOut)). For tanh and sigmoid (Glorot & Bengio 2010). The default of kernels. */
export const glorotUniform = (options: SeedOption = {}): Initializer =>
  named('glorotUniform', options, 1, 'fanAvg', 'uniform')

/** Variance 2 / fanIn, normal. For ReLU and its relatives (He et al. 2015). */
export const heNormal = (options: SeedOption = {}): Initializer =>
  named('heNormal', options, 2, 'fanIn', 'truncatedNormal')

/** Uniform on ±√(6 / fanIn). For ReLU and its relatives (He et al. 2015). */
export const heUniform = (options: SeedOption = {}): Initializer => named('heUniform', options, 2, 'fanIn', 'uniform')

/** Variance 1 / fanIn, normal. For SELU (LeCun et al. 1998, Klambauer et al. 2017). */
export const lecunNormal = (options: SeedOption = {}): Initializer =>
  named('lecunNormal', options, 1, 'fanIn', 'truncatedNormal')

/** Uniform on ±√(3 / fanIn). For SELU (LeCun et al. 1998, Klambauer et al. 2017). */
export const lecunUniform = (options: SeedOption = {}): Initializer =>
  named('lecunUniform', options, 1, 'fanIn', 'uniform')

export interface RandomWalkOptions extends SeedOption {
  /** The activation behind the product. Default linear. */
  activation?: 'linear' | 'relu'
}

const walkSchema = {
  activation: optional(oneOf<'linear' | 'relu'>('linear', 'relu'), 'linear'),
  ...seedSchema,
} satisfies Schema<RandomWalkOptions>

/**
 * Random walk initialization (Sussillo & Abbott 2014): N(0, g²/n) for n = fanIn, with g such that the logarithm of the norm of a
 * gradient on its way down through layers of n units is a random walk without drift, which it is not for g = 1 or √2: g = exp(1 / 2n) for
 * linear units, √2·exp(1.2 / (max(n, 6) − 2.4)) for ReLU.
 */
export function randomWalk(options: RandomWalkOptions = {}): Initializer {
  const values = parseOptions(walkSchema, options, 'randomWalk')
  const { activation, seed } = values
  return initializer('randomWalk', values, (shape) => {
    const n = Math.max(1, fans(shape).fanIn)
    const gain = activation === 'linear' ? Math.exp(1 / (2 * n)) : Math.SQRT2 * Math.exp(1.2 / (Math.max(n, 6) - 2.4))
    return drawNormal(shape, 0, gain / Math.sqrt(n), seed)
  })
}

/** The standard deviation of a standard normal variable that is truncated at ±2. */
const truncatedStddev = 0.87962566103423978

/** One of the initializers whose only option is a seed. */
function named(name: string, options: SeedOption, scale: number, mode: Mode, distribution: Distribution): Initializer {
  const values = parseOptions(seedSchema, options, name)
  return initializer(name, values, scaled(scale, mode, distribution, values.seed))
}

const scaled = (scale: number, mode: Mode, distribution: Distribution, seed: number | undefined) => (shape: Shape) =>
  draw(shape, scale / Math.max(1, fanOf(shape, mode)), distribution, seed)

function fanOf(shape: Shape, mode: Mode): number {
  const { fanIn, fanOut } = fans(shape)
  switch (mode) {
    case 'fanIn':
      return fanIn
    case 'fanOut':
      return fanOut
    case 'fanAvg':
      return (fanIn + fanOut) / 2
  }
}

function draw(shape: Shape, variance: number, distribution: Distribution, seed: number | undefined): Tensor {
  switch (distribution) {
    case 'truncatedNormal':
      return drawTruncated(shape, 0, Math.sqrt(variance) / truncatedStddev, seed)
    case 'untruncatedNormal':
      return drawNormal(shape, 0, Math.sqrt(variance), seed)
    case 'uniform': {
      const bound = Math.sqrt(3 * variance)
      return drawUniform(shape, -bound, bound, seed)
    }
  }
}
