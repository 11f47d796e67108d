import { MyelinError } from '../core/error.js'
import { zeros } from '../tensor/creation.js'
import { broadcastShapes, formatShape, sameShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { greater, lessEqual } from './compare.js'
import { checkTensor } from './define.js'
import { binary } from './elementwise.js'
import { mul } from './mul.js'
import { sumTo } from './sum.js'
import { where } from './where.js'

const parametric = binary('prelu', {
  gradient({ inputs }, [dy]) {
    const [x, alpha] = inputs as [Tensor, Tensor]
    return [
      x.requiresGrad ? mul(dy as Tensor, slope(x, alpha)) : null,
      alpha.requiresGrad ? sumTo(mul(dy as Tensor, where(greater(x, 0), 0, x)), alpha.shape) : null,
    ]
  },
})

/** 1 where x > 0, else α. */
const slope = binary('preluSlope', {
  gradient({ inputs }, [dy]) {
    const [x, alpha] = inputs as [Tensor, Tensor]
    return [zeros(x.shape), sumTo(where(lessEqual(x, 0), dy as Tensor, 0), alpha.shape)]
  },
})

/**
 * x above 0, alpha·x below (He et al. 2015). The derivative at 0 is alpha; alpha's gradient is summed over what shares it.
 * @param alpha broadcasts to x's shape
 * @throws MyelinError ERR_SHAPE
 */
export function prelu(x: Tensor, alpha: Tensor): Tensor {
  checkTensor(x, 'prelu')
  checkTensor(alpha, 'prelu', 'alpha')
  if (!sameShape(broadcastShapes(x.shape, alpha.shape, 'prelu'), x.shape))
    throw new MyelinError(
      'ERR_SHAPE',
      `[prelu] alpha must broadcast to x: alpha is ${formatShape(alpha.shape)}, x is ${formatShape(x.shape)}`,
    )
  return parametric(x, alpha)
}
