import { checkRange } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { checkOptions } from '../../core/names.js'
import { show } from '../../core/show.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { drawNormal, drawTruncated, drawUniform } from './draw.js'
import { checkSeedOption, fans, type Initializer, initializer, type SeedOption } from './initializer.js'

const modes = ['fanIn', 'fanOut', 'fanAvg'] as const
const distributions = ['truncatedNormal', 'untruncatedNormal', 'uniform'] as const

export interface VarianceScalingOptions extends SeedOption {
  /** The variance times the number of connections. Default 1. */
  scale?: number
  /** Which connections count: those in, those out, or the mean of both. Default fanIn. */
  mode?: (typeof modes)[number]
  /** Default truncatedNormal, which is corrected so that the variance is the one named in spite of the truncation. */
  distribution?: (typeof distributions)[number]
}

/** Mean 0 and variance scale / fan, so that a layer's outputs vary about as much as its inputs (He et al. 2015). */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  checkOptions(options, ['scale', 'mode', 'distribution', 'seed'], 'varianceScaling')
  const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal', seed } = options
  checkRange('varianceScaling', 'scale', scale, Number.MIN_VALUE)
  checkChoice('varianceScaling', 'mode', mode, modes)
  checkChoice('varianceScaling', 'distribution', distribution, distributions)
  return scaling('varianceScaling', { scale, mode, distribution, seed }, scale, mode, distribution)
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

/**
 * Random walk initialization (Sussillo & Abbott 2014): N(0, g²/n) for n = fanIn, with g such that the logarithm of the norm of a
 * gradient on its way down through layers of n units is a random walk without drift, which it is not for g = 1 or √2: g = exp(1 / 2n) for
 * linear units, √2·exp(1.2 / (max(n, 6) − 2.4)) for ReLU.
 */
export function randomWalk(options: RandomWalkOptions = {}): Initializer {
  checkOptions(options, ['activation', 'seed'], 'randomWalk')
  const { activation = 'linear', seed } = options
  checkChoice('randomWalk', 'activation', activation, ['linear', 'relu'])
  checkSeedOption('randomWalk', seed)
  return initializer('randomWalk', { activation, seed }, (shape) => {
    const n = Math.max(1, fans(shape).fanIn)
    const gain = activation === 'linear' ? Math.exp(1 / (2 * n)) : Math.SQRT2 * Math.exp(1.2 / (Math.max(n, 6) - 2.4))
    return drawNormal(shape, 0, gain / Math.sqrt(n), seed)
  })
}

type Required<K extends keyof VarianceScalingOptions> = NonNullable<VarianceScalingOptions[K]>

/** The standard deviation of a standard normal variable that is truncated at ±2. */
const truncatedStddev = 0.87962566103423978

/** One of the initializers whose only option is a seed. */
function named(
  name: string,
  options: SeedOption,
  scale: number,
  mode: Required<'mode'>,
  distribution: Required<'distribution'>,
): Initializer {
  checkOptions(options, ['seed'], name)
  return scaling(name, { seed: options.seed }, scale, mode, distribution)
}

function scaling(
  name: string,
  options: VarianceScalingOptions,
  scale: number,
  mode: Required<'mode'>,
  distribution: Required<'distribution'>,
): Initializer {
  const { seed } = options
  checkSeedOption(name, seed)
  return initializer(name, options, (shape) => {
    const variance = scale / Math.max(1, fanOf(shape, mode))
    return draw(shape, variance, distribution, seed)
  })
}

function fanOf(shape: Shape, mode: Required<'mode'>): number {
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

function draw(
  shape: Shape,
  variance: number,
  distribution: Required<'distribution'>,
  seed: number | undefined,
): Tensor {
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

function checkChoice(initializer: string, option: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${initializer}] ${option} must be one of ${choices.join(', ')}, got ${show(value)}`,
    )
}
