import type { BatchIterable, ModelData } from '../data/source.js'
import type { PlanJob } from '../graph/plan.js'
import type { Accumulation, Optimizer } from '../optim/optimizer.js'
import type { Tensor } from '../tensor/tensor.js'
import { Assessment, type Logs } from './assessment.js'
import { awaitJob } from './await-job.js'
import type { NumberedHookName, StopReason, TrainingRun, WatchedModel } from './callbacks/callback.js'
import { Callbacks, checkReason } from './callbacks/callbacks.js'
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
import type { TrainableModel } from './trainable-model.js'

/** Trains a model. The caller makes sure that it is not trained twice at a time. */
export async function fitModel(
  trainee: TrainableModel & WatchedModel,
  objective: Objective,
  x: ModelData | BatchIterable,
  y: ModelData | undefined,
  options: FitOptions,
): Promise<History> {
  checkFitOptions(options, trainee.outputNames)
  const callbacks = new Callbacks(options.callbacks ?? [], 'fit', options.signal)
  let sources: Sources | null = null
  try {
    sources = await openSources(x, y, options, trainee)
    if (sources.train.sampleShapes !== undefined) trainee.ensureBuilt(sources.train.sampleShapes)
    return await new FitRun(trainee, objective, sources, callbacks, options).run()
  } finally {
    sources?.train.dispose()
    sources?.validation?.dispose()
  }
}

/** One run of `fit`. */
class FitRun implements TrainingRun {
  readonly model: TrainableModel & WatchedModel
  readonly optimizer: Optimizer
  readonly epochs: number
  private readonly result: History = { epoch: [], history: {} }
  private readonly source: Source
  /** The pass that the present epoch takes its steps from. */
  private pass: Pass | null = null
  private readonly program: Program
  private readonly evaluator: Evaluator
  private readonly validation: Source | null
  private readonly accumulation: Accumulation
  private assessment: Assessment | null = null
  /** The figures of the last whole epoch. */
  private logs: Logs = {}
  /** The loss of the last step, where single batches are watched. */
  private lastLoss: Tensor | null = null

  constructor(
    trainee: TrainableModel & WatchedModel,
    private readonly objective: Objective,
    { train, validation }: Sources,
    private readonly callbacks: Callbacks,
    private readonly options: FitOptions,
  ) {
    const { epochs = 1 } = options
    this.model = trainee
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
    this.evaluator = new Evaluator(trainee, objective, 'fit')
    if (train.sampleShapes !== undefined) this.assessment = this.newAssessment()
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
    this.end(checkReason(reason))
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
        () => this.logs,
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
    return this.result
  }

  private async runEpochs(reporter: Reporter): Promise<void> {
    const { epochs } = this
    const { initialEpoch = 0 } = this.options
    for (let epoch = initialEpoch; epoch < epochs && this.goesOn(); epoch++) {
      await this.tell('onEpochBegin', epoch, {})
      if (!this.goesOn()) break
      reporter.epochBegin(epoch)
      const began = performance.now()
      const steps = await this.runSteps(await this.passFor(epoch), reporter)
      const logs = await this.assess()
      if (logs === null) break
      this.logs = logs
      reporter.epochEnd(epoch, steps, (performance.now() - began) / 1000, logs)
      note(this.result, epoch, logs)
      await this.tell('onEpochEnd', epoch, logs)
    }
  }

  /** A training step: traced once for each shape of batch. */
  private step(batch: Batch): Tensor {
    const loss = (this.assessment as Assessment).add(batch, true)
    gradientStep('fit', loss, this.model.trainableWeights, this.optimizer, this.accumulation)
    return loss
  }

  /**
   * The pass for an epoch: one of its own, or where `stepsPerEpoch` says how many steps it takes, one for the whole run, in which each
   * epoch goes on where the last one ended.
   */
  private async passFor(epoch: number): Promise<Pass> {
    const open = (number: number): Pass => this.source.pass(number)
    if (this.options.stepsPerEpoch === undefined) {
      await this.pass?.close()
      this.pass = open(epoch)
    }
    this.pass ??= new EndlessPass(open, epoch)
    return this.pass
  }

