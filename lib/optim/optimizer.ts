import { checkRange, wrong } from '../core/check.js'
import { ofThisCopy } from '../core/copies.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { parseOptions, tellOptions, type ValuesOf } from '../core/schema.js'
import { show } from '../core/show.js'
import { type CommonNumbers, type UpdateNumbers, type UpdateRule, update } from '../ops/index.js'
import type { Parameter } from '../tensor/parameter.js'
import { tidy } from '../tensor/scope.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import { checkState, State, type StateValue } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Clipping, clippingOf, factorsOf } from './clipping.js'
import { constrain } from './constrain.js'
import { checkRate, type OptimizerOptions, type optimizerSchema } from './optimizer-options.js'
import { checkGradients, checkParameters, checkPaths } from './parameters.js'
import type { ScheduleLike } from './schedules/choices.js'
import type { Schedule } from './schedules/schedule.js'
import { type ParameterPaths, Slots } from './slots.js'
import { type Accumulation, accumulated, StepCount } from './step-count.js'
import { type DecayExclusion, WeightDecay } from './weight-decay.js'

export type { Accumulation } from './step-count.js'

/** An optimizer as plain data: its registered name, and its options. */
export interface OptimizerConfig {
  readonly name: string
  readonly [option: string]: unknown
}

/** The options of every optimizer; those of one are more. */
type OptimizerSchema = ReturnType<typeof optimizerSchema>

/**
 * A rule that changes parameters by their gradients, and the state that it keeps for each of them. An update goes in this order, in
 * both schedules the same to the last bit: the gradient (of a loss that has its regularizers in it), averaged if it is
 * accumulated; clipping; weight decay; the rule; the parameter's constraint. A parameter's `learningRateMultiplier`
 * multiplies η in the rule and in the decay; at 0 the parameter is left alone altogether: no update, decay or constraint, no slots,
 * and its gradient is no part of the global norm. Multipliers and constraints are read when a step is compiled.
 */
export abstract class Optimizer {
  /** @internal */
  static readonly schema: OptimizerSchema
  /**
   * The options that it was made with, checked and with defaults: `optimizer.options.momentum`. The rate, and what does not decay, may
   * have been set anew since: see {@link learningRate} and {@link getConfig}.
   */
  readonly options: ValuesOf<OptimizerSchema, OptimizerOptions>
  /** Called when the rate is set: steps that are under way take it up. @internal */
  whenChanged: (() => void) | null = null
  private rate: number | Schedule
  private readonly clipping: Clipping | null
  private readonly weightDecay: WeightDecay
  private readonly slots = new Slots()
  private readonly count = new StepCount()
  /** Whose gradients {@link zeroGrad} drops. */
  private readonly applied = new Set<Parameter>()

  /** @param name the registered one, for messages and configs */
  constructor(
    readonly name: string,
    options: OptimizerOptions,
  ) {
    this.options = parseOptions(new.target.schema, options, name, [], 'learningRate')
    this.rate = this.options.learningRate
    this.clipping = clippingOf(name, this.options)
    this.weightDecay = new WeightDecay(name, this.options)
  }

  /**
   * An optimizer of the class from what `getConfig()` gave, here or in another process. What it has learnt is told by {@link state}.
   * @throws MyelinError ERR_ARGUMENT for wrong options, or the config of another class
   */
  static fromConfig<O extends Optimizer>(this: new (options: never) => O, config: OptimizerConfig): O {
    const { name, ...options } = config
    const made = new this(options as never)
    if (name !== made.name) throw wrong(made.name, `the config is one of ${show(name)}`)
    return made
  }

  /** How many updates there have been since the last {@link reset}: what schedules see. Accumulated steps count when they are applied. */
  get iterations(): number {
    return this.count.updates
  }

  set iterations(value: number) {
    this.count.updates = value
  }

  /** η, with a schedule that of the next update. */
  get learningRate(): number {
    return this.rateAt(this.iterations)
  }

