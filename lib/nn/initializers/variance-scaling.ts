import { MyelinError } from '../../native/error.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { drawNormal, drawTruncated, drawUniform } from './draw.js'
import { checkNumber, checkSeedOption, fans, type Initializer, initializer, type SeedOption } from './initializer.js'

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
  const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal', seed } = options
  checkNumber('varianceScaling', 'scale', scale, Number.MIN_VALUE)
  checkChoice('mode', mode, modes)
  checkChoice('distribution', distribution, distributions)
  return scaling('varianceScaling', { scale, mode, distribution, seed }, scale, mode, distribution)
}

/** Variance 2 / (fanIn + fanOut), normal. For tanh and sigmoid (Glorot & Bengio 2010). */
export const glorotNormal = ({ seed }: SeedOption = {}): Initializer =>
  scaling('glorotNormal', { seed }, 1, 'fanAvg', 'truncatedNormal')

/** Uniform on ±√(6 / (fanIn + fanOut)). For tanh and sigmoid (Glorot & Bengio 2010). The default of kernels. */
export const glorotUniform = ({ seed }: SeedOption = {}): Initializer =>
  scaling('glorotUniform', { seed }, 1, 'fanAvg', 'uniform')

/** Variance 2 / fanIn, normal. For ReLU and its relatives (He et al. 2015). */
export const heNormal = ({ seed }: SeedOption = {}): Initializer =>
  scaling('heNormal', { seed }, 2, 'fanIn', 'truncatedNormal')

/** Uniform on ±√(6 / fanIn). For ReLU and its relatives (He et al. 2015). */
export const heUniform = ({ seed }: SeedOption = {}): Initializer =>
  scaling('heUniform', { seed }, 2, 'fanIn', 'uniform')

/** Variance 1 / fanIn, normal. For SELU (LeCun et al. 1998, Klambauer et al. 2017). */
export const lecunNormal = ({ seed }: SeedOption = {}): Initializer =>
  scaling('lecunNormal', { seed }, 1, 'fanIn', 'truncatedNormal')

/** Uniform on ±√(3 / fanIn). For SELU (LeCun et al. 1998, Klambauer et al. 2017). */
export const lecunUniform = ({ seed }: SeedOption = {}): Initializer =>
  scaling('lecunUniform', { seed }, 1, 'fanIn', 'uniform')

type Required<K extends keyof VarianceScalingOptions> = NonNullable<VarianceScalingOptions[K]>

/** The standard deviation of a standard normal variable that is truncated at ±2. */
const truncatedStddev = 0.87962566103423978

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

function checkChoice(option: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[varianceScaling] ${option} must be one of ${choices.join(', ')}, got ${String(value)}`,
    )
}
