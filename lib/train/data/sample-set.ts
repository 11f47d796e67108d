import { MyelinError } from '../../core/error.js'
import { show } from '../../core/show.js'
import { type Part, partsOf, weightPartsOf } from '../../data/parts.js'
import { disposeOwned, isRecord, isWhole, type Samples, toSamples, toSamplesInSlices } from '../../data/source.js'
import { createFrom } from '../../tensor/creation.js'
import { formatShape } from '../../tensor/shape.js'
import type { StateValue } from '../../tensor/state.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { TrainableModel } from '../trainable-model.js'
import type { Borrowed, GivenSamples } from './borrowed.js'
import { hashOf } from './data-hash.js'

/** The samples of a step, in the order of the model's inputs and outputs. */
export interface Batch {
  readonly inputs: readonly Tensor[]
  /** One an output. */
  readonly targets: readonly Tensor[]
  /** The samples' weights in the loss of each output, float32 [n]; null where all count alike. */
  readonly weights: readonly (Tensor | null)[]
}

/** The names of a model's data. Without outputs: inputs alone, of which there may be none. */
export type Layout = Pick<TrainableModel, 'inputNames' | 'outputNames'>

/** Samples in memory: inputs and targets, the same number of each, and maybe weights. */
export class SampleSet implements Batch {
  readonly inputs: readonly Tensor[]
  readonly targets: readonly Tensor[]
  readonly weights: readonly (Tensor | null)[]
  /** How many. */
  readonly size: number
  private described: Promise<StateValue> | null = null

  private constructor(
    { x, y, weights }: Parts,
    private readonly made: readonly (Samples | null)[],
    private readonly borrowed: Borrowed | null,
    where: string,
  ) {
    const tensors = made.map((part) => part?.samples ?? null)
    this.inputs = tensors.slice(0, x.length) as Tensor[]
    this.targets = tensors.slice(x.length, x.length + y.length) as Tensor[]
    this.weights = tensors.slice(x.length + y.length)
    this.size = this.inputs[0]?.shape[0] ?? 0
    const parts = [...x, ...y, ...weights]
    const [first] = this.inputs
    tensors.forEach((tensor, i) => {
      if (first !== undefined && tensor !== null) checkCount(first, tensor, x[0] as Part, parts[i] as Part, where)
    })
    if (this.size === 0 && y.length > 0) throw new MyelinError('ERR_ARGUMENT', `[${where}] there are no samples`)
  }

  /**
   * Large typed arrays are copied slice by slice while the event loop turns.
   * @param given the set's own from now on
   * @throws MyelinError ERR_ARGUMENT if there are no samples, their numbers differ, or a weight is negative or not finite
   */
  static async of(given: Borrowed, layout: Layout, where: string): Promise<SampleSet> {
    const made: (Samples | null)[] = []
    try {
      const parts = partsOfSamples(given, layout, where)
      for (const { data, name } of [...parts.x, ...parts.y]) made.push(await toSamplesInSlices(data, where, name))
      for (const part of parts.weights) made.push(toWeights(part, where))
      return new SampleSet(parts, made, given, where)
    } catch (error) {
      disposeOwned(made)
      given.dispose()
      throw error
    }
  }

  /** Made at once, for small batches. */
  static ofBatch(given: GivenSamples, layout: Layout, where: string): SampleSet {
    const parts = partsOfSamples(given, layout, where)
    const made: (Samples | null)[] = []
    try {
      for (const { data, name } of [...parts.x, ...parts.y]) made.push(toSamples(data, where, name))
      for (const part of parts.weights) made.push(toWeights(part, where))
      return new SampleSet(parts, made, null, where)
    } catch (error) {
      disposeOwned(made)
      throw error
    }
  }

  /** Shapes, dtypes and the SHA-256 of the elements, by which other samples are told from these. */
  describe(): Promise<StateValue> {
    this.described ??= this.look()
    return this.described
  }

  private async look(): Promise<StateValue> {
    const kind = (tensor: Tensor | null): string | null =>
      tensor === null ? null : `${tensor.dtype} ${formatShape(tensor.shape)}`
    const { inputs, targets, weights } = this
    const tensors = [...inputs, ...targets, ...weights].filter((tensor) => tensor !== null)
    return {
      inputs: inputs.map(kind),
      targets: targets.map(kind),
      weights: weights.map(kind),
      sha256: await hashOf(tensors, 'fit'),
    }
  }

  /** Frees the tensors that were made of the caller's arrays, and the handles on the caller's tensors. */
  dispose(): void {
    disposeOwned(this.made)
    this.borrowed?.dispose()
  }
}

interface Parts {
  x: Part[]
  y: Part[]
  weights: Part[]
}

function partsOfSamples({ x, y, sampleWeight }: GivenSamples, layout: Layout, where: string): Parts {
  const { inputNames, outputNames } = layout
  if (outputNames.length === 0) return { x: partsOf(x, inputNames, where, 'x'), y: [], weights: [] }
  if (y === undefined) throw withoutTargets(x, where)
  return {
    x: partsOf(x, inputNames, where, 'x'),
    y: partsOf(y, outputNames, where, 'y'),
    weights: weightPartsOf(sampleWeight, outputNames, where),
  }
}

function withoutTargets(x: unknown, where: string): MyelinError {
  if (isWhole(x) || Array.isArray(x) || isRecord(x))
    return new MyelinError('ERR_ARGUMENT', `[${where}] y is missing: give the targets of x`)
  const hint = typeof x === 'function' ? 'a function; call it, or give Dataset.fromIterable of it' : show(x)
  return new MyelinError('ERR_ARGUMENT', `[${where}] needs x and y, or an iterable of batches [x, y], got ${hint}`)
}

/** Weights as float32 [n]. */
function toWeights({ data, name }: Part, where: string): Samples | null {
  if (data === undefined) return null
  const given = toSamples(data, where, name)
  const { samples, owned } = given
  try {
    const [n, ...rest] = samples.shape as [number, ...number[]]
    if (rest.length > 1 || (rest.length === 1 && rest[0] !== 1))
      throw new MyelinError(
        'ERR_SHAPE',
        `[${where}] ${name} must have one weight a sample, [n], got ${formatShape(samples.shape)}`,
      )
    const values = Float32Array.from(samples.data())
    const bad = values.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
    if (bad >= 0)
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${where}] ${name} must be finite and not negative, the weight of sample ${bad} is ${values[bad]}`,
      )
    if (rest.length === 0 && samples.dtype === 'float32') return given
    if (owned) samples.dispose()
    return { samples: createFrom(values, [n], 'float32'), owned: true }
  } catch (error) {
    if (owned) samples.dispose()
    throw error
  }
}

function checkCount(x: Tensor, other: Tensor, first: Part, part: Part, where: string): void {
  if (x.shape[0] !== other.shape[0])
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] ${first.name} has ${x.shape[0]} samples, ${part.name} has ${other.shape[0]}: ` +
        `${first.name} is ${formatShape(x.shape)}, ${part.name} is ${formatShape(other.shape)}`,
    )
}
