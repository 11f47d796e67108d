import { wrong } from '../core/check.js'
import { isListOf } from '../core/kinds.js'
import { show } from '../core/show.js'
import type { Optimizer } from '../optim/optimizer.js'
import { randomStreams } from '../tensor/random-state.js'
import type { Shape } from '../tensor/shape.js'
import { checkState, State, type StateValue } from '../tensor/state.js'
import type { Assessment } from './assessment.js'
import type { Callbacks } from './callbacks/callbacks.js'
import type { Course } from './course.js'
import type { Sources } from './data/fit-sources.js'
import { refuseOtherFacts } from './run-facts.js'
import type { RunKeeper } from './run-keeper.js'
import type { TrainableModel } from './trainable-model.js'

/** A run of `fit`, as far as its state goes. */
export interface KeptRun {
  readonly model: TrainableModel
  readonly optimizer: Optimizer
  readonly course: Course
  /** The figures of the epoch so far; null before the model is built. */
  readonly assessment: Assessment | null
  /** The shapes of one sample's inputs; null before they are known. */
  readonly sampleShapes: readonly Shape[] | null
  /** Builds the model for such inputs. */
  build(sampleShapes: readonly Shape[]): Assessment
}

/** Takes the states of a run where its keeper wants them, and brings back the one that it goes on from. */
export class RunStates {
  private facts: StateValue = null
  /** Where the user's functions and iterable were before they gave a batch whose step has not begun. */
  private unread: { created: number; own: State | undefined } | null = null
  /** Random streams and validation data before something that counts when it is done, and not if it is aborted. */
  private before: { streams: State; validation: State } | null = null

  /** @param factsOf what must be the same where the run goes on */
  constructor(
    private readonly run: KeptRun,
    private readonly keeper: RunKeeper | null,
    private readonly sources: Sources,
    private readonly callbacks: Callbacks,
    private readonly factsOf: () => Promise<StateValue>,
  ) {}

  /** Brings the run to where it is to go on. @throws MyelinError ERR_ARGUMENT if the state is of another run; the model stays */
  async begin(): Promise<void> {
    if (this.keeper === null) return
    this.facts = await this.factsOf()
    const state = await this.keeper.begin()
    if (state === null) return
    try {
      this.restore(checkState(state, 'fit'))
    } finally {
      state.dispose()
    }
  }

  /** After how many steps, counted over the whole run, the keeper wants to be asked next, if so many are taken. */
  stepsToNext(taken: number): number {
    const every = this.keeper?.everySteps ?? Number.POSITIVE_INFINITY
    return every === Number.POSITIVE_INFINITY ? every : every - (taken % every)
  }

  /** Whether the keeper wants to be asked between these steps. */
  isDue({ steps }: Course): boolean {
    const { everySteps, dueAt = Number.POSITIVE_INFINITY } = this.keeper ?? {}
    return (everySteps !== undefined && steps % everySteps === 0) || performance.now() >= dueAt
  }

  /** Calls fn when steps under way are to be interrupted. @returns what puts an end to the waiting */
  whenDue(fn: () => void): (() => void) | null {
    const dueAt = this.keeper?.dueAt
    if (dueAt === undefined) return null
    const timer = setTimeout(fn, Math.max(0, dueAt - performance.now()))
    return () => clearTimeout(timer)
  }

  /** Notes where things are before a batch is read, which may be long before its step begins. */
  beforeBatch(): void {
    if (this.keeper === null) return
    this.unread = { created: randomStreams.created, own: this.sources.train.own() }
  }

  /** The step of the batch has begun, or there was none. */
  afterBatch(): void {
    this.unread = null
  }

  /** Does something that draws, of which a state knows nothing until it is done: it is done again where it was aborted. */
  async whole<T>(work: () => Promise<T | null>): Promise<T | null> {
    if (this.keeper === null) return work()
    this.before = { streams: this.streams, validation: this.validation }
    const result = await work()
    if (result !== null) this.before = null
    return result
  }

  /** Gives the keeper a state, if it wants one here. */
  async ask(ended: boolean): Promise<void> {
    const { keeper, run } = this
    if (keeper === null || run.assessment === null) return
    const { epoch, step, steps } = run.course
    const moment = { epoch, step, steps, ended }
    if (keeper.wants(moment)) await keeper.keep(this.state(run.assessment), moment)
  }

  private state(assessment: Assessment): State {
    const { facts, sources, run, unread } = this
    const { model, optimizer, course, sampleShapes } = run
    const callbacks = this.callbacks.state()
    const held = new State({
      facts,
      sampleShapes: sampleShapes as StateValue,
      course: course.state(),
      streams: this.streams,
      source: sources.train.state(course.place?.pass ?? Number.POSITIVE_INFINITY, unread?.own),
      validation: this.validation,
      model: model.held('fit'),
      optimizer: optimizer.held(model.weightsByPath()),
      totals: course.begun ? assessment.held() : new State(),
      callbacks,
    })
    const state = held.copy()
    callbacks.dispose()
    return state
  }

  private get streams(): State {
    return this.before?.streams ?? randomStreams.stateWith(this.unread?.created ?? randomStreams.created)
  }

  private get validation(): State {
    return this.before?.validation ?? this.sources.validation?.state(Number.POSITIVE_INFINITY) ?? new State()
  }

  private restore(state: State): void {
    const where = 'fit'
    const { run, sources, callbacks } = this
    const { model, optimizer, course } = run
    refuseOtherFacts(this.facts, state.value('facts'), where)
    const assessment = run.build(checkShapes(state.value('sampleShapes'), where))
    const restore = [
      course.restoring(state.part('course'), where),
      sources.train.restoring(state.part('source'), where),
      sources.validation?.restoring(state.part('validation'), where),
      model.restoring(state.part('model')),
      optimizer.restoring(state.part('optimizer'), model.weightsByPath()),
      state.part('totals').names.length === 0 ? undefined : assessment.restoring(state.part('totals'), where),
      randomStreams.restoring(state.part('streams')),
    ]
    callbacks.restore(state.part('callbacks'))
    for (const part of restore) part?.()
  }
}

function checkShapes(given: StateValue | undefined, where: string): readonly Shape[] {
  const isShape = (shape: unknown): shape is Shape => isListOf(shape, Number.isSafeInteger)
  if (isListOf(given, isShape)) return given
  throw wrong(where, `the state has no shapes of inputs, but ${show(given)}`)
}
