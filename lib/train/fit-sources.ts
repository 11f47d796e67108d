import { type BatchData, type BatchIterable, isBatchIterable, type TensorData } from '../data/source.js'
import { MyelinError } from '../native/error.js'
import { type BatchSource, MemoryData, MemorySource, openSource, type Shuffle } from './batches.js'
import type { FitOptions } from './fit-options.js'
import type { Hold } from './hold.js'

/** Where the batches of a run come from. */
export interface Sources {
  train: BatchSource
  validation: BatchSource | null
}

/** Opens what `fit` was given. */
export async function openSources(
  x: TensorData | BatchIterable,
  y: TensorData | undefined,
  options: FitOptions,
  hold: Hold,
): Promise<Sources> {
  const { batchSize = 32, validationSplit = 0, validationData, shuffle = true, seed } = options
  const order: Shuffle = shuffle && (seed === undefined ? {} : { seed })
  const validation = validationData === undefined ? null : await openValidation(validationData, batchSize, hold)
  try {
    if (isBatchIterable(x)) {
      if (validationSplit > 0 && validation === null)
        throw wrong('validationSplit needs data in memory; give validationData beside an iterable')
      return { train: await openSource(x, y, batchSize, 'fit'), validation }
    }
    const data = await MemoryData.of(x, y, 'fit')
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

async function openValidation(data: BatchData | BatchIterable, batchSize: number, hold: Hold): Promise<BatchSource> {
  if (isBatchIterable(data)) return openSource(data, undefined, batchSize, 'fit: validationData')
  if (Array.isArray(data) && data.length === 2)
    return openSource(hold.keep(data[0]), hold.keep(data[1]), batchSize, 'fit: validationData')
  throw wrong('validationData must be [x, y] or an iterable of such batches')
}

function wrong(message: string): MyelinError {
  return new MyelinError('ERR_ARGUMENT', `[fit] ${message}`)
}
