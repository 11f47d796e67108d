import { checkFlag, wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { isPlainObject } from '../core/kinds.js'
import { checkOptions } from '../core/names.js'
import { inCode, show } from '../core/show.js'
import { type ElementArray, native, nativeError, opcode } from '../native/binding.js'
import { checkDType, type DType, dtypeBytes, dtypeCodes } from './dtype.js'
import type { NestedArray } from './format.js'
import type { Op } from './op.js'
import { encodeAddress, type RandomAddress, type RandomSource, randomAddress } from './random.js'
import { call } from './recorder.js'
import { track } from './scope.js'
import { checkShape, formatShape, type Shape, sizeOf } from './shape.js'
import { Tensor } from './tensor.js'
import { convert, fittingDType, fromNested, fromTyped, type TypedArray } from './values.js'

export interface TensorOptions {
  /** Default float32, or for `tensor` the one that fits the typed array. */
  dtype?: DType
  /** float32 only. Default false. */
  requiresGrad?: boolean
}

const tensorOptions = ['dtype', 'requiresGrad'] as const satisfies (keyof TensorOptions)[]
const randomOptions = [...tensorOptions, 'seed'] as const

/**
 * A tensor with a copy of the data.
 * @param data a number or boolean, nested arrays of equal lengths, or a typed array
 * @param shape default: the nesting's, or [length] for a typed array
 * @param options dtype: default float32 (for typed arrays: Int32Array int32, Uint8Array uint8; for booleans: bool)
 * @throws MyelinError ERR_SHAPE if lengths differ or do not fit the shape, ERR_DTYPE, ERR_ARGUMENT for a value that is no number or
 *   an array whose buffer was detached
 */
export function tensor(data: NestedArray | TypedArray, shape?: readonly number[], options: TensorOptions = {}): Tensor {
  if (isPlainObject(shape) || typeof shape === 'string') {
    const meant = typeof shape === 'string' ? { dtype: shape } : shape
    throw wrong('tensor', `the shape comes before the options: tensor(data, undefined, { ${inCode(meant)} })`)
  }
  checkCreation(options, 'tensor')
  const given = options.dtype === undefined ? undefined : checkDType(options.dtype, 'tensor')
  const { values, dtype, natural } = ArrayBuffer.isView(data) ? fromTyped(data, given) : fromNested(data, given)
  const dims = shape === undefined ? natural : checkShape(shape, 'tensor')
  if (sizeOf(dims) !== values.length) throw misfit(values.length, dims)
  return finish(createFrom(values, dims, dtype), options)
}

const misfit = (values: number, shape: Shape): MyelinError =>
  new MyelinError('ERR_SHAPE', `[tensor] ${values} values do not fill the shape ${formatShape(shape)}`)

/** A tensor of zeros. */
export const zeros = (shape: readonly number[], options?: TensorOptions): Tensor =>
  make(fillOp, 'zeros', checkShape(shape, 'zeros'), [0], options)

/** A tensor of ones. */
export const ones = (shape: readonly number[], options?: TensorOptions): Tensor =>
  make(fillOp, 'ones', checkShape(shape, 'ones'), [1], options)

/** A tensor with one value everywhere. */
export function full(shape: readonly number[], value: number, options?: TensorOptions): Tensor {
  if (typeof value !== 'number')
    throw new MyelinError('ERR_ARGUMENT', `[full] the value must be a number, got ${show(value)}`)
  const { dtype = 'float32' } = options ?? {}
  if (dtype !== 'float32' && Object.hasOwn(dtypeCodes, dtype) && convert([value], dtype)[0] !== value)
    throw new MyelinError('ERR_ARGUMENT', `[full] ${dtype} cannot hold the value ${value}`)
  return make(fillOp, 'full', checkShape(shape, 'full'), [value], options)
}

/** The n × n identity matrix. */
export function eye(n: number, options?: TensorOptions): Tensor {
  return make(eyeOp, 'eye', checkShape([n, n], 'eye'), [], options)
}

/**
 * start, start + step, … below stop (above it for a negative step); with one argument 0 … stop − 1. float32, or int32 if asked.
 * Value i is computed as start + i·step in double and rounded once.
 */
export function arange(start: number, stop?: number, step = 1, options?: TensorOptions): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  if (![from, to, step].every(Number.isFinite) || step === 0)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[arange] needs finite numbers and a step other than 0, got ${show(from)}, ${show(to)}, ${show(step)}`,
    )
  const shape = checkShape([Math.max(0, Math.ceil((to - from) / step))], 'arange')
  return make(arangeOp, 'arange', shape, [from, step], options)
}

/** n values from start to stop, both included, equally far apart. */
export function linspace(start: number, stop: number, n: number, options?: TensorOptions): Tensor {
  if (!Number.isFinite(start) || !Number.isFinite(stop))
    throw new MyelinError('ERR_ARGUMENT', `[linspace] needs finite numbers, got ${show(start)}, ${show(stop)}`)
  const shape = checkShape([n], 'linspace')
  const step = n > 1 ? (stop - start) / (n - 1) : 0
  return make(arangeOp, 'linspace', shape, [start, step], options)
}

export interface RandomOptions extends TensorOptions {
  /** Default: the next draw of the stream under {@link setSeed}. With a seed the result is always the same. */
  seed?: number
}

/** Draws from the normal distribution. Defaults: mean 0, stddev 1. */
export function randomNormal(
  shape: readonly number[],
  options: RandomOptions & { mean?: number; stddev?: number } = {},
): Tensor {
  checkOptions(options, [...randomOptions, 'mean', 'stddev'], 'randomNormal', 'mean')
  const { mean = 0, stddev = 1 } = options
  if (!Number.isFinite(mean) || !Number.isFinite(stddev) || stddev < 0)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[randomNormal] mean and stddev must be finite numbers, stddev from 0, got ${show(mean)}, ${show(stddev)}`,
    )
  return finish(draw('randomNormal', checkShape(shape, 'randomNormal'), [mean, stddev], options), options)
}

