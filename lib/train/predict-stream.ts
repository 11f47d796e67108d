import { checkSignal } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { Dataset } from '../data/dataset.js'
import { iterate } from '../data/iterate.js'
import { type BatchData, isBatch, isWhole, type ModelData } from '../data/source.js'
import type { Tensor } from '../tensor/tensor.js'
import type { SampleSet } from './data/sample-set.js'
import { owningBatch } from './data/segment.js'
import type { Predictor } from './predict.js'
import { disposeOfResult, type PromiseResult, resultOf, resultUnlessAborted, unwrap } from './promise-result.js'

/** Batches to predict from: inputs, or what `fit` takes, of which the inputs are used. */
export type InputIterable = Iterable<ModelData | BatchData> | AsyncIterable<ModelData | BatchData>

export interface PredictStreamOptions {
  /** Ends it: whoever waits for the next outputs gets the signal's reason. */
  signal?: AbortSignal
}

/**
 * The outputs of one batch after the other. While one is computed the next is pulled and copied, and no more than that one:
 * the source waits for whoever reads the outputs.
 * @param inputs how many the model has
 */
export async function* predictBatches(
  predictor: Predictor,
  inputs: number,
  batches: InputIterable,
  options: PredictStreamOptions = {},
): AsyncGenerator<Tensor[], void, undefined> {
  checkOptions(options, ['signal'], 'predictStream')
  const { signal } = options
  checkSignal('predictStream', signal)
  const source = openInputs(batches, inputs > 1, predictor)
  let coming: PromiseResult<SampleSet | null> = resultOf(source.next)
  let failed = false
  try {
    for (;;) {
      if ((await resultUnlessAborted(coming, signal)) === null) throw signal?.reason
      const batch = await unwrap(coming)
      if (batch === null) return
      const job = resultOf(() => predictor.runBatch(batch, signal))
      coming = resultOf(source.next)
      yield await unwrap(job).finally(() => batch.dispose())
    }
  } catch (error) {
    failed = true
    throw error
  } finally {
    disposeOfResult(coming)
    // The first error is the one to tell.
    await source.close(failed)
  }
}

function openInputs(batches: InputIterable, several: boolean, predictor: Predictor) {
  if (!isIterable(batches))
    throw new MyelinError(
      'ERR_ARGUMENT',
      '[predictStream] needs an iterable of batches, such as an async generator; for data in memory there is predict',
    )
  if (batches instanceof Dataset) batches.requireBatches('predictStream')
  const iteration = iterate(batches, 'predictStream')
  return {
    async next(): Promise<SampleSet | null> {
      const { done, value } = await iteration.next()
      if (done === true) return null
      return owningBatch(batches, value, () =>
        predictor.batchOf(isBatch(value, several) ? value[0] : value, 'predictStream'),
      )
    },
    close: async (quietly: boolean): Promise<void> => iteration.close(quietly),
  }
}

function isIterable(batches: unknown): batches is InputIterable {
  if (typeof batches !== 'object' || batches === null || isWhole(batches)) return false
  return Symbol.iterator in batches || Symbol.asyncIterator in batches
}
