import { draw } from '../../tensor/creation.js'
import { streams } from '../../tensor/random.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'

// Initializers draw from a stream of their own, so that a network begins with the same weights whatever else was drawn before.

/** Draws from N(mean, stddev²). With a seed the result is always the same, without one the next of the stream. */
export const drawNormal = (shape: Shape, mean: number, stddev: number, seed?: number): Tensor =>
  draw('randomNormal', shape, [mean, stddev], { seed, stream: streams.initializer })

/** Draws from the uniform distribution on [low, high). */
export const drawUniform = (shape: Shape, low: number, high: number, seed?: number): Tensor =>
  draw('randomUniform', shape, [low, high], { seed, stream: streams.initializer })

/** Draws from N(mean, stddev²), of which only what lies within two standard deviations is kept. */
export const drawTruncated = (shape: Shape, mean: number, stddev: number, seed?: number): Tensor =>
  draw('truncatedNormal', shape, [mean, stddev], { seed, stream: streams.initializer })
