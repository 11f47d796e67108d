import type { BatchIterable, ModelData } from '../data/source.js'
import type { PlanJob } from '../graph/plan.js'
import type { Optimizer } from '../optim/optimizer.js'
import type { Tensor } from '../tensor/tensor.js'
import { Assessment, type Logs } from './assessment.js'
import { type BatchSource, type Segment, sampleShapesOf } from './batches.js'
import { Callbacks, type StopReason, type TrainingRun } from './callbacks.js'
import { descend } from './descent.js'
import { Evaluator } from './evaluate.js'
import { Feed } from './feed.js'
import { checkFitOptions, type FitOptions } from './fit-options.js'
import { openSources, type Sources } from './fit-sources.js'
import { Hold } from './hold.js'
import type { Objective } from './objective.js'
import { Program } from './program.js'
import { makeReporter, type Reporter } from './report.js'
import { finish } from './run.js'
import type { Batch } from './sample-set.js'
import { type Settled, settled, unsettle } from './settled.js'
import type { Trainee } from './trainee.js'

/** What a run came to. */
export interface History {
  /** The whole epochs, counted from 0. */
  epoch: number[]
  /** For each of them the figures: loss, the metrics, the same with val_ on validation data, learningRate. */
  history: Record<string, number[]>
  /** Why the run ended before its last epoch; absent if it did not. */
  stopped?: StopReason
}

/** Trains a model. The caller makes sure that it is not trained twice at a time. */
export async function fitModel(
  trainee: Trainee,
  objective: Objective,
  x: ModelData | BatchIterable,
  y: ModelData | undefined,
  options: FitOptions,
): Promise<History> {
  checkFitOptions(options, trainee.outputNames)
  const callbacks = new Callbacks(options.callbacks ?? [])
  const hold = new Hold()
  let sources: Sources | null = null
  try {
    sources = await openSources(x, y, options, trainee, hold)
    if (sources.train.sampleShapes !== undefined) trainee.ensureBuilt(sources.train.sampleShapes)
    return await new Fitting(trainee, objective, sources, callbacks, options).run()
  } finally {
    sources?.train.dispose()
    sources?.validation?.dispose()
    hold.dispose()
  }
}

/** One run of `fit`. */
class Fitting implements TrainingRun {
  readonly model: Trainee
  readonly optimizer: Optimizer
  readonly epochs: number
  private readonly result: History = { epoch: [], history: {} }
  private readonly feed: Feed
  private readonly program: Program
  private readonly evaluator: Evaluator
  private readonly validation: BatchSource | null
  private assessment: Assessment | null = null

  constructor(
    trainee: Trainee,
    private readonly objective: Objective,
    { train, validation }: Sources,
    private readonly callbacks: Callbacks,
    private readonly options: FitOptions,
  ) {
    const { epochs = 1, stepsPerEpoch, initialEpoch = 0 } = options
    this.model = trainee
    this.optimizer = objective.optimizer
    this.epochs = epochs
    this.validation = validation
    this.feed = new Feed(train, stepsPerEpoch, initialEpoch)
    this.program = new Program(
      'fit',
      (batch) => this.step(batch),
      (steps) => this.optimizer.advance(steps),
    )
    this.evaluator = new Evaluator(trainee, objective, 'fit')
  }

  get steps(): number | undefined {
    return this.feed.steps
  }

  stop(reason: StopReason): void {
    this.result.stopped ??= reason
  }

  async run(): Promise<History> {
    const { callbacks, result, epochs } = this
    const { verbose = 'auto', initialEpoch = 0 } = this.options
    const reporter = await makeReporter(verbose, epochs, this.steps)
    let logs: Logs = {}
    try {
      await callbacks.train('onTrainBegin', {}, this)
      for (let epoch = initialEpoch; epoch < epochs && this.goesOn(); epoch++) {
        await callbacks.at('onEpochBegin', epoch, {}, this)
        if (!this.goesOn()) break
        reporter.epochBegin(epoch)
        const began = performance.now()
        const steps = await this.runSteps(reporter)
        const figures = await this.figures()
        if (figures === null) break
        logs = figures
        reporter.epochEnd(epoch, steps, (performance.now() - began) / 1000, logs)
        this.note(epoch, logs)
        await callbacks.at('onEpochEnd', epoch, logs, this)
      }
      await callbacks.train('onTrainEnd', logs, this)
    } finally {
      reporter.close()
      this.program.dispose()
      this.evaluator.dispose()
      this.assessment?.dispose()
      await this.feed.close()
    }
    return result
  }

