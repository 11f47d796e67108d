import { wrong } from '../../core/check.js'
import { isBatchIterable } from '../../data/source.js'
import type { FitOptions } from '../fit-options.js'
import { Borrowed } from './borrowed.js'
import { type Layout, SampleSet } from './sample-set.js'
import { batchesOf, defaultBatchSize, MemorySource, openSource, rowRange, type Shuffle, type Source } from './source.js'

/** The sources of a run of `fit`. */
export interface Sources {
  train: Source
  validation: Source | null
}

/** Opens what `fit` was given; tensors in it may be disposed of as soon as this has been called. */
export async function openSources(x: unknown, y: unknown, options: FitOptions, layout: Layout): Promise<Sources> {
  const { batchSize, validationSplit = 0, validationData, shuffle = true, seed } = options
  const given = new Borrowed({ x, y, sampleWeight: options.sampleWeight })
  const rows = batchSize ?? defaultBatchSize
  const order: Shuffle = shuffle && (seed === undefined ? {} : { seed })
  let validation: Source | null = null
  try {
    validation = validationData === undefined ? null : await openValidation(validationData, batchSize, layout)
    if (batchesOf(given, layout) !== null) {
      if (validationSplit > 0 && validation === null)
        throw wrong('fit', 'validationSplit needs data in memory; give validationData beside an iterable')
      const size = isInMemory(validationData, layout) ? undefined : batchSize
      return { train: await openSource(given, layout, size, 'fit'), validation }
    }
    const data = await SampleSet.of(given, layout, 'fit')
    if (validation !== null || validationSplit === 0)
      return { train: new MemorySource(data, rows, rowRange(0, data.size, order)), validation }
    const split = Math.floor(data.size * (1 - validationSplit))
    if (split === 0 || split === data.size) {
      data.dispose()
      throw wrong(
        'fit',
        `validationSplit ${validationSplit} of ${data.size} samples leaves nothing to train on or to validate with`,
      )
    }
    return {
      train: new MemorySource(data, rows, rowRange(0, split, order)),
      validation: new MemorySource(data, rows, rowRange(split, data.size)),
    }
  } catch (error) {
    given.dispose()
    validation?.dispose()
    throw error
  }
}

/** Whether it is data to validate with that is cut into batches here. */
const isInMemory = (validationData: unknown, layout: Layout): boolean =>
  validationData !== undefined && !isBatchIterable(validationData, layout.inputNames.length > 1)

async function openValidation(data: unknown, batchSize: number | undefined, layout: Layout): Promise<Source> {
  const where = 'fit: validationData'
  if (isBatchIterable(data, layout.inputNames.length > 1))
    return openSource(new Borrowed({ x: data }), layout, undefined, where)
  if (!Array.isArray(data) || data.length < 2 || data.length > 3)
    throw wrong('fit', 'validationData must be [x, y], [x, y, sampleWeight] or an iterable of such batches')
  const [x, y, sampleWeight] = data
  return openSource(new Borrowed({ x, y, sampleWeight }), layout, batchSize, where)
}
