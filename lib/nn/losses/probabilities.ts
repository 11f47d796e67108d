import { clip, div, sum } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'

/** Probabilities are kept this far from 0 and 1, so that their logarithms are finite; Keras' epsilon. */
const epsilon = 1e-7

export const clipProbabilities = (p: Tensor): Tensor => clip(p, epsilon, 1 - epsilon)

/** Probabilities of classes along the last axis: divided by their sum, then clipped. */
export const normalizeProbabilities = (p: Tensor): Tensor => clipProbabilities(div(p, sum(p, -1, true)))
