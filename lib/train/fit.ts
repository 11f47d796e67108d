import type { BatchIterable, ModelData } from '../data/source.js'
import type { PlanJob } from '../graph/plan.js'
import type { Accumulation, Optimizer } from '../optim/optimizer.js'
import { randomStreams } from '../tensor/random-state.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { Assessment, type Logs } from './assessment.js'
import { awaitJob } from './await-job.js'
import type { NumberedHookName, StopReason, TrainingRun, WatchedModel } from './callbacks/callback.js'
import { Callbacks, checkReason } from './callbacks/callbacks.js'
import { Course } from './course.js'
import { openSources, type Sources } from './data/fit-sources.js'
import { EndlessPass, type Pass, refuseEmpty } from './data/pass.js'
import type { Batch } from './data/sample-set.js'
import { type Segment, sampleShapesOf } from './data/segment.js'
import type { Source } from './data/source.js'
import { Evaluator } from './evaluate.js'
import { checkFitOptions, type FitOptions } from './fit-options.js'
import { gradientStep } from './gradient-step.js'
import { type History, note } from './history.js'
import type { Objective } from './objective.js'
import { Program } from './program.js'
import { makeReporter, type Reporter } from './progress.js'
import { disposeOfResult, type PromiseResult, resultOf, resultUnlessAborted, unwrap } from './promise-result.js'
import { factsOf } from './run-facts.js'
import { following } from './run-lock.js'
import { type KeptRun, RunStates } from './run-states.js'
import type { TrainableModel } from './trainable-model.js'

/** Trains a model. The caller makes sure that it is not trained twice at a time. */
export async function fitModel(
  model: TrainableModel & WatchedModel,
  objective: Objective,
  x: ModelData | BatchIterable,
  y: ModelData | undefined,
  options: FitOptions,
): Promise<History> {
  checkFitOptions(options, model.outputNames)
  const callbacks = new Callbacks(options.callbacks ?? [], 'fit', options.signal)
  let sources: Sources | null = null
  try {
    sources = await openSources(x, y, options, model)
    if (sources.train.sampleShapes !== undefined) model.ensureBuilt(sources.train.sampleShapes)
    return await new FitRun(model, objective, sources, callbacks, options).run()
  } finally {
    sources?.train.dispose()
    sources?.validation?.dispose()
  }
}

/** One run of `fit`. */
class FitRun implements TrainingRun, KeptRun {
  readonly model: TrainableModel & WatchedModel
  readonly optimizer: Optimizer
  readonly epochs: number
  readonly course: Course
  assessment: Assessment | null = null
  sampleShapes: readonly Shape[] | null = null
  private readonly source: Source
  /** The pass that the present epoch takes its steps from. */
  private pass: Pass | null = null
  private readonly program: Program
  private readonly evaluator: Evaluator
  private readonly validation: Source | null
  private readonly accumulation: Accumulation
  private readonly states: RunStates
  /** The loss of the last step, where single batches are watched. */
  private lastLoss: Tensor | null = null

  constructor(
    model: TrainableModel & WatchedModel,
    private readonly objective: Objective,
    sources: Sources,
    private readonly callbacks: Callbacks,
    private readonly options: FitOptions,
  ) {
    const { epochs = 1, initialEpoch = 0 } = options
    const { train, validation } = sources
    this.course = new Course(initialEpoch)
    this.model = model
    this.optimizer = objective.optimizer
    this.epochs = epochs
    this.validation = validation
    this.accumulation = { steps: options.gradientAccumulation }
    this.source = train
    this.program = new Program(
      'fit',
      (batch) => this.step(batch),
      (steps) => this.optimizer.advance(steps, this.accumulation),
      callbacks.mustBeFinite,
    )
    this.evaluator = new Evaluator(model, objective, 'fit')
    this.states = new RunStates(this, callbacks.keeper, sources, callbacks, () =>
      factsOf(model, objective, sources, callbacks, options),
    )
    if (train.sampleShapes !== undefined) this.build(train.sampleShapes)
  }

  get steps(): number | undefined {
    return this.options.stepsPerEpoch ?? this.source.steps
  }

  get figures(): readonly string[] | undefined {
    if (this.assessment === null) return undefined
    const names = Object.keys(this.assessment.logs())
    return [...names, ...(this.validation === null ? [] : names.map((name) => `val_${name}`)), 'learningRate']
  }

