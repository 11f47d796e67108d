import { checkRange, wrong } from '../../core/check.js'
import { isListOf } from '../../core/kinds.js'
import { parseOptions, required, type Schema } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface PiecewiseConstantOptions {
  /** The last steps of each piece but the last, in rising order. At least one. */
  boundaries: readonly number[]
  /** The rates, from 0: one more than there are boundaries. */
  values: readonly number[]
}

const schema = {
  boundaries: required(checkNumbers),
  values: required(checkNumbers),
} satisfies Schema<PiecewiseConstantOptions>

function checkNumbers(where: string, option: string, list: readonly number[]): readonly number[] {
  if (isListOf(list, Number.isFinite)) return [...list]
  throw wrong(where, `${option} must be a list of finite numbers, got ${show(list)}`)
}

/**
 * values[0] up to and with the step boundaries[0], then values[1] up to boundaries[1], …, as Keras' PiecewiseConstantDecay.
 * @throws MyelinError ERR_ARGUMENT if the boundaries do not rise, or the numbers of boundaries and values do not fit
 */
export function piecewiseConstant(options: PiecewiseConstantOptions): NamedSchedule {
  const name = 'piecewiseConstant'
  const { boundaries, values } = parseOptions(schema, options, name)
  if (boundaries.length === 0 || boundaries.some((b, i) => i > 0 && b <= (boundaries[i - 1] as number)))
    throw wrong(name, `boundaries must rise from one to the next, got ${show(boundaries)}`)
  if (values.length !== boundaries.length + 1)
    throw wrong(name, `${boundaries.length} boundaries need ${boundaries.length + 1} values, got ${values.length}`)
  for (const value of values) checkRange(name, 'each of values', value, 0)
  return makeSchedule(name, { boundaries, values }, (step) => {
    const piece = boundaries.findIndex((boundary) => step <= boundary)
    return values.at(piece) as number
  })
}