  /**
   * Can be set at any time, also while training: to a number from 0, or to a schedule. What is set takes the place of
   * a schedule that was there before, and of its momentum.
   * @throws MyelinError ERR_ARGUMENT if it is negative or not finite, or if steps at work cannot take it up; nothing is changed then
   */
  set learningRate(value: number | ScheduleLike) {
    const { rate } = this
    this.rate = checkRate(this.name, 'learningRate', value)
    this.changed()
    try {
      this.whenChanged?.()
    } catch (error) {
      this.rate = rate
      this.changed()
      throw error
    }
  }

  /** The schedule that the rate follows: its name, or that it is a function; null for a number. @internal */
  get rateSchedule(): string | null {
    const { rate } = this
    return typeof rate === 'number' ? null : rate.getConfig === undefined ? 'a function' : rate.name
  }

  /** Says what does not decay; takes the place of the option `exclude`. Steps that are compiled already stay as they are. */
  excludeFromWeightDecay(exclusion: DecayExclusion): void {
    this.weightDecay.exclude(exclusion)
  }

  /**
   * Updates parameters by their `.grad`, which stays as it is. Parameters without one are left alone.
   * @throws MyelinError ERR_NO_GRADIENT if no parameter has one; ERR_ARGUMENT for what is no list of parameters, each once
   */
  apply(parameters: readonly Parameter[]): void {
    checkParameters(this.name, parameters)
    for (const parameter of parameters) this.applied.add(parameter)
    this.update(
      parameters,
      parameters.map(({ grad }) => grad),
    )
  }

  /**
   * Drops the gradients of all parameters that {@link apply} was given since the last {@link reset}, so that the next `backward` begins
   * anew. `model.zeroGrad()` does so for a model's weights.
   */
  zeroGrad(): void {
    for (const parameter of this.applied) parameter.zeroGrad()
  }

  /**
   * One step: updates each parameter by its gradient in one native call. Where the gradient is null the parameter is left alone.
   * @param accumulation `steps: k`: gradients are only added up, but in each k-th step, which updates by their average
   * @throws MyelinError ERR_NO_GRADIENT if all are null; ERR_SHAPE if a gradient is not shaped like its parameter
   */
  update(
    parameters: readonly Parameter[],
    gradients: readonly (Tensor | null)[],
    accumulation: Accumulation = {},
  ): void {
    checkParameters(this.name, parameters)
    checkGradients(this.name, gradients)
    checkOptions(accumulation, ['steps'], this.name)
    this.schedule(parameters, gradients, accumulation)
    this.advance(1, accumulation)
  }

  /**
   * {@link update} without counting the step: in a traced step, which runs later and more than once. It reads `iterations` and
   * `learningRate` as they are then; who runs it calls {@link advance} with the same accumulation.
   * @internal
   */
  schedule(
    parameters: readonly Parameter[],
    gradients: readonly (Tensor | null)[],
    accumulation: Accumulation = {},
  ): void {
    this.check(parameters, gradients)
    const steps = this.count.begin(this.name, accumulation)
    const moving = parameters.filter((p, i) => gradients[i] !== null && p.learningRateMultiplier > 0)
    if (moving.length === 0) return
    tidy(() => {
      const given = moving.map((parameter) => gradients[parameters.indexOf(parameter)] as Tensor)
      const found = steps === 1 ? given : accumulated(moving, given, this.slots, this.count)
      const gradientOf = (parameter: Parameter): Tensor => found[moving.indexOf(parameter)] as Tensor
      const apply = steps === 1 ? null : (ahead: number): number => Number(this.count.at(ahead).applies)
      const overAll = factorsOf(this.clipping, 'globalClipNorm', found, 1 / steps, apply)
      for (const group of this.groups(moving)) {
        const gradientsOf = group.parameters.map(gradientOf)
        const factors = overAll ?? factorsOf(this.clipping, 'clipNorm', gradientsOf, 1 / steps, apply)
        const slots = this.slotNames.map((name) => this.slots.of(name, group.parameters, this.initial(name)))
        const numbers: UpdateNumbers = (ahead) => this.allNumbers(group, steps, slots.length, ahead)
        numbers.steady = () => steps === 1 && this.isSteady
        update(this.rule, group.parameters, gradientsOf, slots, numbers, factors)
      }
      for (const parameter of moving) constrain(parameter, apply)
    })
  }

