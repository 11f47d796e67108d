import type { Tensor } from '../tensor/tensor.js'
import { checkTensor } from './define.js'
import { exp } from './exp.js'

/** eˣ, by the name that it has as an activation. */
export const exponential = (x: Tensor): Tensor => exp(checkTensor(x, 'exponential'))
