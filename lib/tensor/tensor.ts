import { checkFlag } from '../core/check.js'
import { ofThisCopy } from '../core/copies.js'
import { MyelinError } from '../core/error.js'
import { inWords } from '../core/show.js'
import { type ElementArray, native, nativeError } from '../native/binding.js'
import { type DType, elementArray } from './dtype.js'
import { format, type NestedArray, nest } from './format.js'
import { type Cell, currentScope, type Scope, track } from './scope.js'
import { formatShape, type Shape, sizeOf } from './shape.js'

let created = 0

/** The id that the next tensor will have. */
export const nextId = (): number => created

/** The computation of a tensor, whose op is defined a file above. */
export interface Recorded {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
}

/**
 * A contiguous row-major array in native memory, and what the tape knows of it. Immutable, but for a parameter.
 * Ops are methods too: `x.matmul(w).add(b).relu()`.
 */
export class Tensor {
  /** Not frozen: V8 filters and slices frozen arrays so slowly that eager reductions took twice as long. */
  private readonly sizes: Shape
  /** The kind of the elements. */
  readonly dtype: DType
  /** The number of elements. */
  readonly size: number

  /** Order of creation in this environment; a node's outputs are younger than its inputs. @internal */
  readonly id = created++
  /** The native handle while the storage is held, even for the tape alone; −1 afterwards. @internal */
  rawHandle: number
  /** @internal */
  scope: Scope | null = null
  /** @internal */
  cell: Cell | null = null
  /** The computation it came from, if the tape recorded that. @internal */
  node: Recorded | null = null
  /** The tensor whose storage this one shares, or itself. @internal */
  base: Tensor = this
  /** How many recorded nodes will read its elements in a backward pass. @internal */
  savedBy = 0

  private isDisposed = false
  private wantsGrad = false
  private gradient: Tensor | null = null
  /** Whether a caller has had the gradient in hand. */
  private gradientSeen = false
  /** Keeps a leaf alive as long as its gradient is. */
  private owner: Tensor | null = null

  /** Takes over a live native handle. Use {@link tensor} to make one from data. @internal */
  constructor(handle: number, shape: Shape, dtype: DType) {
    if (typeof handle !== 'number' || !Array.isArray(shape))
      throw new MyelinError(
        'ERR_ARGUMENT',
        '[Tensor] the constructor is not for users; make one with tensor(data, shape)',
      )
    this.rawHandle = handle
    this.sizes = shape
    this.dtype = dtype
    this.size = sizeOf(shape)
    if (handle >= 0) track(this, currentScope.value)
  }

  /** The sizes of the axes. Not to be changed; `reshape` gives a tensor of another shape. */
  get shape(): Shape {
    return this.sizes
  }

  /** The number of axes. */
  get rank(): number {
    return this.sizes.length
  }

  /** −1 once disposed, whether or not the tape still holds the storage. @internal */
  get handle(): number {
    return this.isDisposed ? -1 : this.rawHandle
  }

  /** Whether a backward pass computes a gradient for it or through it. */
  get requiresGrad(): boolean {
    return this.wantsGrad
  }

  /** Only a tensor that nothing recorded computed (a leaf) may be switched; float32 only. */
  set requiresGrad(value: boolean) {
    checkFlag('requiresGrad', 'the value', value)
    if (value && this.dtype !== 'float32')
      throw new MyelinError('ERR_DTYPE', `[requiresGrad] only float32 has gradients, this is ${this.dtype}`)
    if (!value && this.node !== null)
      throw new MyelinError(
        'ERR_ARGUMENT',
        '[requiresGrad] a computed tensor cannot be cut from its graph; use detach()',
      )
    this.wantsGrad = value
  }

  /** Called by the tape for what it computed. @internal */
  attach(node: Recorded): void {
    this.node = node
    this.wantsGrad = true
  }

  /** The gradient that backward passes have added up here, or null. Leaves with `requiresGrad` only. */
  get grad(): Tensor | null {
    this.gradientSeen = true
    return this.gradient
  }

  /** The gradient, read by the library itself. @internal */
  get ownGradient(): Tensor | null {
    return this.gradient
  }

  /**
   * Takes a gradient over, or drops it. It lives as long as this leaf: in the leaf's scope, or in its finalizer's cell, which
   * is far cheaper than a finalizer of its own.
   * @param scope the caller's, which frees the gradient that was here before
   * @internal
   */
  takeGradient(value: Tensor | null, scope: Scope | null = currentScope.value): void {
    this.dropGradient(scope)
    this.gradient = value
    this.gradientSeen = false
    if (value === null || value.scope === this.scope) return
    if (this.cell === null || this.scope !== null || value.cell !== null) {
      track(value, this.scope)
    } else {
      value.scope = null
      value.owner = this
      this.cell.gradient = value.rawHandle
    }
  }

  private dropGradient(scope: Scope | null): void {
    const old = this.gradient
    this.gradient = null
    if (this.cell !== null) this.cell.gradient = -1
    if (old === null || old.rawHandle < 0) return
    const owned = old.owner === this
    old.owner = null
    // A caller may still hold it: then the scope at work frees it, or where there is none the collector.
    if (scope !== null) track(old, scope)
    else if (owned && !this.gradientSeen && old.savedBy === 0) old.free()
    else if (owned) track(old, null)
  }

