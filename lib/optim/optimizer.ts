import { MyelinError } from '../native/error.js'
import { type UpdateRule, update } from '../ops/index.js'
import { zeros } from '../tensor/creation.js'
import { eagerly } from '../tensor/recorder.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import { Parameter, type Tensor } from '../tensor/tensor.js'

/** A rule that changes parameters by their gradients, and the state that it keeps for each of them. */
export abstract class Optimizer {
  /** How many updates there have been since the last {@link reset}. */
  iterations = 0
  /** Called when the rate is set: steps that are under way take it up. @internal */
  whenChanged: (() => void) | null = null
  private rate: number
  /** By name (velocity, moving averages) the state of each parameter. */
  private readonly slots = new Map<string, Map<Parameter, Parameter>>()

  /** @param name the registered one, for messages and configs */
  constructor(
    readonly name: string,
    learningRate: number,
  ) {
    this.rate = checkRange(name, 'learningRate', learningRate, 0, Number.MAX_VALUE)
  }

  /** η. Can be set at any time, from 0. @throws MyelinError ERR_ARGUMENT if it is negative or not finite */
  get learningRate(): number {
    return this.rate
  }

  set learningRate(value: number) {
    this.rate = checkRange(this.name, 'learningRate', value, 0, Number.MAX_VALUE)
    this.whenChanged?.()
  }

  /**
   * Updates parameters by their `.grad`, which stays as it is. Parameters without one are left alone.
   * @throws MyelinError ERR_NO_GRADIENT if no parameter has one
   */
  apply(parameters: readonly Parameter[]): void {
    this.update(
      parameters,
      parameters.map(({ grad }) => grad),
    )
  }

  /**
   * One step: updates each parameter by its gradient in one native call. Where the gradient is null the parameter is left alone.
   * @throws MyelinError ERR_NO_GRADIENT if all are null; ERR_SHAPE if a gradient is not shaped like its parameter
   */
  update(parameters: readonly Parameter[], gradients: readonly (Tensor | null)[]): void {
    this.schedule(parameters, gradients)
    this.iterations++
  }

  /**
   * The same without counting the step: in a traced step, which runs later and more than once. It reads `iterations` and
   * `learningRate` as they are then.
   * @internal
   */
  schedule(parameters: readonly Parameter[], gradients: readonly (Tensor | null)[]): void {
    this.check(parameters, gradients)
    const reached = gradients.filter((gradient) => gradient !== null)
    const moving = reached.length === gradients.length ? parameters : parameters.filter((_, i) => gradients[i] !== null)
    const slots = this.slotNames.map((name) => this.slotsOf(name, moving))
    update(this.rule, moving, reached, slots, (ahead) => this.numbers(this.iterations + ahead))
  }

  /** Forgets the state and starts counting again. */
  reset(): void {
    for (const slots of this.slots.values()) for (const slot of slots.values()) slot.dispose()
    this.slots.clear()
    this.iterations = 0
  }

  /** The options that make an equal optimizer. Plain data. */
  getConfig(): Record<string, unknown> {
    return { name: this.name, learningRate: this.learningRate }
  }

  /** The native rule; see ops/update.ts for its numbers and slots. */
  protected abstract readonly rule: UpdateRule

  /** The names of the rule's slots, in its order. */
  protected abstract get slotNames(): readonly string[]

  /** The rule's numbers in the step before which there were so many others, in double. */
  protected abstract numbers(step: number): readonly number[]

  /** The state of this name of each parameter, which begins as zeros. */
  private slotsOf(name: string, parameters: readonly Parameter[]): Parameter[] {
    const slots = this.slots.get(name) ?? new Map<Parameter, Parameter>()
    this.slots.set(name, slots)
    return parameters.map((parameter) => {
      const slot = slots.get(parameter) ?? zerosLike(parameter, name)
      slots.set(parameter, slot)
      return slot
    })
  }

  private check(parameters: readonly Parameter[], gradients: readonly (Tensor | null)[]): void {
    if (parameters.length !== gradients.length)
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${this.name}] ${parameters.length} parameters, but ${gradients.length} gradients`,
      )
    let reached = 0
    for (let i = 0; i < parameters.length; i++) {
      const gradient = gradients[i]
      if (gradient === null || gradient === undefined) continue
      reached++
      const { name, shape } = parameters[i] as Parameter
      if (!sameShape(shape, gradient.shape))
        throw new MyelinError(
          'ERR_SHAPE',
          `[${this.name}] "${name}" is ${formatShape(shape)}, its gradient ${formatShape(gradient.shape)}`,
        )
    }
    if (reached === 0 && parameters.length > 0)
      throw new MyelinError(
        'ERR_NO_GRADIENT',
        `[${this.name}] none of ${parameters.length} parameters has a gradient; call backward() first`,
      )
  }
}

function zerosLike(parameter: Parameter, name: string): Parameter {
  const options = { name: `${parameter.name}/${name}`, trainable: false }
  return eagerly(() => new Parameter(zeros(parameter.shape), options))
}

/** An option that is a number from `least` to `most`. */
export function checkRange(where: string, option: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  const range = most === Number.MAX_VALUE ? `a finite number from ${least}` : `a number from ${least} to ${most}`
  throw new MyelinError('ERR_ARGUMENT', `[${where}] ${option} must be ${range}, got ${String(value)}`)
}

/** The share that a moving average keeps: in [0, 1). */
export function checkDecay(where: string, option: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value
  throw new MyelinError('ERR_ARGUMENT', `[${where}] ${option} must lie in [0, 1), got ${String(value)}`)
}

/** An option that is true or false. */
export function checkFlag(where: string, option: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value
  throw new MyelinError('ERR_ARGUMENT', `[${where}] ${option} must be true or false, got ${String(value)}`)
}
