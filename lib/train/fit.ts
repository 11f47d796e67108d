import { type BatchData, type BatchIterable, isBatchIterable, type TensorData } from '../data/source.js'
import { MyelinError } from '../native/error.js'
import type { Optimizer } from '../optim/optimizer.js'
import { checkSeed } from '../tensor/random.js'
import { tidy } from '../tensor/scope.js'
import { Assessment, type Logs } from './assessment.js'
import { type BatchSource, MemoryData, MemorySource, openSource, type Shuffle } from './batches.js'
import { type Callback, Callbacks, type StopReason, type TrainingRun } from './callbacks.js'
import { evaluateSource } from './evaluate.js'
import { Feed } from './feed.js'
import type { Objective } from './objective.js'
import { checkSignal, checkWhole } from './options.js'
import { Pacer } from './pacer.js'
import { makeReporter, type Reporter, type Verbosity } from './report.js'
import { trainStep } from './step.js'
import type { Trainee } from './trainee.js'

export interface FitOptions {
  /** The number of the last epoch. Default 1. */
  epochs?: number
  /** Samples a step; the last batch of an epoch may be smaller. Default 32. Iterables bring batches of their own. */
  batchSize?: number
  /** The share of samples, taken from the end before any shuffling, that is not trained on but evaluated after each epoch. */
  validationSplit?: number
  /** Data to evaluate after each epoch: [x, y], or an iterable of batches. Comes before `validationSplit`. */
  validationData?: BatchData | BatchIterable
  /** Whether the samples come in another order in each epoch. Default true; iterables keep their own. */
  shuffle?: boolean
  /** Fixes the orders of this call. Default: the next of the global seed, see `setSeed`. */
  seed?: number
  callbacks?: Callback | readonly Callback[]
  /** 0: nothing. 1 or 'auto' (default): a progress bar on a terminal, elsewhere as 2. 2: a line an epoch. */
  verbose?: Verbosity
  /** The epochs that are already done, for going on with an earlier run. Default 0. */
  initialEpoch?: number
  /** Steps an epoch; the next one goes on where it ended. Default: once through the data. */
  stepsPerEpoch?: number
  /** Ends the run after the step at work: the promise resolves with `stopped: 'aborted'`. */
  signal?: AbortSignal
}

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
  x: TensorData | BatchIterable,
  y: TensorData | undefined,
  options: FitOptions,
): Promise<History> {
  checkOptions(options)
  const callbacks = new Callbacks(options.callbacks ?? [])
  const sources = openSources(x, y, options)
  try {
    if (sources.train.sampleShape !== undefined) trainee.ensureBuilt(sources.train.sampleShape)
    return await new Fitting(trainee, objective, sources, callbacks, options).run()
  } finally {
    sources.train.dispose()
    sources.validation?.dispose()
  }
}

/** One run of `fit`. */
class Fitting implements TrainingRun {
  readonly model: Trainee
  readonly optimizer: Optimizer
  readonly epochs: number
  private readonly result: History = { epoch: [], history: {} }
  private readonly pacer = new Pacer()
  private readonly feed: Feed
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
    }
    return result
  }

  /** The steps of one epoch; resolves to how many there were. */
  private async runSteps(reporter: Reporter): Promise<number> {
    const { callbacks, feed, pacer, optimizer } = this
    const { watchBatches } = callbacks
    feed.beginEpoch()
    this.assessment?.reset()
    let parameters = this.model.trainableWeights
    let step = 0
    while (this.goesOn()) {
      const more = feed.advance()
      if (!(typeof more === 'boolean' ? more : await more)) break
      if (watchBatches) {
        await callbacks.at('onBatchBegin', step, {}, this)
        if (!this.goesOn()) break
      }
      if (this.assessment === null) {
        this.assessment = this.begin()
        parameters = this.model.trainableWeights
      }
      const { assessment } = this
      trainStep(feed, assessment, optimizer, parameters)
      if (watchBatches) await callbacks.at('onBatchEnd', step, assessment.logs(), this)
      step++
      if (pacer.due) {
        reporter.progress(step, () => assessment.logs())
        await pacer.rest()
      }
    }
    return step
  }

  /** Builds the model, where only the first batch can say for which shape. */
  private begin(): Assessment {
    tidy(() => this.model.ensureBuilt(this.feed.batch().x.shape.slice(1)))
    return new Assessment(this.model, this.objective)
  }

  /** What an epoch came to, validation included; null if the run was aborted before its end. */
  private async figures(): Promise<Logs | null> {
    if (!this.goesOn() && this.result.stopped === 'aborted') return null
    const logs: Logs = { ...this.assessment?.logs() }
    if (this.validation !== null) {
      const aborted = (): boolean => !this.goesOn() && this.result.stopped === 'aborted'
      const found = await evaluateSource(this.model, this.objective, this.validation, this.pacer, aborted, 'fit')
      if (found === null) return null
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

interface Sources {
  train: BatchSource
  validation: BatchSource | null
}

function openSources(x: TensorData | BatchIterable, y: TensorData | undefined, options: FitOptions): Sources {
  const { batchSize = 32, validationSplit = 0, validationData, shuffle = true, seed } = options
  const order: Shuffle = shuffle && (seed === undefined ? {} : { seed })
  const validation = validationData === undefined ? null : openValidation(validationData, batchSize)
  try {
    if (isBatchIterable(x)) {
      if (validationSplit > 0 && validation === null)
        throw wrong('validationSplit needs data in memory; give validationData beside an iterable')
      return { train: openSource(x, y, batchSize, 'fit'), validation }
    }
    const data = new MemoryData(x, y, 'fit')
    if (validation !== null || validationSplit === 0)
      return { train: new MemorySource(data, batchSize, order), validation }
    const split = Math.floor(data.samples * (1 - validationSplit))
    if (split === 0 || split === data.samples) {
      data.dispose()
      throw wrong(
        `validationSplit ${validationSplit} of ${data.samples} samples leaves nothing to train on or to validate with`,
      )
    }
    return {
      train: new MemorySource(data, batchSize, order, 0, split),
      validation: new MemorySource(data, batchSize, false, split),
    }
  } catch (error) {
    validation?.dispose()
    throw error
  }
}

function openValidation(data: BatchData | BatchIterable, batchSize: number): BatchSource {
  if (isBatchIterable(data)) return openSource(data, undefined, batchSize, 'fit: validationData')
  if (Array.isArray(data) && data.length === 2) return openSource(data[0], data[1], batchSize, 'fit: validationData')
  throw wrong('validationData must be [x, y] or an iterable of such batches')
}

function checkOptions(options: FitOptions): void {
  const {
    epochs = 1,
    batchSize = 32,
    validationSplit = 0,
    initialEpoch = 0,
    stepsPerEpoch,
    seed,
    shuffle = true,
    signal,
  } = options
  checkWhole(epochs, 'epochs', 'fit')
  checkWhole(batchSize, 'batchSize', 'fit')
  checkWhole(initialEpoch, 'initialEpoch', 'fit', 0)
  if (stepsPerEpoch !== undefined) checkWhole(stepsPerEpoch, 'stepsPerEpoch', 'fit')
  if (seed !== undefined) checkSeed(seed)
  if (!(validationSplit >= 0 && validationSplit < 1))
    throw wrong(`validationSplit must lie in [0, 1), got ${String(validationSplit)}`)
  if (typeof shuffle !== 'boolean') throw wrong(`shuffle must be true or false, got ${String(shuffle)}`)
  checkSignal(signal, 'fit')
}

function wrong(message: string): MyelinError {
  return new MyelinError('ERR_ARGUMENT', `[fit] ${message}`)
}
