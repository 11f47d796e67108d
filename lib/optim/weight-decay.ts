import { wrong } from '../core/check.js'
import { unlessSaved } from '../core/config.js'
import { isListOf } from '../core/kinds.js'
import { from, maybe, type Schema, type ValuesOf } from '../core/schema.js'
import { Parameter } from '../tensor/parameter.js'

/** Exemptions from weight decay: parts of names (`'bias'` means every parameter with "bias" in its name), parameters, or a predicate. */
export type DecayExclusion = readonly (string | Parameter)[] | ((parameter: Parameter) => boolean)

export interface WeightDecayOptions {
  /**
   * Decoupled weight decay λ (Loshchilov & Hutter 2019): w −= η·λ·w before the update, with the rate η of the step. From 0.
   * Default: none; adamw 0.004.
   */
  weightDecay?: number
  /** Parameters that do not decay; needs a `weightDecay`, which may be 0. Default: nothing, as Keras. */
  exclude?: DecayExclusion
}

export const weightDecaySchema = {
  weightDecay: maybe(from(0)),
  exclude: maybe(checkExclusion, tellExclusion),
} satisfies Schema<WeightDecayOptions>

function checkExclusion(where: string, option: string, given: DecayExclusion): DecayExclusion {
  const known = (item: unknown): boolean => item instanceof Parameter || (typeof item === 'string' && item !== '')
  if (typeof given === 'function' || isListOf(given, known)) return given
  throw wrong(
    where,
    `${option} must be a list of names (not empty) and parameters, or a function of a parameter that returns true or false`,
  )
}

/** Parameters by their names. */
function tellExclusion(exclusion: DecayExclusion, where: string, option: string): DecayExclusion {
  return typeof exclusion === 'function'
    ? unlessSaved(exclusion, where, option, 'give a list of names')
    : exclusion.map((item) => (typeof item === 'string' ? item : item.name))
}

/** Which parameters decay, and by how much. */
export class WeightDecay {
  private readonly rate: number
  private exclusion: DecayExclusion

  constructor(
    private readonly where: string,
    { weightDecay, exclude = [] }: ValuesOf<typeof weightDecaySchema>,
  ) {
    this.rate = weightDecay ?? 0
    this.exclusion = exclude
    if (weightDecay === undefined && exemptsAny(exclude))
      throw wrong(
        where,
        'exclude says what does not decay, but nothing does: give weightDecay too, or leave exclude out',
      )
  }

  exclude(exclusion: DecayExclusion): void {
    this.exclusion = checkExclusion(this.where, 'exclude', exclusion)
  }

  /** λ for a parameter; 0 if it is exempt. */
  of(parameter: Parameter): number {
    const { rate, exclusion } = this
    const exempt =
      typeof exclusion === 'function'
        ? exclusion(parameter)
        : exclusion.some((item) => (typeof item === 'string' ? parameter.name.includes(item) : item === parameter))
    return exempt ? 0 : rate
  }

  /** The exempt parameters; undefined where none are, or nothing decays. */
  get exempt(): DecayExclusion | undefined {
    return this.rate > 0 && exemptsAny(this.exclusion) ? this.exclusion : undefined
  }
}

const exemptsAny = (exclusion: DecayExclusion): boolean => typeof exclusion === 'function' || exclusion.length > 0
