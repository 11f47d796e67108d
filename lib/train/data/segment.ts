import { MyelinError } from '../../core/error.js'
import { Dataset } from '../../data/dataset.js'
import { disposeElement } from '../../data/element.js'
import type { BatchData } from '../../data/source.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type Batch, type Layout, SampleSet } from './sample-set.js'

/**
 * Steps that can run one after the other without coming back: batches of equal size, taken from the samples by the row numbers
 * in `order`, or where that is null the one batch that the samples are.
 */
export interface Segment extends Batch {
  readonly order: Tensor | null
  /** Samples a step. */
  readonly batch: number
  /** The number of the first step, by which the order is entered. */
  readonly first: number
  readonly steps: number
  /** Frees what was made for it. */
  dispose(): void
}

/** The shapes of one sample's inputs. */
export const sampleShapesOf = ({ inputs }: Batch): Shape[] => inputs.map(({ shape }) => shape.slice(1))

/** One batch of an iterable. @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE if it is none, or does not fit */
export function batchSegment(data: BatchData, layout: Layout, where: string): Segment {
  if (!Array.isArray(data) || data.length < 2 || data.length > 3)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] each batch of an iterable must be an array: [x, y] or [x, y, sampleWeight]`,
    )
  const [x, y, sampleWeight] = data as BatchData
  const set = SampleSet.ofBatch({ x, y, sampleWeight }, layout, `${where}: a batch`)
  const { inputs, targets, weights, size } = set
  return { inputs, targets, weights, order: null, batch: size, first: 0, steps: 1, dispose: () => set.dispose() }
}

/**
 * Makes something of a batch of an iterable, which owns the batch where a Dataset gave it: its tensors go with the thing, or if it
 * cannot be made.
 */
export function owningBatch<T extends { dispose(): void }>(batches: unknown, data: unknown, make: () => T): T {
  if (!(batches instanceof Dataset)) return make()
  try {
    const made = make()
    const free = made.dispose.bind(made)
    made.dispose = () => {
      free()
      disposeElement(data)
    }
    return made
  } catch (error) {
    disposeElement(data)
    if (batches.batched === true || !(error instanceof MyelinError)) throw error
    const hint = 'if these are single samples, put .batch(n) behind the Dataset'
    throw new MyelinError(error.code, `${error.message}; ${hint}`, { cause: error })
  }
}
