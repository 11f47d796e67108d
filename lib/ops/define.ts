import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { opcode } from '../native/binding.js'
import { full } from '../tensor/creation.js'
import type { DType } from '../tensor/dtype.js'
import type { Gradient, Op, TensorList, TensorSpec } from '../tensor/op.js'
import type { Shape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/** An argument of an op where a tensor is meant: a number stands for a scalar. */
export type TensorLike = Tensor | number

interface OpDefinition<A, I extends TensorList, O extends TensorList> {
  infer: Op<A, I, O>['infer']
  encode?: (attrs: A, ahead: number) => readonly number[]
  /** Absent: the op has no gradient, and says so when one is asked for. */
  gradient?: Gradient<A, I, O>
  /** Default: inputs, where there is a gradient. */
  saves?: Op['saves']
  /** The native op, where it has another name; null for a view. */
  native?: string | null
  perStep?: boolean
  steady?: (attrs: A) => boolean
  layer?: (attrs: A) => string | undefined
  elementwise?: boolean
  /** Default for element-wise ops: those of an op that broadcasts. */
  rowWise?: Op<A>['rowWise']
  forRows?: Op<A>['forRows']
  mutates?: Op<A, I, O>['mutates']
}

/**
 * A primitive op with attributes A, from inputs I to outputs O, by default one of each. It is looked up in the addon by name: a
 * missing one fails here, when the library is loaded.
 */
export function defineOp<A = undefined, I extends TensorList = [x: Tensor], O extends TensorList = [y: Tensor]>(
  name: string,
  definition: OpDefinition<A, I, O>,
): Op<A, I, O> {
  const { gradient = null, native = name, saves = gradient === null ? 'none' : 'inputs' } = definition
  // All of one form, whatever they define: what reads them is at work in every eager call.
  const op: { [K in keyof Required<Op<A, I, O>>]: Op<A, I, O>[K] | undefined } = {
    name,
    opcode: native === null ? -1 : opcode(native),
    infer: definition.infer,
    encode: definition.encode,
    perStep: definition.perStep,
    steady: definition.steady,
    elementwise: definition.elementwise,
    rowWise: definition.rowWise ?? (definition.elementwise === true ? broadcastsRows : undefined),
    forRows: definition.forRows,
    mutates: definition.mutates,
    layer: definition.layer,
    // Asked about applications of this op, whose inputs and outputs are those of `infer`.
    gradient: gradient as Gradient<A> | null,
    saves,
  }
  return op as Op<A, I, O>
}

/** The gradient of x, given that of y = f(x); null: none. */
export type UnaryGradient<A> = (dy: Tensor, x: Tensor, y: Tensor, attrs: A) => Tensor | null

/** A formula as the gradient of an op from one input to one output. */
export const ofOne =
  <A>(formula: UnaryGradient<A>): Gradient<A, [x: Tensor], [y: Tensor]> =>
  ({ inputs: [x], outputs: [y], attrs }, [dy]) => [formula(dy, x, y, attrs)]

/** Refuses what is no tensor, by the op's and the argument's name. */
export function checkTensor(value: unknown, op: string, argument = 'x'): Tensor {
  if (value instanceof Tensor) return value
  throw new MyelinError('ERR_ARGUMENT', `[${op}] ${argument} must be a Tensor, got ${describe(value)}`)
}

/** A tensor as it is; a number as a scalar of the partner's dtype where it fits, else float32. */
export function toTensor(value: TensorLike, op: string, argument: string, partner?: DType): Tensor {
  if (value instanceof Tensor) return value
  if (typeof value !== 'number')
    throw new MyelinError('ERR_ARGUMENT', `[${op}] ${argument} must be a Tensor or a number, got ${describe(value)}`)
  const dtype = partner !== undefined && partner !== 'float32' && (value | 0) === value ? 'int32' : 'float32'
  return full([], value, { dtype })
}

/** The nn floor's output of a layer is what people know from Keras as something that ops take. */
const describe = (value: unknown): string =>
  Object.prototype.toString.call(value) === '[object SymbolicTensor]'
    ? `${show(value)}, which only layers take: layers.activation, layers.add, … or one of your own`
    : show(value)

// Which rows of its inputs a row of an op's output comes from: what `Op.rowWise` is for most ops.

/** Of ops that broadcast: rows are the output's first axis, along which all that has no rows is repeated. */
export function broadcastsRows(inputs: readonly TensorSpec[], _attrs: unknown, rowed: readonly boolean[]): boolean {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length))
  return inputs.every(({ shape }, i) => (rowed[i] ? shape.length === rank : shape.length < rank || shape[0] === 1))
}

/** Of ops that work along the last axis of their first input, [rows, …, n]: on each row alike, if the others have none. */
export function mapsRows([x]: readonly TensorSpec[], _attrs: unknown, [first, ...others]: readonly boolean[]): boolean {
  return first === true && !others.includes(true) && x !== undefined && x.shape.length > 1
}

/** A shape where there are `rows` rows in the place of `of`, of which each may be several along axis 0. */
export const resizeRows = ([all = 0, ...rest]: Shape, rows: number, of: number): Shape => [(all / of) * rows, ...rest]