  get stepLoss(): number | undefined {
    return this.lastLoss?.item()
  }

  stop(reason: StopReason = 'early'): void {
    this.course.end(checkReason(reason))
  }

  build(sampleShapes: readonly Shape[]): Assessment {
    this.model.ensureBuilt(sampleShapes)
    this.sampleShapes ??= sampleShapes
    this.assessment ??= new Assessment(this.model, this.objective, this.options.classWeight ?? null)
    return this.assessment
  }

  async run(): Promise<History> {
    const { verbose = 'auto' } = this.options
    if (this.model.stopTraining !== undefined) this.model.stopTraining = false
    const reporter = makeReporter(verbose, this.epochs, this.steps)
    let failed = true
    try {
      await this.callbacks.around(
        this,
        () => this.runEpochs(reporter),
        () => this.course.logs,
      )
      failed = false
    } finally {
      reporter.close()
      this.program.dispose()
      this.evaluator.dispose()
      this.assessment?.dispose()
      this.lastLoss?.dispose()
      await this.pass?.close(failed || this.options.signal?.aborted === true)
    }
    return this.course.result
  }

  private async runEpochs(reporter: Reporter): Promise<void> {
    const { course, states, epochs } = this
    await states.begin()
    while (course.begun || (course.epoch < epochs && this.goesOn())) {
      const { epoch } = course
      if (!course.begun) await this.tell('onEpochBegin', epoch, {})
      course.begun = true
      if (!this.goesOn() && course.step === 0) break
      reporter.epochBegin(epoch)
      const began = performance.now()
      const pass = this.goesOn() ? await this.passFor(course) : null
      if (pass !== null) await this.runSteps(pass, reporter)
      const logs = await this.assess()
      if (logs === null) break
      reporter.epochEnd(epoch, course.step, (performance.now() - began) / 1000, logs)
      course.logs = logs
      note(course.result, epoch, logs)
      course.nextEpoch(this.options.stepsPerEpoch === undefined)
      await this.tell('onEpochEnd', epoch, logs)
      if (this.goesOn() && course.epoch < epochs) await states.ask(false)
    }
    await states.ask(true)
  }

  /** A training step: traced once for each shape of batch. */
  private step(batch: Batch): Tensor {
    const loss = (this.assessment as Assessment).add(batch, true)
    gradientStep('fit', loss, this.model.trainableWeights, this.optimizer, this.accumulation)
    return loss
  }

  /**
   * The pass for an epoch: one of its own, or where `stepsPerEpoch` says how many steps it takes, one for the whole run, in which each
   * epoch goes on where the last one ended. Null if the run is aborted before it is where the run goes on.
   */
  private async passFor(course: Course): Promise<Pass | null> {
    const { epoch, place } = course
    const { stepsPerEpoch, signal } = this.options
    if (stepsPerEpoch !== undefined && this.pass !== null) return this.pass
    await this.pass?.close()
    const open = (number: number): Pass => this.source.pass(number)
    const { pass: number, step } = place ?? { pass: epoch, step: 0 }
    const pass = stepsPerEpoch === undefined ? open(number) : new EndlessPass(open, number)
    this.pass = pass
    if (step === 0) return pass
    const draws = randomStreams.state()
    return this.states.whole(async () => {
      const skipping = resultOf(() => pass.skip(step))
      if ((await resultUnlessAborted(skipping, signal)) === null) {
        course.end('aborted')
        return null
      }
      await unwrap(skipping)
      randomStreams.restore(draws)
      return pass
    })
  }

