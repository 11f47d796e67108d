import { noGrad } from '../autodiff/tape.js'
import { taps } from '../autodiff/taps.js'
import { zeros } from '../tensor/creation.js'
import type { DType } from '../tensor/dtype.js'
import { eagerly } from '../tensor/recorder.js'
import { tidy } from '../tensor/scope.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { withoutLosses } from './penalties.js'
import { isShapeList, type Shapes } from './shapes.js'

/**
 * The answer of a function to a batch of one zero sample. Inside a trace, too, it is the answer that is wanted, not the computation,
 * nor what it adds to the loss.
 * @param inputShape one sample's; of several inputs a list
 * @param dtypes the inputs', float32 where there is none
 */
export function inferFromZeros<T>(
  inputShape: Shapes,
  dtypes: readonly DType[],
  ask: (x: Tensor | readonly Tensor[]) => T,
): T {
  const zero = (shape: Shape, i = 0): Tensor => zeros([1, ...shape], { dtype: dtypes[i] ?? 'float32' })
  const run = (): T => ask(isShapeList(inputShape) ? inputShape.map(zero) : zero(inputShape))
  return eagerly(() => noGrad(() => tidy(() => withoutLosses(() => taps.run(null, run)))))
}
