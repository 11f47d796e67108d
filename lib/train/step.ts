import { gradients } from '../autodiff/backward.js'
import type { Optimizer } from '../optim/optimizer.js'
import { tidy } from '../tensor/scope.js'
import type { Parameter } from '../tensor/tensor.js'
import type { Assessment } from './assessment.js'
import type { Pass } from './batches.js'

/** One eager training step: gathers the batch, runs forward and backward, and updates the parameters. `.grad` is left alone. */
export function trainStep(
  pass: Pass,
  assessment: Assessment,
  optimizer: Optimizer,
  parameters: readonly Parameter[],
): void {
  tidy(() => {
    const loss = assessment.add(pass.batch(), true)
    optimizer.update(parameters, gradients(loss, parameters))
  })
}