/** Draws from the uniform distribution on [min, max). Defaults: 0, 1. */
export function randomUniform(
  shape: readonly number[],
  options: RandomOptions & { min?: number; max?: number } = {},
): Tensor {
  checkOptions(options, [...randomOptions, 'min', 'max'], 'randomUniform', 'min')
  const { min = 0, max = 1 } = options
  if (!Number.isFinite(min) || !Number.isFinite(max) || max < min)
    throw new MyelinError('ERR_ARGUMENT', `[randomUniform] needs finite min ≤ max, got ${show(min)}, ${show(max)}`)
  return finish(draw('randomUniform', checkShape(shape, 'randomUniform'), [min, max], options), options)
}

/** A tensor to be written as a whole, made at once and under no schedule: for the results of a plan. @internal */
export function empty(shape: Shape, dtype: DType): Tensor {
  try {
    return new Tensor(native.empty(dtypeCodes[dtype], shape), shape, dtype)
  } catch (error) {
    throw nativeError(error, 'empty')
  }
}

/** Writes elements into a tensor of {@link empty}, from number `at` on. @internal */
export function writeAt(tensor: Tensor, at: number, elements: ElementArray): void {
  try {
    native.write(tensor.rawHandle, at, elements)
  } catch (error) {
    throw nativeError(error, 'tensor')
  }
}

/** The most bytes that are copied in one turn of the event loop. */
const sliceBytes = 4 << 20

/**
 * {@link tensor} for a typed array, copied in slices of at most 4 MiB a turn of the event loop.
 * @internal
 */
export async function tensorInSlices(data: TypedArray, shape?: readonly number[]): Promise<Tensor> {
  const dtype = fittingDType(data)
  const most = Math.floor(sliceBytes / dtypeBytes(dtype))
  const { length } = data
  if (length <= most) return tensor(data, shape)
  const dims = shape === undefined ? [length] : checkShape(shape, 'tensor')
  if (sizeOf(dims) !== length) throw misfit(length, dims)
  const result = empty(dims, dtype)
  track(result, null)
  try {
    for (let at = 0; at < length; at += most) {
      if (data.length !== length)
        throw wrong(
          'tensor',
          `the array was detached, or its buffer resized, while it was copied: of its ${length} elements there are ${data.length}. ` +
            'Leave it alone until the promise settles, or give a copy',
        )
      writeAt(result, at, convert(data.subarray(at, at + most), dtype))
      await new Promise((resolve) => setImmediate(resolve))
    }
  } catch (error) {
    result.dispose()
    throw error
  }
  return result
}

/** Elements in JavaScript as a tensor: a copy. The array must fit shape and dtype. */
export function createFrom(values: ElementArray, shape: Shape, dtype: DType): Tensor {
  try {
    return new Tensor(native.create(dtypeCodes[dtype], shape, values), shape, dtype)
  } catch (error) {
    throw nativeError(error, 'tensor')
  }
}

interface Creation {
  shape: Shape
  dtype: DType
  numbers: readonly number[]
  /** Of a random one. */
  address?: RandomAddress
}

/** An op without inputs. */
function creationOp(name: string, perStep = false): Op<Creation, [], [Tensor]> {
  return {
    name,
    opcode: opcode(name),
    infer: (_, attrs) => [attrs],
    encode: ({ numbers, address }, ahead) =>
      address === undefined ? numbers : [...encodeAddress(address, ahead), ...numbers],
    perStep,
    gradient: null,
    saves: 'none',
  }
}

const fillOp = creationOp('fill')
const eyeOp = creationOp('eye')
const arangeOp = creationOp('arange')
const randomOps = {
  randomNormal: creationOp('randomNormal', true),
  randomUniform: creationOp('randomUniform', true),
  truncatedNormal: creationOp('truncatedNormal', true),
  bernoulli: creationOp('bernoulli', true),
}

/**
 * float32 draws from a distribution, in a traced step others at each step.
 * @param numbers mean and stddev, low and high, or the probability of a 1
 * @internal
 */
export function draw(
  kind: keyof typeof randomOps,
  shape: Shape,
  numbers: readonly number[],
  { dtype, ...source }: RandomSource & { dtype?: DType } = {},
): Tensor {
  if (dtype !== undefined && dtype !== 'float32')
    throw new MyelinError('ERR_DTYPE', `[${kind}] draws float32, not ${show(dtype)}`)
  const address = randomAddress(source, kind)
  return call(randomOps[kind], [], { shape: [...shape], dtype: 'float32', numbers, address })
}

function make(
  op: Op<Creation, [], [Tensor]>,
  where: string,
  shape: Shape,
  numbers: readonly number[],
  options: TensorOptions = {},
): Tensor {
  checkCreation(options, where)
  const dtype = options.dtype === undefined ? 'float32' : checkDType(options.dtype, where)
  return finish(call(op, [], { shape: [...shape], dtype, numbers }), options)
}

/** Refuses wrong options; a dtype alone, as other libraries take it, with the way to write it. */
function checkCreation(options: unknown, where: string): void {
  if (typeof options === 'string') throw wrong(where, `a dtype is an option: { dtype: ${show(options)} }`)
  checkOptions(options as TensorOptions, tensorOptions, where)
}

function finish(result: Tensor, options: TensorOptions): Tensor {
  try {
    const { requiresGrad = false } = options
    if (checkFlag('tensor', 'requiresGrad', requiresGrad)) result.requiresGrad = true
    return result
  } catch (error) {
    result.dispose()
    throw error
  }
}
