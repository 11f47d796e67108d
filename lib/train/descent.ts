import { gradients } from '../autodiff/backward.js'
import { opsWithoutGradient } from '../graph/trace.js'
import { MyelinError } from '../native/error.js'
import type { Accumulation, Optimizer } from '../optim/optimizer.js'
import type { Parameter } from '../tensor/parameter.js'
import type { Tensor } from '../tensor/tensor.js'

/**
 * The second half of a traced step: the gradients of the loss, and the optimizer's update by them.
 * @param where what an error message begins with
 * @param accumulation how gradients of several steps are joined, see {@link Optimizer.update}
 * @throws MyelinError ERR_NO_GRADIENT if an op on the way has none, or no parameter is reached
 */
export function descend(
  where: string,
  loss: Tensor,
  parameters: readonly Parameter[],
  optimizer: Optimizer,
  accumulation?: Accumulation,
): void {
  const found = gradients(loss, parameters)
  if (parameters.length > 0 && found.every((gradient) => gradient === null)) {
    const ops = opsWithoutGradient()
    const why = ops.length === 0 ? '' : `; the way back ends at ${ops.join(', ')}, which has no gradient`
    throw new MyelinError(
      'ERR_NO_GRADIENT',
      `[${where}] the loss does not depend differentiably on any of ${parameters.length} parameters${why}`,
    )
  }
  optimizer.schedule(parameters, found, accumulation)
}
