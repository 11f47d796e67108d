import { checkWhole, wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { Optimizer } from '../optim/optimizer.js'
import type { Logs } from './assessment.js'
import type { NumberedHookName, StopReason, TrainingRun, WatchedModel } from './callbacks/callback.js'
import { Callbacks, checkReason } from './callbacks/callbacks.js'
import type { CallbackLike } from './callbacks/choices.js'
import { checkLogs, checkModel } from './callbacks/hook-arguments.js'
import { type History, note } from './history.js'

export interface TrainingLoopOptions {
  /** The model that callbacks see: any object with `name`, `weights`, `getWeights` and `setWeights`. */
  model: WatchedModel
  /** The optimizer whose rate they may set. */
  optimizer: Optimizer
  /** Default none. */
  callbacks?: CallbackLike | readonly CallbackLike[]
  /** The number of the last epoch. Default 1. */
  epochs?: number
  /** The epochs that are already done. Default 0. */
  initialEpoch?: number
}

/** The steps of one epoch; resolves to its figures. */
export type EpochBody = (epoch: number) => Logs | Promise<Logs>

/**
 * A loop of one's own under the callbacks that `fit` takes.
 *
 * ```ts
 * const step = compileStep(loss, { parameters: model.trainableWeights, optimizer })
 * const loop = new TrainingLoop({ model, optimizer, epochs: 50, callbacks: callbacks.earlyStopping({ monitor: 'loss' }) })
 * const history = await loop.run(async () => {
 *   let total = 0
 *   for (const [i, [x, y]] of batches.entries()) {
 *     total += (await loop.batch(i, () => step(x, y))).loss
 *     if (loop.stopped) break
 *   }
 *   return { loss: total / batches.length }
 * })
 * ```
 */
export class TrainingLoop implements TrainingRun {
  readonly model: WatchedModel
  readonly optimizer: Optimizer
  readonly epochs: number
  private readonly initialEpoch: number
  private readonly callbacks: Callbacks
  private result: History = { epoch: [], history: {} }
  private lastLoss: number | undefined
  private running = false

  /** @throws MyelinError ERR_ARGUMENT for a wrong option */
  constructor(options: TrainingLoopOptions) {
    checkOptions(options, ['model', 'optimizer', 'callbacks', 'epochs', 'initialEpoch'], 'TrainingLoop')
    const { model, optimizer, callbacks = [], epochs = 1, initialEpoch = 0 } = options
    checkModel('TrainingLoop', model)
    if (!(optimizer instanceof Optimizer)) throw refused(`optimizer must be an optimizer, got ${show(optimizer)}`)
    this.model = model
    this.optimizer = optimizer
    this.epochs = checkWhole('TrainingLoop', 'epochs', epochs)
    this.initialEpoch = checkWhole('TrainingLoop', 'initialEpoch', initialEpoch, 0)
    if (initialEpoch >= epochs)
      throw refused(
        `initialEpoch ${initialEpoch} leaves nothing to do: epochs ${epochs} is the number of the last epoch`,
      )
    this.callbacks = new Callbacks(callbacks, 'TrainingLoop')
    if (this.callbacks.keeper !== null)
      throw refused(
        'a callback that keeps states is for fit(); in a loop of your own keep them by state() and restore()',
      )
  }

  /** Whether the run is to end: the rest of the epoch should be left out. */
  get stopped(): boolean {
    return this.result.stopped !== undefined || this.model.stopTraining === true
  }

  get stepLoss(): number | undefined {
    return this.lastLoss
  }

  stop(reason: StopReason = 'early'): void {
    this.result.stopped ??= checkReason(reason)
  }

  /**
   * Runs the epochs. `onTrainEnd` is called however that ends.
   * @returns the history; an epoch in which a loss was not finite is not in it, where a callback minds that
   * @throws what the body or a callback throws; MyelinError ERR_BUSY while it is running, ERR_ARGUMENT for figures that are no
   *   numbers
   */
  async run(body: EpochBody): Promise<History> {
    const { callbacks, epochs, initialEpoch } = this
    if (typeof body !== 'function') throw refused(`run needs a function that does an epoch, got ${show(body)}`)
    if (this.running)
      throw new MyelinError('ERR_BUSY', '[TrainingLoop] it is running already; await run(), or make another loop')
    this.running = true
    this.result = { epoch: [], history: {} }
    if (this.model.stopTraining !== undefined) this.model.stopTraining = false
    let logs: Logs = {}
    const work = async (): Promise<void> => {
      for (let epoch = initialEpoch; epoch < epochs && !this.stopped; epoch++) {
        await this.tell('onEpochBegin', epoch, {})
        if (this.stopped) break
        const figures = await body(epoch)
        this.heed()
        checkLogs('TrainingLoop', figures, undefined, 'an epoch must return its figures')
        this.expectFinite(figures)
        if (this.result.stopped === 'notFinite') break
        logs = figures
        note(this.result, epoch, logs)
        await this.tell('onEpochEnd', epoch, logs)
      }
    }
    try {
      await callbacks.around(this, work, () => logs)
    } finally {
      this.running = false
    }
    return this.result
  }

  /**
   * One step between `onBatchBegin` and `onBatchEnd`. A step in an epoch that is stopped already should not be begun.
   * @param index counts the batches of an epoch from 0
   * @param step what it resolves to are the logs of the batch, with its `loss`
   */
  async batch<Result extends { loss: number }>(index: number, step: () => Result | Promise<Result>): Promise<Result> {
    if (typeof step !== 'function') throw refused(`batch needs a function that does a step, got ${show(step)}`)
    await this.tell('onBatchBegin', index, {})
    const result = await step()
    if (typeof result?.loss !== 'number') throw refused(`a step must return { loss }, a number, got ${show(result)}`)
    this.lastLoss = result.loss
    this.expectFinite(result)
    await this.tell('onBatchEnd', index, { ...result })
    return result
  }

  private async tell(hook: NumberedHookName, index: number, logs: Logs): Promise<void> {
    await this.callbacks.at(hook, index, logs, this)
    this.heed()
  }

  /** Ends the run where that was asked for in Keras' way. */
  private heed(): void {
    if (this.model.stopTraining === true) this.stop('early')
  }

  private expectFinite({ loss }: { loss?: number }): void {
    if (this.callbacks.mustBeFinite && loss !== undefined && !Number.isFinite(loss)) this.stop('notFinite')
  }
}

const refused = (message: string): MyelinError => wrong('TrainingLoop', message)
