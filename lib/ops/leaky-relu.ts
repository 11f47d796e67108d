import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { zeros } from '../tensor/creation.js'
import type { Tensor } from '../tensor/tensor.js'
import { gradientOf, unaryWith } from './elementwise.js'

const leaky = unaryWith('leakyRelu', {
  gradient: ({ inputs: [x], attrs }, [dy]) => [leakyReluGrad(x as Tensor, dy as Tensor, attrs)],
})

/** dy where x > 0, else α·dy. @internal */
const leakyReluGrad: (x: Tensor, dy: Tensor, attrs?: readonly number[]) => Tensor = gradientOf(
  'leakyReluGrad',
  ({ inputs: [x], attrs }, [ddx]) => [zeros((x as Tensor).shape), leakyReluGrad(x as Tensor, ddx as Tensor, attrs)],
)

/** x above 0, negativeSlope·x below. The derivative at 0 is negativeSlope. Default 0.2, as Keras' function (Maas et al. 2013). */
export function leakyRelu(x: Tensor, negativeSlope = 0.2): Tensor {
  if (!Number.isFinite(negativeSlope))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[leakyRelu] negativeSlope must be a finite number, got ${show(negativeSlope)}`,
    )
  return leaky(x, [negativeSlope])
}
