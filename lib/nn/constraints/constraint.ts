import { wrong } from '../../core/check.js'
import { isListOf } from '../../core/kinds.js'
import { optional, type Schema } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { checkTensor } from '../../ops/define.js'
import { sqrt, square, sum } from '../../ops/index.js'
import { freeOnFailure } from '../../tensor/scope.js'
import type { Tensor } from '../../tensor/tensor.js'

/** The form that a weight is brought into after each update. Any function from a tensor to one of the same shape, made of ops, will do. */
export interface Constraint {
  (w: Tensor): Tensor
  /** Its name and options as plain data, by which a saved model makes it again. Absent: it cannot be saved. */
  readonly config?: ConstraintConfig
}

export interface ConstraintConfig {
  readonly name: string
  readonly [option: string]: unknown
}

export interface AxisOption {
  /**
   * The axis, or axes, that one norm is taken over. Default 0: for a dense kernel [in, out] the weights into each unit. For a
   * convolution kernel [height, width, in, out] give [0, 1, 2].
   */
  axis?: number | readonly number[]
}

/** A constraint with the config that makes it again. @throws MyelinError, when it is called, for what is no tensor */
export function constraint(name: string, options: object, apply: (w: Tensor) => Tensor): Constraint {
  return Object.assign((w: Tensor) => freeOnFailure(() => apply(checkTensor(w, name, 'the weight'))), {
    config: { name, ...options },
  })
}

/** Added to norms that are divided by: Keras' backend epsilon. */
export const epsilon = 1e-7

/** √Σw² over the axes, which stay with size 1. */
export const normOver = (w: Tensor, axis: number | readonly number[]): Tensor => sqrt(sum(square(w), axis, true))

/** Refuses what is no axis. Whether the weight has it turns out when the constraint is applied. */
function checkAxis(where: string, option: string, axis: number | readonly number[]): number | readonly number[] {
  const axes = Array.isArray(axis) ? axis : [axis]
  if (axes.length > 0 && isListOf(axes, Number.isInteger)) return typeof axis === 'number' ? axis : [...axis]
  throw wrong(where, `${option} must be a whole number or an array of such, got ${show(axis)}`)
}

export const axisSchema = { axis: optional(checkAxis, 0) } satisfies Schema<AxisOption>
