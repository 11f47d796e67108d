import { checkFinite, checkFlag, wrong } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { isListOf } from '../../core/kinds.js'
import { maybe, optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { iterateAll } from '../../data/iterate.js'
import { isBatchIterable, type TensorData, toSamplesInSlices } from '../../data/source.js'
import { add, broadcastTo, div, maximum, mul, reshape, slice, sqrt, sub } from '../../ops/index.js'
import { tensor, zeros } from '../../tensor/creation.js'
import type { NestedArray } from '../../tensor/format.js'
import { Parameter } from '../../tensor/parameter.js'
import { eagerly } from '../../tensor/recorder.js'
import { tidy } from '../../tensor/scope.js'
import { formatShape, type Shape, sizeOf } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import type { TypedArray } from '../../tensor/values.js'
import { Layer, type LayerOptions } from '../layer.js'
import { checkNotNegative } from '../option-checks.js'
import { RunningMoments } from '../running-moments.js'

export interface NormalizationOptions extends LayerOptions {
  /**
   * The axes along which each index has a mean and a variance of its own, the batch axis (0) counted; negative ones count from the end.
   * Default −1: one for each feature or channel. null or []: one for everything. 'all': one for each element of a sample, such as a
   * mean image.
   */
  axis?: number | readonly number[] | 'all' | null
  /** Known statistics instead of `adapt`: one number, or as many as there are statistics. Needs `variance`, too. */
  mean?: NestedArray | TypedArray | Tensor
  /** From 0. Needs `mean`, too. */
  variance?: NestedArray | TypedArray | Tensor
  /** Undoes a normalization: mean + x·√variance. Default false. */
  invert?: boolean
}

/** Data for `adapt`: all samples at once, or an iterable of batches: of inputs, or of pairs [inputs, targets]. */
export type AdaptData = TensorData | Iterable<AdaptBatch> | AsyncIterable<AdaptBatch>
export type AdaptBatch = TensorData | readonly [x: TensorData, ...rest: TensorData[]]

type Axis = (NormalizationOptions['axis'] & {}) | null

function checkAxes(where: string, option: string, given: Axis): Axis {
  const axes = typeof given === 'number' ? [given] : given === 'all' || given === null ? [] : given
  if (isListOf(axes, (axis) => Number.isInteger(axis) && axis !== 0)) return given
  throw wrong(
    where,
    `${option} must be one or several whole numbers other than 0, which is the batch axis, 'all' or null; got ${show(given)}`,
  )
}

/** Statistics as plain data. */
function checkStatistic(where: string, option: string, given: NestedArray | TypedArray | Tensor): NestedArray {
  const value = plain(given)
  for (const v of flat(value))
    if (option === 'variance') checkNotNegative(where, option, v)
    else checkFinite(where, option, v)
  return value
}

const schema = {
  axis: optional(checkAxes, -1),
  mean: maybe(checkStatistic),
  variance: maybe(checkStatistic),
  invert: optional(checkFlag, false),
} satisfies Schema<NormalizationOptions, LayerOptions>

/**
 * Brings inputs to mean 0 and variance 1 by statistics that are taken from data once, before training: (x − mean) / max(√variance, 1e-7),
 * in float32. Weights, none of them trained: mean and variance, with the sizes of the kept axes, and count, the number of samples.
 */
export class Normalization extends Layer {
  static override readonly className = 'Normalization'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, NormalizationOptions>
  private readonly known: { mean: NestedArray; variance: NestedArray } | null
  private counted = { version: 0, samples: 0 }
  private parts: { mean: Parameter; variance: Parameter; count: Parameter | null } | null = null

  constructor(options: NormalizationOptions = {}) {
    super(options)
    const { mean, variance } = this.options
    if ((mean === undefined) !== (variance === undefined))
      throw this.wrong(`mean and variance go together, only ${mean === undefined ? 'variance' : 'mean'} was given`)
    this.known = mean === undefined || variance === undefined ? null : { mean, variance }
  }

  override build(inputShape: Shape): void {
    this.sampleShape(inputShape)
    const shape = this.keptAxes(inputShape).map((axis) => inputShape[axis] as number)
    const { known } = this
    if (known === null) {
      const statistic = (name: string, initializer: 'zeros' | 'ones') =>
        this.addWeight(name, shape, { initializer, trainable: false })
      const initializer = (): Tensor => zeros([], { dtype: 'int32' })
      this.parts = {
        mean: statistic('mean', 'zeros'),
        variance: statistic('variance', 'ones'),
        count: this.addWeight('count', [], { initializer, trainable: false }),
      }
    } else {
      this.parts = {
        mean: this.fixed('mean', known.mean, shape),
        variance: this.fixed('variance', known.variance, shape),
        count: null,
      }
    }
  }

  override call(x: Tensor): Tensor {
    if (this.parts === null) throw this.notBuilt()
    const { count } = this.parts
    if (count !== null && this.samplesBehind(count) === 0)
      throw this.wrong('has no statistics yet: await layer.adapt(data) first, or give mean and variance')
    const kept = this.keptAxes(x.shape.slice(1))
    const shape = x.shape.map((size, axis) => (kept.includes(axis - 1) ? size : 1))
    const mean = reshape(this.parts.mean, shape)
    const deviation = maximum(sqrt(reshape(this.parts.variance, shape)), 1e-7)
    return this.options.invert ? add(mul(x, deviation), mean) : div(sub(x, mean), deviation)
  }

  /**
   * Takes the statistics from data, anew at each call: in double, part by part while the event loop turns. Bytes count as the numbers
   * that they are. Builds the layer.
   * @param data all samples [n, …], or an iterable, synchronous or not, of batches
   * @throws MyelinError ERR_SHAPE if samples do not fit; ERR_ARGUMENT if there are none, or mean and variance were given;
   *   ERR_NOT_FINITE if they hold NaN or infinity. The statistics stay as they were.
   */
  async adapt(data: AdaptData): Promise<void> {
    if (this.known !== null) throw this.wrong('cannot adapt: its mean and variance were given')
    const seen: Seen = { samples: 0, moments: null }
    if (isStream(data)) for await (const batch of iterateAll(data, this.where)) await this.absorb(inputsOf(batch), seen)
    else await this.absorb(data, seen)
    const { samples, moments } = seen
    if (moments === null || samples === 0) throw this.wrong('cannot adapt to no samples at all')
    const { means, variances } = moments
    if (![...means, ...variances].every(Number.isFinite))
      throw new MyelinError('ERR_NOT_FINITE', `[${this.where}] cannot adapt: the data holds NaN or infinity`)
    this.assign({ mean: means, variance: variances, count: Int32Array.of(Math.min(samples, 2 ** 31 - 1)) })
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.keptAxes(this.sampleShape(inputShape))
    return inputShape
  }

  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    const sizes = (shape: Shape): string =>
      this.keptAxes(shape)
        .map((axis) => shape[axis])
        .join()
    if (inputShape.length === builtShape.length && sizes(inputShape) === sizes(builtShape)) return
    throw this.misshapen(`was built for inputs of ${formatShape(builtShape)}, got ${formatShape(inputShape)}`)
  }

  /** How many samples the statistics are of, read anew where somebody has set it. */
  private samplesBehind(count: Parameter): number {
    if (this.counted.version !== count.version)
      this.counted = { version: count.version, samples: eagerly(() => count.data()[0] as number) }
    return this.counted.samples
  }

  /** Takes a batch in. */
  private async absorb(data: TensorData, seen: Seen): Promise<void> {
    const { samples, owned } = await toSamplesInSlices(data, this.where, 'data')
    try {
      const [n, ...sampleShape] = samples.shape as [number, ...number[]]
      this.ensureBuilt(sampleShape)
      const statisticOf = statisticsOf(sampleShape, this.keptAxes(sampleShape))
      seen.moments ??= new RunningMoments(this.parts?.mean.size ?? 1)
      const rows = Math.max(1, Math.floor(elementsATurn / statisticOf.length))
      for (let row = 0; row < n; row += rows) {
        const part = tidy(() => slice(samples, [row], [Math.min(rows, n - row)]).data())
        seen.moments.add(part, statisticOf)
        if (row + rows < n) await new Promise((resolve) => setImmediate(resolve))
      }
      seen.samples += n
    } finally {
      if (owned) samples.dispose()
    }
  }

  private assign(values: Record<'mean' | 'variance' | 'count', Float64Array | Int32Array>): void {
    for (const [name, value] of Object.entries(values)) {
      const weight = this.parts?.[name as keyof typeof values]
      if (weight) tidy(() => weight.assign(tensor(value, weight.shape)))
    }
  }

  /** The axes of one sample that have statistics of their own, sorted. */
  private keptAxes(sampleShape: Shape): number[] {
    if (this.options.axis === 'all') return sampleShape.map((_, axis) => axis)
    const axes = this.options.axis === null ? [] : [this.options.axis].flat()
    const kept = axes.map((axis) => (axis < 0 ? sampleShape.length + axis : axis - 1)).sort((a, b) => a - b)
    if (kept.every((axis, i) => axis >= 0 && axis < sampleShape.length && axis !== kept[i - 1])) return kept
    throw this.misshapen(
      `axis ${show(this.options.axis)} does not fit inputs of ${formatShape(sampleShape)} (without the batch axis)`,
    )
  }

  /** A statistic that was given, for every index of the kept axes. */
  private fixed(name: string, value: NestedArray, shape: Shape): Parameter {
    return eagerly(() => {
      const given = tensor(value, undefined, { dtype: 'float32' })
      if (given.size !== 1 && given.size !== sizeOf(shape))
        throw this.misshapen(`${name} has ${given.size} numbers, inputs need ${sizeOf(shape)}, ${formatShape(shape)}`)
      const whole = given.size === 1 ? broadcastTo(reshape(given, []), shape) : reshape(given, shape)
      return new Parameter(whole, { name: `${this.name}/${name}`, trainable: false })
    })
  }
}

