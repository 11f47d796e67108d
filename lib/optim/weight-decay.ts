import { checkRange, wrong } from '../core/check.js'
import { unlessSaved } from '../core/config.js'
import { isListOf } from '../core/kinds.js'
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

export const weightDecayOptions = ['weightDecay', 'exclude'] as const satisfies (keyof WeightDecayOptions)[]

/** Which parameters decay, and by how much. */
export class WeightDecay {
  readonly rate: number | undefined
  private exclusion: DecayExclusion = []

  constructor(
    private readonly where: string,
    { weightDecay, exclude }: WeightDecayOptions,
  ) {
    this.rate = weightDecay === undefined ? undefined : checkRange(where, 'weightDecay', weightDecay, 0)
    if (exclude === undefined) return
    this.exclude(exclude)
    if (weightDecay === undefined && (typeof exclude === 'function' || exclude.length > 0))
      throw wrong(
        where,
        'exclude says what does not decay, but nothing does: give weightDecay too, or leave exclude out',
      )
  }

  exclude(exclusion: DecayExclusion): void {
    const known = (item: unknown): boolean => item instanceof Parameter || (typeof item === 'string' && item !== '')
    if (typeof exclusion !== 'function' && !isListOf(exclusion, known))
      throw wrong(
        this.where,
        'exclude must be a list of names (not empty) and parameters, or a function of a parameter that returns true or false',
      )
    this.exclusion = exclusion
  }

  /** λ for a parameter; 0 if it is exempt. */
  of(parameter: Parameter): number {
    const { rate = 0, exclusion } = this
    const exempt =
      typeof exclusion === 'function'
        ? exclusion(parameter)
        : exclusion.some((item) => (typeof item === 'string' ? parameter.name.includes(item) : item === parameter))
    return exempt ? 0 : rate
  }

  /**
   * The options as plain data: parameters by their names. Where nothing decays nothing is exempt.
   * @throws MyelinError ERR_FORMAT for a function
   */
  getConfig(): { weightDecay?: number; exclude?: DecayExclusion } {
    const { rate, exclusion, where } = this
    if (rate === undefined) return {}
    if (rate === 0 || (typeof exclusion !== 'function' && exclusion.length === 0)) return { weightDecay: rate }
    const exclude =
      typeof exclusion === 'function'
        ? unlessSaved(exclusion, where, 'exclude', 'give a list of names')
        : exclusion.map((item) => (typeof item === 'string' ? item : item.name))
    return { weightDecay: rate, exclude }
  }
}