  /** The steps of an epoch that are left. */
  private async runSteps(pass: Pass, reporter: Reporter): Promise<void> {
    const { course, states } = this
    const { watchBatches } = this.callbacks
    const { stepsPerEpoch = Number.POSITIVE_INFINITY } = this.options
    const before = course.steps - course.step
    let taken = course.step
    if (taken === 0) this.assessment?.reset()
    const next = (): PromiseResult<Segment | null> => {
      const most = watchBatches ? 1 : Math.min(stepsPerEpoch - taken, states.stepsToNext(before + taken))
      if (taken < stepsPerEpoch) states.beforeBatch()
      return resultOf(() => (taken < stepsPerEpoch ? pass.next(most) : null))
    }
    let coming: PromiseResult<Segment | null> | null = null
    let segment: Segment | null = null
    let heldUp = false
    try {
      for (;;) {
        if (segment === null) {
          coming ??= next()
          segment = await this.arrival(coming)
          if (segment === null) break
          coming = null
          taken += segment.steps
          course.place = { pass: pass.number, step: pass.step - segment.steps }
        }
        if (watchBatches && !heldUp) {
          await this.tell('onBatchBegin', course.step, {})
          if (!this.goesOn()) break
        }
        const job = this.begin(segment)
        if (coming === null) {
          states.afterBatch()
          // The next batch is made while this one is worked on.
          if (!watchBatches) coming = next()
        }
        segment = await this.follow(job, segment, reporter)
        // A step that was held up before it began is begun again: callbacks hear of it once.
        heldUp = segment !== null && this.goesOn()
        if (watchBatches && !heldUp) await this.tell('onBatchEnd', course.step - 1, this.assessment?.logs() ?? {})
        if (this.goesOn() && states.isDue(course)) await states.ask(false)
        if (!this.goesOn()) break
      }
      if (!this.goesOn()) return
      refuseEmpty(pass)
      states.afterBatch()
    } finally {
      segment?.dispose()
      // A source may have nothing to give for hours.
      if (coming !== null) disposeOfResult(coming)
    }
  }

  /** The next steps; null too where the run is aborted before the source has them. */
  private async arrival(coming: PromiseResult<Segment | null>): Promise<Segment | null> {
    const result = await resultUnlessAborted(coming, this.options.signal)
    return result !== null && this.goesOn() ? unwrap(coming) : null
  }

  /** Begins the steps of a segment, having built the model where only the first batch can say for which shape. */
  private begin(segment: Segment): PlanJob {
    this.build(sampleShapesOf(segment))
    if (!this.callbacks.watchBatches) return this.program.start(segment)
    return this.program.start(segment, (loss) => {
      this.lastLoss?.dispose()
      this.lastLoss = loss
    })
  }

  /**
   * Waits for the steps of a segment, telling how far they are. Resolves to those that are left, where they were interrupted because somebody
   * wants the state or the weights, or the run has ended.
   */
  private async follow(job: PlanJob, segment: Segment, reporter: Reporter): Promise<Segment | null> {
    const { model, optimizer, assessment, course } = this
    const { signal } = this.options
    const before = course.step
    const tell = (): void => reporter.progress(before + job.steps, () => assessment?.logs() ?? {})
    const interrupt = segment.steps === 1 ? null : this.states.whenDue(() => job.abort())
    optimizer.whenChanged = () => job.refresh()
    try {
      const ending = () => awaitJob(job, signal, segment.steps > 1 ? tell : undefined)
      const { status, steps } = await following(model, job, ending)
      course.advance(steps)
      if (status === 'notFinite') course.end(status)
      if (segment.steps === 1) tell()
      if (steps < segment.steps) return { ...segment, first: segment.first + steps, steps: segment.steps - steps }
      segment.dispose()
      return null
    } finally {
      interrupt?.()
      optimizer.whenChanged = null
    }
  }

  /** The figures of an epoch, validation included; null if the run was ended before they are known. */
  private async assess(): Promise<Logs | null> {
    const { validation, course } = this
    if (!this.goesOn() && course.result.stopped !== 'early') return null
    const logs: Logs = { ...this.assessment?.logs() }
    if (validation !== null) {
      const found = await this.states.whole(() => this.evaluator.run(validation, this.options.signal))
      if (found === null) {
        course.end('aborted')
        return null
      }
      for (const [name, value] of Object.entries(found)) logs[`val_${name}`] = value
    }
    logs.learningRate = this.optimizer.learningRate
    return logs
  }

  /** Calls a hook, and sees whether it ended the run in Keras' way. */
  private async tell(hook: NumberedHookName, index: number, logs: Logs): Promise<void> {
    if (!(await this.callbacks.at(hook, index, logs, this))) this.course.end('aborted')
    if (this.model.stopTraining === true) this.course.end('early')
  }

  private goesOn(): boolean {
    if (this.options.signal?.aborted) this.course.end('aborted')
    return this.course.result.stopped === undefined
  }
}