interface Seen {
  samples: number
  moments: RunningMoments | null
}

/** How many elements are looked at in one turn of the event loop. */
const elementsATurn = 1 << 18

/** For each element of a sample the number of its statistic: its position along the kept axes. */
function statisticsOf(sampleShape: Shape, kept: readonly number[]): Int32Array {
  const statisticOf = new Int32Array(sizeOf(sampleShape))
  let inner = statisticOf.length
  sampleShape.forEach((size, axis) => {
    inner /= size
    if (kept.includes(axis))
      for (let i = 0; i < statisticOf.length; i++)
        statisticOf[i] = (statisticOf[i] as number) * size + (Math.floor(i / inner) % size)
  })
  return statisticOf
}

const isWhole = (data: unknown): data is TensorData =>
  data instanceof Tensor ||
  ArrayBuffer.isView(data) ||
  (typeof data === 'object' && data !== null && 'data' in data && 'shape' in data)

/** Whether it is batches, as against all samples at once. */
function isStream(data: AdaptData): data is Iterable<AdaptBatch> | AsyncIterable<AdaptBatch> {
  if (typeof data !== 'object' || data === null || isWhole(data)) return false
  return isBatchIterable(data) || (Array.isArray(data) && isWhole(data[0]))
}

const inputsOf = (batch: AdaptBatch): TensorData =>
  Array.isArray(batch) && isWhole(batch[0]) ? batch[0] : (batch as TensorData)

/** Numbers as plain data. */
function plain(value: NestedArray | TypedArray | Tensor): NestedArray {
  if (value instanceof Tensor) return value.toArray()
  return ArrayBuffer.isView(value) ? Array.from(value) : value
}

const flat = (value: NestedArray): number[] => (Array.isArray(value) ? value.flatMap(flat) : [Number(value)])

/** Normalization by statistics of the training data: `const layer = normalization(); await layer.adapt(x)`. */
export const normalization = (options?: NormalizationOptions): Normalization => new Normalization(options)