  /** Drops the gradient: the next backward pass begins anew. */
  zeroGrad(): void {
    this.takeGradient(null)
  }

  /**
   * A copy of the elements that owns its whole ArrayBuffer: Float32Array, Int32Array, or Uint8Array for uint8 and bool.
   * @throws MyelinError ERR_DISPOSED; ERR_MEMORY where JavaScript has no room for the copy
   */
  data(): ElementArray {
    this.check('data')
    return this.elements(0, this.size)
  }

  private elements(offset: number, count: number): ElementArray {
    const elements = roomFor(this.dtype, count)
    try {
      native.read(this.rawHandle, offset, elements)
    } catch (error) {
      throw nativeError(error, 'data')
    }
    return elements
  }

  /** The only element, as a number. @throws MyelinError ERR_SHAPE if there are more or none */
  item(): number {
    this.check('item')
    if (this.size !== 1)
      throw new MyelinError('ERR_SHAPE', `[item] needs exactly one element, the shape is ${formatShape(this.shape)}`)
    return native.item(this.rawHandle)
  }

  /** Nested arrays of numbers (booleans for bool); a number for a scalar. */
  toArray(): NestedArray {
    return nest(this.data(), this.shape, this.dtype)
  }

  /** Shape and dtype in words, and the elements, of a large tensor the first and last of each axis. */
  toString(): string {
    return this.handle < 0
      ? `Tensor(disposed, shape: ${formatShape(this.shape)})`
      : format((offset, count) => this.elements(offset, count), this.shape, this.dtype)
  }

  /**
   * A tensor of one element is a number where one is needed, as in `loss < 0.1`; any other is refused there, instead of being taken
   * for NaN. In a text it is {@link toString}.
   * @throws MyelinError ERR_ARGUMENT
   */
  [Symbol.toPrimitive](hint: 'number' | 'string' | 'default'): number | string {
    if (hint !== 'number') return this.toString()
    if (this.size === 1) return this.item()
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[Tensor] operators such as < and * do not work on a tensor of shape ${formatShape(this.shape)}; use its methods: less, mul, …`,
    )
  }

  /** The text that `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  /** @internal */
  [inWords](): string {
    return `a Tensor of shape ${formatShape(this.shape)}`
  }

  /** The form that `JSON.stringify` writes: the elements as nested arrays. */
  toJSON(): NestedArray {
    return this.toArray()
  }

  /** Its elements, outside every graph. Shares storage. */
  detach(): Tensor {
    this.check('detach')
    return this.alias(this.shape)
  }

  /** A tensor of another shape on the same storage. @internal */
  alias(shape: Shape): Tensor {
    const result = new Tensor(native.alias(this.rawHandle, shape), shape, this.dtype)
    result.base = this.base
    return result
  }

  /**
   * Frees the storage now, instead of at the end of the enclosing `tidy` or when it is collected. What a recorded
   * graph still needs for its backward pass stays until then. Doing it twice is harmless.
   */
  dispose(): void {
    this.isDisposed = true
    if (this.savedBy === 0) this.free()
  }

  /** {@link dispose}, at the end of a block that declares the tensor by `using`. */
  [Symbol.dispose](): void {
    this.dispose()
  }

  /** @internal */
  get disposed(): boolean {
    return this.isDisposed
  }

  /** Lets the tape read again what only the tape still holds; `dispose()` ends that. @internal */
  revive(): void {
    this.isDisposed = this.rawHandle < 0
  }

  /** Frees the storage, whoever might want it. @internal */
  free(): void {
    const handle = this.leave()
    if (handle >= 0) native.release(handle)
  }

  /** Hands the storage over, to be freed by its handle; −1 if there is none any more. @internal */
  leave(): number {
    this.isDisposed = true
    const handle = this.rawHandle
    if (handle < 0) return -1
    if (this.gradient !== null) this.dropGradient(currentScope.value)
    if (this.owner !== null && this.owner.cell !== null) this.owner.cell.gradient = -1
    this.rawHandle = -1
    if (this.cell !== null) this.cell.handle = -1
    return handle
  }

  /** @throws MyelinError ERR_DISPOSED @internal */
  check(where: string): void {
    if (this.handle < 0)
      throw new MyelinError(
        'ERR_DISPOSED',
        `[${where}] the tensor of shape ${formatShape(this.shape)} has been disposed`,
      )
  }
}

ofThisCopy(Tensor)
/** @throws MyelinError ERR_MEMORY for more elements than JavaScript can hold, in all or just now */
function roomFor(dtype: DType, count: number): ElementArray {
  try {
    return elementArray(dtype, count)
  } catch {
    native.giveBackMemory()
  }
  try {
    return elementArray(dtype, count)
  } catch (error) {
    throw new MyelinError(
      'ERR_MEMORY',
      `[data] JavaScript has no room for ${count} elements (${dtype}): ${(error as Error).message}; take less of them at a time, by slice`,
      { cause: error },
    )
  }
}
