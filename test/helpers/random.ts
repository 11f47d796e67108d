import { randomUniform, tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

/** Seeded values in [0.3, 1.7): inside the domain of every op. */
export const positive = (shape: readonly number[], seed = 1): Tensor =>
  randomUniform(shape, { min: 0.3, max: 1.7, seed })

/** Seeded values in [−2, 2). */
export const signed = (shape: readonly number[], seed = 1): Tensor => randomUniform(shape, { min: -2, max: 2, seed })

/** Whole numbers from 0 to below, the same each time. */
export const labels = (n: number, below: number): Tensor =>
  tensor(Int32Array.from({ length: n }, (_, i) => (i * 7919) % below))