  /** What a training step is: traced once for each shape of batch. */
  private step(batch: Batch): Tensor {
    const loss = (this.assessment as Assessment).add(batch, true)
    descend('fit', loss, this.model.trainableWeights, this.optimizer)
    return loss
  }

  /** The steps of one epoch; resolves to how many there were. */
  private async runSteps(reporter: Reporter): Promise<number> {
    const { callbacks, feed } = this
    const { watchBatches } = callbacks
    const most = watchBatches ? 1 : Number.POSITIVE_INFINITY
    this.assessment?.reset()
    await feed.beginEpoch()
    let done = 0
    let segment = await feed.next(most)
    let coming: Settled<Segment | null> | null = null
    try {
      while (segment !== null && this.goesOn()) {
        if (watchBatches) {
          await callbacks.at('onBatchBegin', done, {}, this)
          if (!this.goesOn()) break
        }
        const job = this.begin(segment)
        // The next batch is made while this one is worked on.
        coming = watchBatches ? null : settled(() => feed.next(most))
        done += await this.follow(job, segment, done, reporter)
        segment.dispose()
        segment = null
        if (watchBatches) await callbacks.at('onBatchEnd', done - 1, this.assessment?.logs() ?? {}, this)
        if (coming !== null) segment = await unsettle(coming)
        else if (this.goesOn()) segment = await feed.next(most)
      }
    } finally {
      segment?.dispose()
      const left = await coming
      if (left !== null && 'value' in left) left.value?.dispose()
    }
    return done
  }

  /** Begins the steps of a segment, having built the model where only the first batch can say for which shape. */
  private begin(segment: Segment): PlanJob {
    this.model.ensureBuilt(sampleShapesOf(segment))
    this.assessment ??= new Assessment(this.model, this.objective, this.options.classWeight ?? null)
    return this.program.start(segment)
  }

  /** Waits for the steps of a segment, telling how far they are; resolves to how many were done. */
  private async follow(job: PlanJob, segment: Segment, before: number, reporter: Reporter): Promise<number> {
    const { optimizer, assessment } = this
    const tell = (): void => reporter.progress(before + job.steps, () => assessment?.logs() ?? {})
    const timer = segment.steps > 1 ? setInterval(tell, progressInterval) : null
    optimizer.whenChanged = () => job.refresh()
    try {
      const { status, steps } = await finish(job, this.options.signal)
      if (status === 'aborted') this.stop('aborted')
      if (timer === null) tell()
      return steps
    } finally {
      if (timer !== null) clearInterval(timer)
      optimizer.whenChanged = null
    }
  }

  /** What an epoch came to, validation included; null if the run was aborted before its end. */
  private async figures(): Promise<Logs | null> {
    if (!this.goesOn() && this.result.stopped === 'aborted') return null
    const logs: Logs = { ...this.assessment?.logs() }
    if (this.validation !== null) {
      const found = await this.evaluator.run(this.validation, this.options.signal)
      if (found === null) {
        this.stop('aborted')
        return null
      }
      for (const [name, value] of Object.entries(found)) logs[`val_${name}`] = value
    }
    logs.learningRate = this.optimizer.learningRate
    return logs
  }

  private note(epoch: number, logs: Logs): void {
    const { epoch: epochs, history } = this.result
    epochs.push(epoch)
    for (const [name, value] of Object.entries(logs)) {
      history[name] ??= []
      history[name].push(value)
    }
  }

  private goesOn(): boolean {
    if (this.options.signal?.aborted) this.stop('aborted')
    return this.result.stopped === undefined
  }
}

/** Milliseconds between two looks at how far an epoch is. */
const progressInterval = 100
