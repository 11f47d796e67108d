import { wrong } from '../core/check.js'
import { isBatchIterable } from '../data/source.js'
import {
  type BatchSource,
  batchesOf,
  defaultBatchSize,
  MemorySource,
  openSource,
  rowRange,
  type Shuffle,
} from './batches.js'
import type { Borrowed } from './borrowed.js'
import type { FitOptions } from './fit-options.js'
import { type GivenSamples, type Layout, SampleSet } from './sample-set.js'

/** Where the batches of a run come from. */
export interface Sources {
  train: BatchSource
  validation: BatchSource | null
}

/** Opens what `fit` was given. */
export async function openSources(
  x: unknown,
  y: unknown,
  options: FitOptions,
  layout: Layout,
  borrowed: Borrowed,
): Promise<Sources> {
  const { batchSize, validationSplit = 0, validationData, shuffle = true, seed } = options
  const given = held({ x, y, sampleWeight: options.sampleWeight }, borrowed)
  const rows = batchSize ?? defaultBatchSize
  const order: Shuffle = shuffle && (seed === undefined ? {} : { seed })
  const validation =
    validationData === undefined ? null : await openValidation(validationData, batchSize, layout, borrowed)
  try {
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
    validation?.dispose()
    throw error
  }
}

/** Whether it is data to validate with that is cut into batches here. */
const isInMemory = (validationData: unknown, layout: Layout): boolean =>
  validationData !== undefined && !isBatchIterable(validationData, layout.inputNames.length > 1)

async function openValidation(
  data: unknown,
  batchSize: number | undefined,
  layout: Layout,
  borrowed: Borrowed,
): Promise<BatchSource> {
  const where = 'fit: validationData'
  if (isBatchIterable(data, layout.inputNames.length > 1))
    return openSource({ x: data, y: undefined }, layout, undefined, where)
  if (!Array.isArray(data) || data.length < 2 || data.length > 3)
    throw wrong('fit', 'validationData must be [x, y], [x, y, sampleWeight] or an iterable of such batches')
  const [x, y, sampleWeight] = data
  return openSource(held({ x, y, sampleWeight }, borrowed), layout, batchSize, where)
}

const held = ({ x, y, sampleWeight }: GivenSamples, borrowed: Borrowed): GivenSamples => ({
  x: borrowed.keep(x),
  y: borrowed.keep(y),
  sampleWeight: borrowed.keep(sampleWeight),
})