  /** Counts steps that were scheduled and have run, or if negative takes them back. @internal */
  advance(steps: number, accumulation: Accumulation = {}): void {
    this.count.advance(this.name, steps, accumulation)
  }

  /** Forgets the state and starts counting again. */
  reset(): void {
    this.slots.clear()
    this.applied.clear()
    this.count.reset()
    this.changed()
  }

  /**
   * All that the next step hangs on: count of updates, rate or schedule, steps that are accumulated, and by parameter the slots. Copies.
   * @param parameters by the paths that their slots get, those of a model by `model.weightsByPath()`. Default: numbered as they came
   * @throws MyelinError ERR_ARGUMENT if there are slots of a parameter that is not among those given
   */
  state(parameters?: ParameterPaths): State {
    return this.held(parameters).copy()
  }

  /** {@link state} without copies. @internal */
  held(parameters: ParameterPaths = this.slots.numbered): State {
    checkPaths(this.name, parameters)
    const { name, rate, count, slots } = this
    return new State({
      optimizer: name,
      learningRate: rate,
      count: count.state(),
      own: this.ownState(),
      initial: slots.initial,
      slots: slots.held(parameters, name),
    })
  }

  /**
   * Brings back what {@link state} told, of this optimizer or one like it. Steps that are under way take the rate up.
   * @param parameters as there: an optimizer that has made no step yet has to be told which ones they are
   * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DISPOSED; nothing is changed then
   */
  restore(state: State, parameters?: ParameterPaths): void {
    this.restoring(state, parameters)()
  }

  /** Checks a state; what is returned brings it back. @internal */
  restoring(state: State, parameters: ParameterPaths = this.slots.numbered): () => void {
    const where = this.name
    checkPaths(where, parameters)
    const of = checkState(state, where).value('optimizer')
    if (of !== where) throw wrong(where, `the state is not one of ${where}, but of ${show(of)}`)
    const rate = this.restoredRate(state.value('learningRate'))
    const restoreCount = this.count.restoring(state.part('count'), where)
    const restoreOwn = this.restoringOwn(state.part('own'))
    const restoreSlots = this.slots.restoring(state.part('slots'), state.value('initial'), parameters, where)
    return () => {
      this.rate = rate
      restoreCount()
      restoreSlots()
      restoreOwn()
      this.changed()
      this.whenChanged?.()
    }
  }

  /**
   * The options that make an equal optimizer. Plain data.
   * @throws MyelinError ERR_FORMAT if the schedule, or what is exempt from weight decay, is a function of the user's
   */
  getConfig(): OptimizerConfig {
    const { schema } = this.constructor as typeof Optimizer
    return { name: this.name, ...tellOptions(schema, this.optionsNow as typeof this.options, this.name) }
  }

  /** The options that make one that goes on as this one would. */
  protected get optionsNow(): object {
    return { ...this.options, learningRate: this.rate, exclude: this.weightDecay.exempt }
  }

  /** The native rule; see ops/state.ts for its numbers and slots. */
  protected abstract readonly rule: UpdateRule

  /** The names of the rule's slots, in its order. */
  protected abstract get slotNames(): readonly string[]

  /**
   * The rule's numbers in the update before which there were so many others, in double; the rate has the multiplier in it.
   * @param slots how many slots a parameter has: a compiled step keeps those that it had when it was traced
   */
  protected abstract numbers(learningRate: number, step: number, slots: number): readonly number[]

