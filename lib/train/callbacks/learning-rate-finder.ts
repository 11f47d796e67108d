import { checkAbove, checkShare, wrong } from '../../core/check.js'
import { above, asGiven, optional, parseOptions, type Schema, type ValuesOf, whole } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { randomStreams } from '../../tensor/random-state.js'
import type { State } from '../../tensor/state.js'
import type { Logs } from '../assessment.js'
import type { Callback, TrainingRun } from './callback.js'
import { checkLogs, checkRun } from './hook-arguments.js'
import { type CurvePoint, drawCurve } from './learning-rate-curve.js'
import { middleOfValley } from './learning-rate-valley.js'
import { restoreWatched, watchedState } from './watched-weights.js'

export interface LearningRateFinderOptions {
  /** The rate of the first step, above 0. Default 1e-7. */
  minLearningRate?: number
  /** The rate of the last step, above the first. Default 10. */
  maxLearningRate?: number
  /** How many steps: a whole number from 2. Default 100. */
  steps?: number
  /** β of the moving average of the loss: from 0, below 1. Default 0.98. */
  smoothing?: number
  /** The test ends when the smoothed loss exceeds so many times its least value: above 1. Default 4. */
  stopFactor?: number
}

const schema = {
  minLearningRate: optional(above(0), 1e-7),
  maxLearningRate: optional(asGiven<number>, 10),
  steps: optional(whole(2), 100),
  smoothing: optional(checkShare, 0.98),
  stopFactor: optional(above(1), 4),
} satisfies Schema<LearningRateFinderOptions>

/** The callback that {@link learningRateFinder} makes. */
export class LearningRateFinder implements Callback {
  /** The options, checked and with defaults. */
  readonly options: ValuesOf<typeof schema, LearningRateFinderOptions>
  /** The state before the test. */
  private before: { run: TrainingRun; model: State; optimizer: State; draws: State } | null = null
  private points: CurvePoint[] = []
  private average = 0
  private least = Number.POSITIVE_INFINITY

  constructor(options: LearningRateFinderOptions = {}) {
    this.options = parseOptions(schema, options, 'learningRateFinder')
    const { minLearningRate, maxLearningRate } = this.options
    checkAbove('learningRateFinder', 'maxLearningRate', maxLearningRate, minLearningRate)
  }

  /** The rate, the smoothed loss and the loss of the batch alone of each step, up to where the loss diverged. */
  get curve(): readonly Readonly<CurvePoint>[] {
    return this.points
  }

  /**
   * The rate in the middle of the valley: a constant rate, or a maximum for 1cycle. There the batch losses, averaged over an eighth of
   * the steps around each, have come half-way from where they stood before learning set in to their least; a rate by which the loss
   * falls, with a margin before it diverges. In the spirit of fastai's valley (Howard & Gugger 2020, "fastai: a layered API"), but
   * by levels, which the noise of single batches does not move, and not by the longest decreasing stretch.
   * @throws MyelinError ERR_ARGUMENT if the loss fell nowhere by more than the chance of its batches, or fewer than three steps were
   *   made
   */
  get suggestion(): number {
    const found = middleOfValley(this.points)
    if (found !== null) return found
    throw wrong(
      'learningRateFinder',
      `the loss fell at no rate in ${this.points.length} steps, or by no more than it differs from batch to batch: try more steps, larger batches, or a smaller minLearningRate`,
    )
  }

  /** The curve as a picture: a whole SVG document, the rate on a logarithmic axis, the suggestion marked. */
  plot(): string {
    if (this.points.length === 0)
      throw wrong('learningRateFinder', 'there is no curve yet: give the finder to a run first')
    return drawCurve(this.points, middleOfValley(this.points))
  }

  onTrainBegin(_logs: Logs, run: TrainingRun): void {
    const { model, optimizer } = checkRun('learningRateFinder', run)
    this.points = []
    this.average = 0
    this.least = Number.POSITIVE_INFINITY
    if (model.weights.length === 0)
      throw wrong(
        'learningRateFinder',
        `the model ${show(model.name)} has no weights yet to bring back: give the first layer an inputShape, or call the model on a batch`,
      )
    this.before = {
      run,
      model: watchedState(model),
      optimizer: optimizer.state(),
      draws: randomStreams.state(),
    }
  }

  onBatchBegin(_batch: number, _logs: Logs, run: TrainingRun): void {
    const { optimizer } = checkRun('learningRateFinder', run)
    const { minLearningRate: first, maxLearningRate: last, steps } = this.options
    optimizer.learningRate = first * (last / first) ** (this.points.length / (steps - 1))
  }

  onBatchEnd(_batch: number, logs: Logs, run: TrainingRun): void {
    const { points } = this
    const { smoothing, steps, stopFactor } = this.options
    const value = checkRun('learningRateFinder', run).stepLoss ?? checkLogs('learningRateFinder', logs, 'loss').loss
    if (value === undefined)
      throw wrong('learningRateFinder', 'the batch came without its loss: its logs must hold { loss }')
    this.average = smoothing * this.average + (1 - smoothing) * value
    const loss = this.average / (1 - smoothing ** (points.length + 1))
    const finite = Number.isFinite(loss)
    if (finite) points.push({ learningRate: run.optimizer.learningRate, loss, batchLoss: value })
    this.least = Math.min(this.least, loss)
    if (!finite || loss > stopFactor * this.least || points.length === steps) run.stop('early')
  }

  onTrainEnd(): void {
    const { before } = this
    if (before === null) return
    const { run, model, optimizer, draws } = before
    restoreWatched(run.model, model)
    run.optimizer.restore(optimizer)
    randomStreams.restore(draws)
    for (const state of [model, optimizer]) state.dispose()
    this.before = null
  }
}

/**
 * The learning-rate range test (Smith 2015, "Cyclical learning rates"; 2018, "A disciplined approach", for 1cycle): the rate
 * grows from step to step, η_i = min·(max/min)^(i/(steps−1)), and the loss tells where learning sets in and where it diverges.
 *
 * The curve holds the smoothed loss s_i/(1 − β^(i+1)), s_i = β·s_{i−1} + (1 − β)·loss_i. The run ends after `steps` steps or
 * when that diverges or is not finite; give it enough epochs. Weights, optimizer state, rate and random draws are as before when it
 * is over, however it ended: what follows is what it would have been without the test. (What else in the process has drawn meanwhile
 * under the global seed draws the same again, and a Dataset that shuffles by a seed of its own goes on with its next order.) It needs
 * a run of its own: a second callback that sets the rate would disturb it.
 *
 * ```ts
 * const finder = callbacks.learningRateFinder()
 * await model.fit(x, y, { epochs: 10, callbacks: [finder] })
 * optimizer.learningRate = finder.suggestion
 * await writeFile('rates.svg', finder.plot())
 * ```
 * @throws MyelinError ERR_ARGUMENT for a wrong option
 */
export const learningRateFinder = (options?: LearningRateFinderOptions): LearningRateFinder =>
  new LearningRateFinder(options)
