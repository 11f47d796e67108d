export { type FactoryName, factoriesOf } from '../../lib/core/registry.js'

import * as nn from '../../lib/nn/choices.js'
import type { MetricContext } from '../../lib/nn/metrics/metric.js'
import { type OptimizerLike, optimizerRegistry } from '../../lib/optim/choices.js'
import { type ScheduleLike, getSchedule as scheduleOf } from '../../lib/optim/schedules/choices.js'

// Choices of options, found as a layer, `compile` or an optimizer finds them.

type None = null | undefined

export const getActivation = (given: nn.ActivationLike, where = 'here') => nn.activationRegistry.get(given, where)
export const getInitializer = (given: nn.InitializerLike, where = 'here') => nn.initializerRegistry.get(given, where)
export const getRegularizer = (given: nn.RegularizerLike | None, where = 'here') =>
  nn.regularizerRegistry.optional(given, where)
export const getConstraint = (given: nn.ConstraintLike | None, where = 'here') =>
  nn.constraintRegistry.optional(given, where)
export const getLoss = (given: nn.LossLike, where = 'here') => nn.getLoss(given, where)
export const getMetric = (given: nn.MetricLike, context: MetricContext = {}, where = 'here') =>
  nn.getMetric(given, context, where)
export const getOptimizer = (given: OptimizerLike, where = 'here') => optimizerRegistry.get(given, where)
export const getSchedule = (given: ScheduleLike, where = 'here') => scheduleOf(given, where)