  /** The steps of one epoch; resolves to how many there were. */
  private async runSteps(pass: Pass, reporter: Reporter): Promise<number> {
    const { watchBatches } = this.callbacks
    const { stepsPerEpoch = Number.POSITIVE_INFINITY } = this.options
    this.assessment?.reset()
    let [done, taken] = [0, 0]
    const next = (): PromiseResult<Segment | null> => {
      const most = watchBatches ? 1 : stepsPerEpoch - taken
      return resultOf(() => (taken < stepsPerEpoch ? pass.next(most) : null))
    }
    let coming: PromiseResult<Segment | null> | null = next()
    let segment = await this.arrival(coming)
    if (segment === null && this.goesOn()) refuseEmpty(pass)
    try {
      while (segment !== null && this.goesOn()) {
        taken += segment.steps
        if (watchBatches) {
          await this.tell('onBatchBegin', done, {})
          if (!this.goesOn()) break
        }
        const job = this.begin(segment)
        // The next batch is made while this one is worked on.
        coming = watchBatches ? null : next()
        done += await this.follow(job, segment, done, reporter)
        segment.dispose()
        segment = null
        if (watchBatches) await this.tell('onBatchEnd', done - 1, this.assessment?.logs() ?? {})
        if (!this.goesOn()) break
        coming ??= next()
        segment = await this.arrival(coming)
      }
    } finally {
      segment?.dispose()
      // A source may have nothing to give for hours.
      if (coming !== null) disposeOfResult(coming)
    }
    return done
  }

  /** The next steps; null too where the run is aborted before the source has them. */
  private async arrival(coming: PromiseResult<Segment | null>): Promise<Segment | null> {
    const result = await resultUnlessAborted(coming, this.options.signal)
    return result !== null && this.goesOn() ? unwrap(coming) : null
  }

  /** Begins the steps of a segment, having built the model where only the first batch can say for which shape. */
  private begin(segment: Segment): PlanJob {
    this.model.ensureBuilt(sampleShapesOf(segment))
    this.assessment ??= this.newAssessment()
    if (!this.callbacks.watchBatches) return this.program.start(segment)
    return this.program.start(segment, (loss) => {
      this.lastLoss?.dispose()
      this.lastLoss = loss
    })
  }

  private newAssessment(): Assessment {
    return new Assessment(this.model, this.objective, this.options.classWeight ?? null)
  }

  /** Waits for the steps of a segment, telling how far they are; resolves to how many were done. */
  private async follow(job: PlanJob, segment: Segment, before: number, reporter: Reporter): Promise<number> {
    const { optimizer, assessment } = this
    const tell = (): void => reporter.progress(before + job.steps, () => assessment?.logs() ?? {})
    optimizer.whenChanged = () => job.refresh()
    try {
      const { status, steps } = await awaitJob(job, this.options.signal, segment.steps > 1 ? tell : undefined)
      if (status !== 'done') this.end(status)
      if (segment.steps === 1) tell()
      return steps
    } finally {
      optimizer.whenChanged = null
    }
  }

  /** The figures of an epoch, validation included; null if the run was ended before they are known. */
  private async assess(): Promise<Logs | null> {
    if (!this.goesOn() && this.result.stopped !== 'early') return null
    const logs: Logs = { ...this.assessment?.logs() }
    if (this.validation !== null) {
      const found = await this.evaluator.run(this.validation, this.options.signal)
      if (found === null) {
        this.end('aborted')
        return null
      }
      for (const [name, value] of Object.entries(found)) logs[`val_${name}`] = value
    }
    logs.learningRate = this.optimizer.learningRate
    return logs
  }

  /** Calls a hook, and sees whether it ended the run in Keras' way. */
  private async tell(hook: NumberedHookName, index: number, logs: Logs): Promise<void> {
    if (!(await this.callbacks.at(hook, index, logs, this))) this.end('aborted')
    if (this.model.stopTraining === true) this.end('early')
  }

  private goesOn(): boolean {
    if (this.options.signal?.aborted) this.end('aborted')
    return this.result.stopped === undefined
  }

  /** The first reason counts. */
  private end(reason: StopReason): void {
    this.result.stopped ??= reason
  }
}