  /** Whether all updates to come have the same numbers, as things are now. */
  protected get isSteady(): boolean {
    return typeof this.rate === 'number'
  }

  /** The first value of a slot's elements. */
  protected initial(_slot: string): number {
    return 0
  }

  /** The rest that an optimizer's numbers hang on, beside rate and count. */
  protected ownState(): State {
    return new State()
  }

  /** Checks that; what is returned brings it back. */
  protected restoringOwn(_state: State): () => void {
    return () => {}
  }

  /** Called when the rate or its schedule is another one, or the count begins again. */
  protected changed(): void {}

  /** Whether the schedule prescribes momentum too. */
  protected get cyclesMomentum(): boolean {
    return typeof this.rate === 'function' && this.rate.momentum !== undefined
  }

  /** The momentum (β₁) of an update: the schedule's if it has one, else the optimizer's own. */
  protected momentumAt(step: number, own: number): number {
    return typeof this.rate === 'number' ? own : (this.rate.momentum?.(step) ?? own)
  }

  /** The rate that a state tells; null in one from a file, which holds no function of the user's: the one that there is. */
  private restoredRate(value: StateValue | undefined): number | Schedule {
    if (value !== null) return checkRate(this.name, 'learningRate', value as number | ScheduleLike)
    if (typeof this.rate === 'function') return this.rate
    throw wrong(this.name, 'the rate was a function, which a file does not hold: make the optimizer with it again')
  }

  private rateAt(step: number): number {
    const { rate } = this
    if (typeof rate === 'number') return rate
    return checkRange(this.name, `what the schedule gives for step ${step}`, rate(step), 0)
  }

  /** Parameters that can share a native call: those with the same multiplier and decay. */
  private groups(parameters: readonly Parameter[]): Group[] {
    const groups = new Map<string, Group>()
    for (const parameter of parameters) {
      const { learningRateMultiplier: multiplier } = parameter
      const decay = this.weightDecay.of(parameter)
      const key = `${multiplier} ${decay}`
      const group = groups.get(key) ?? { multiplier, decay, parameters: [] }
      groups.set(key, group)
      group.parameters.push(parameter)
    }
    return [...groups.values()]
  }

  private allNumbers({ multiplier, decay }: Group, steps: number, slots: number, ahead: number): readonly number[] {
    const { update: step, applies } = this.count.at(ahead)
    const rate = this.rateAt(step) * multiplier
    const limit = this.clipping?.kind === 'clipValue' ? this.clipping.limit : Number.POSITIVE_INFINITY
    const common: CommonNumbers = [Number(applies), 1 / steps, limit, rate * decay]
    return [...this.numbers(rate, step, slots), ...common]
  }

  private check(parameters: readonly Parameter[], gradients: readonly (Tensor | null)[]): void {
    if (parameters.length !== gradients.length)
      throw wrong(this.name, `${parameters.length} parameters, but ${gradients.length} gradients`)
    let reached = 0
    for (let i = 0; i < parameters.length; i++) {
      const gradient = gradients[i]
      if (gradient === null || gradient === undefined) continue
      reached++
      const { name, shape, learningRateMultiplier: multiplier } = parameters[i] as Parameter
      if (!sameShape(shape, gradient.shape))
        throw new MyelinError(
          'ERR_SHAPE',
          `[${this.name}] ${show(name)} is ${formatShape(shape)}, its gradient ${formatShape(gradient.shape)}`,
        )
      checkRange(this.name, `the learningRateMultiplier of ${show(name)}`, multiplier, 0)
    }
    if (reached === 0 && parameters.length > 0)
      throw new MyelinError(
        'ERR_NO_GRADIENT',
        `[${this.name}] none of ${parameters.length} parameters has a gradient; call backward() first`,
      )
  }
}

ofThisCopy(Optimizer)

interface Group {
  multiplier: number
  decay: number
  parameters: Parameter[]
}
