import { gradients } from '../autodiff/backward.js'
import { taps } from '../autodiff/taps.js'
import { MyelinError } from '../core/error.js'
import { listed, show } from '../core/show.js'
import { lostOnTheWay } from '../graph/trace.js'
import type { Accumulation, Optimizer } from '../optim/optimizer.js'
import type { Parameter } from '../tensor/parameter.js'
import type { Tensor } from '../tensor/tensor.js'

/**
 * The second half of a traced step: the gradients of the loss, and the optimizer's update by them.
 * @param where what an error message begins with
 * @param accumulation how gradients of several steps are joined, see {@link Optimizer.update}
 * @throws MyelinError ERR_NO_GRADIENT if an op on the way to a parameter has none, or no parameter is reached
 */
export function gradientStep(
  where: string,
  loss: Tensor,
  parameters: readonly Parameter[],
  optimizer: Optimizer,
  accumulation?: Accumulation,
): void {
  const found = gradientsOf(loss, parameters)
  const lost = lostOnTheWay(
    loss,
    parameters.filter((_, i) => found[i] === null),
  )
  if (lost.length > 0) {
    const names = lost.map(({ parameter }) => show(parameter.name))
    const ends = [...new Set(lost.flatMap(({ at }) => at))]
    throw new MyelinError(
      'ERR_NO_GRADIENT',
      `[${where}] the way back from the loss to ${listed(names)} ends at ${listed(ends)}, which has no gradient; where that is ` +
        'meant, freeze the layers before it, or detach() what it reads',
    )
  }
  if (parameters.length > 0 && found.every((gradient) => gradient === null))
    throw new MyelinError(
      'ERR_NO_GRADIENT',
      `[${where}] the loss does not depend differentiably on any of ${parameters.length} parameters`,
    )
  optimizer.schedule(parameters, found, accumulation)
  if (taps.value !== null) for (const parameter of parameters) taps.value.offer(`${parameter.name}/updated`, parameter)
}

/**
 * The parameters' gradients. To whoever takes taps, offers each parameter as it is before the update, its gradient (before clipping), and
 * the gradients at the tensors that were offered in the forward pass: `encoder/dense/preActivation/gradient`.
 */
function gradientsOf(loss: Tensor, parameters: readonly Parameter[]): (Tensor | null)[] {
  if (taps.value === null) return gradients(loss, parameters)
  const offered = [...taps.value.differentiable]
  const found = gradients(loss, [...parameters, ...offered.map(([, tensor]) => tensor)])
  const names = [...parameters.map(({ name }) => name), ...offered.map(([name]) => name)]
  for (const parameter of parameters) taps.value.offer(parameter.name, parameter)
  for (const [i, gradient] of found.entries()) if (gradient !== null) taps.value.offer(`${names[i]}/gradient`, gradient)
  return found.slice(0, parameters.length)
}
