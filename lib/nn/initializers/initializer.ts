import { freeOnFailure } from '../../tensor/scope.js'
import { checkShape, type Shape, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'

/** A recipe for a weight's first value. Any function from a shape to a float32 tensor will do. */
export interface Initializer {
  (shape: Shape): Tensor
  /** Its name and options as plain data, by which a saved model makes it again. Absent: it cannot be saved. */
  readonly config?: InitializerConfig
}

export interface InitializerConfig {
  readonly name: string
  readonly [option: string]: unknown
}

export interface SeedOption {
  /** With a seed, every draw is the same. Default: the next draw of the stream under `setSeed`. */
  seed?: number
}

/** An initializer with the config that makes it again. @throws MyelinError, when it is called, for what is no shape, or one too large */
export function initializer(name: string, options: object, make: (shape: Shape) => Tensor): Initializer {
  return Object.assign((shape: Shape) => freeOnFailure(() => make(checkShape(shape, name))), {
    config: { name, ...options },
  })
}

/**
 * How many inputs and outputs a weight of this shape connects: for a matrix its rows and columns, for a convolution kernel
 * [...window, channels in, channels out] the channels times the window's size.
 */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 }
  if (shape.length === 1) return { fanIn: shape[0] as number, fanOut: shape[0] as number }
  const window = sizeOf(shape.slice(0, -2))
  return { fanIn: (shape.at(-2) as number) * window, fanOut: (shape.at(-1) as number) * window }
}
