import { checkFlag, checkShare, checkSignal, checkWhole, wrong } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import type { BatchData, BatchIterable, ModelData } from '../data/source.js'
import { checkSeed } from '../tensor/random.js'
import type { CallbackLike } from './callbacks/choices.js'
import { type ClassWeight, checkClassWeight } from './class-weight.js'
import type { Verbosity } from './progress.js'

export interface FitOptions {
  /** The number of the last epoch. Default 1. */
  epochs?: number
  /**
   * Samples a step; the last batch of an epoch may be smaller. Default 32. Iterables bring batches of their own: beside one it is
   * given only for `validationData` in memory.
   */
  batchSize?: number
  /** The share of samples, taken from the end before any shuffling, that is not trained on but evaluated after each epoch. */
  validationSplit?: number
  /** Data to evaluate after each epoch: [x, y], [x, y, sampleWeight], or an iterable of batches. Comes before `validationSplit`. */
  validationData?: BatchData | BatchIterable
  /**
   * Factors of the samples' losses before the mean over the batch (Σ wᵢ·lossᵢ / N, as Keras): one finite number ≥ 0 a
   * sample, [n]; for several outputs one for all, a list, or a record by output. Metrics stay unweighted. Iterables bring it as
   * the third part of their batches. The loss function must return one value a sample, as those of this library do.
   */
  sampleWeight?: ModelData
  /**
   * Weights by class: a record from class to weight ≥ 0, 1 for those it leaves out. For models with one output whose targets
   * are labels or one-hot. Multiplies `sampleWeight`; not used in validation.
   */
  classWeight?: ClassWeight
  /** Whether the samples come in another order in each epoch. Default true; iterables keep their own. */
  shuffle?: boolean
  /** Fixes the orders of this call. Default: the next of the global seed, see `setSeed`. */
  seed?: number
  /** Objects whose hooks are called while the model trains: members of `callbacks`, objects with hooks, or names such as 'terminateOnNaN'. */
  callbacks?: CallbackLike | readonly CallbackLike[]
  /** 0: nothing. 1 or 'auto' (default): a progress bar on a terminal, elsewhere as 2. 2: a line an epoch. */
  verbose?: Verbosity
  /** The epochs that are already done, for going on with an earlier run; fewer than `epochs`. Default 0. */
  initialEpoch?: number
  /** Steps an epoch; the next one goes on where it ended. Default: once through the data. */
  stepsPerEpoch?: number
  /**
   * How many steps make an update, from 1: the gradients of so many batches are averaged, as one of a batch that much larger (Keras'
   * `gradient_accumulation_steps`). The optimizer's `iterations`, and so schedules, count updates. Steps left over at the end
   * of an epoch, or of a fit, count in the next. Default 1.
   */
  gradientAccumulation?: number
  /** Ends the run after the step at work: the promise resolves with `stopped: 'aborted'`. */
  signal?: AbortSignal
}

/** @throws MyelinError ERR_ARGUMENT for what is unknown or out of range */
export function checkFitOptions(options: FitOptions, outputs: readonly string[]): void {
  checkOptions(options, fitOptionNames, 'fit', 'epochs')
  const {
    epochs = 1,
    batchSize,
    validationSplit = 0,
    initialEpoch = 0,
    stepsPerEpoch,
    gradientAccumulation = 1,
    seed,
    shuffle = true,
    signal,
    classWeight,
  } = options
  checkWhole('fit', 'epochs', epochs)
  if (batchSize !== undefined) checkWhole('fit', 'batchSize', batchSize)
  checkWhole('fit', 'initialEpoch', initialEpoch, 0)
  if (initialEpoch >= epochs)
    throw wrong(
      'fit',
      `initialEpoch ${initialEpoch} leaves nothing to do: epochs ${epochs} is the number of the last epoch`,
    )
  if (stepsPerEpoch !== undefined) checkWhole('fit', 'stepsPerEpoch', stepsPerEpoch)
  checkWhole('fit', 'gradientAccumulation', gradientAccumulation)
  if (seed !== undefined) checkSeed(seed, 'fit')
  checkShare('fit', 'validationSplit', validationSplit)
  checkFlag('fit', 'shuffle', shuffle)
  if (classWeight !== undefined) checkClassWeight(classWeight, outputs)
  checkSignal('fit', signal)
}

/** The names of {@link FitOptions}. */
export const fitOptionNames = [
  'epochs',
  'batchSize',
  'validationSplit',
  'validationData',
  'sampleWeight',
  'classWeight',
  'shuffle',
  'seed',
  'callbacks',
  'verbose',
  'initialEpoch',
  'stepsPerEpoch',
  'gradientAccumulation',
  'signal',
] as const satisfies (keyof FitOptions)[]
