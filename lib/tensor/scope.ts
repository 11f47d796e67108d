import { isMap } from 'node:util/types'
import { ambient } from '../core/ambient.js'
import { checkFunction, refusePromise } from '../core/check.js'
import { isPlainObject } from '../core/kinds.js'
import { native } from '../native/binding.js'

/** A tensor as a scope sees it, whose class lies a file above. */
export interface Scoped {
  /** −1 once nothing holds the storage. */
  readonly rawHandle: number
  scope: Scope | null
  cell: Cell | null
  readonly node: { readonly inputs: readonly Scoped[]; readonly outputs: readonly Scoped[] } | null
  free(): void
  /** Hands the storage over, to be freed by its handle; −1 if there is none. */
  leave(): number
}

/** The tensors made inside one `tidy`; freed at its end unless returned. */
export class Scope {
  readonly tensors: Scoped[] = []
  constructor(readonly parent: Scope | null) {}
}

/** The part of a tensor that its finalizer sees. `handle` is −1 once the tensor has been disposed by hand. */
export interface Cell {
  handle: number
  /** The handle of a gradient that belongs to the tensor and goes with it. */
  gradient: number
}

/** The safety net for tensors made outside any scope. It runs between turns of the event loop, never inside one. */
const registry = new FinalizationRegistry<Cell>((cell) => {
  if (cell.handle >= 0) native.release(cell.handle)
  if (cell.gradient >= 0) native.release(cell.gradient)
})

/** The innermost scope; null outside any. */
export const currentScope = ambient<Scope | null>(null)

/** Makes a scope, or the collector where there is none, responsible for a tensor. */
export function track(tensor: Scoped, scope: Scope | null): void {
  tensor.scope = scope
  if (scope !== null) {
    scope.tensors.push(tensor)
  } else if (tensor.cell === null) {
    tensor.cell = { handle: tensor.rawHandle, gradient: -1 }
    registry.register(tensor, tensor.cell)
  }
}

/**
 * Runs fn and frees every tensor made inside, except those that it returns (alone, or in arrays and plain objects) and
 * what a later backward pass through them needs.
 * @throws MyelinError ERR_ARGUMENT if fn is asynchronous: what it makes after its first await cannot be told apart.
 */
export function tidy<T>(fn: () => T): T {
  checkFunction('tidy', 'a function', fn)
  const scope = new Scope(currentScope.value)
  let result: T | undefined
  try {
    result = currentScope.run(scope, fn)
  } finally {
    close(scope, result)
  }
  return refusePromise('tidy', result)
}

/**
 * Runs fn; if it throws, frees the tensors that it made, so that a refused call leaves none. Else they belong where they would without
 * this.
 */
export function freeOnFailure<T>(fn: () => T): T {
  const outer = currentScope.value
  const scope = outer ?? new Scope(null)
  const before = scope.tensors.length
  try {
    const result = currentScope.run(scope, fn)
    if (outer === null) for (const tensor of scope.tensors) if (isOf(tensor, scope)) track(tensor, null)
    return result
  } catch (error) {
    for (const tensor of scope.tensors.splice(before)) if (tensor.scope === scope) tensor.free()
    throw error
  }
}

const isOf = (tensor: Scoped, scope: Scope): boolean => tensor.scope === scope && tensor.rawHandle >= 0

function close(scope: Scope, result: unknown): void {
  const kept = typeof result === 'object' && result !== null ? keptBy(result) : null
  let leaving = 0
  for (const tensor of scope.tensors) {
    if (tensor.scope !== scope) continue
    if (kept?.has(tensor) === true) {
      if (tensor.rawHandle >= 0) track(tensor, scope.parent)
      continue
    }
    const handle = tensor.leave()
    if (handle < 0) continue
    if (leaving === handles.length) {
      native.releaseAll(handles, leaving)
      leaving = 0
    }
    handles[leaving++] = handle
  }
  if (leaving > 0) native.releaseAll(handles, leaving)
}

/** Handles that are freed together: the way into the addon takes longer than freeing. */
const handles = new Float64Array(256)

/** The tensors in a scope's result, and those that a backward pass through them needs. */
function keptBy(result: object): Set<Scoped> {
  const kept = new Set<Scoped>()
  collect(result, kept, 0)
  for (const tensor of kept) {
    if (tensor.node === null) continue
    for (const input of tensor.node.inputs) kept.add(input)
    for (const output of tensor.node.outputs) kept.add(output)
  }
  return kept
}

/** Finds tensors in arrays, maps and plain objects, by their `rawHandle`. */
function collect(value: unknown, found: Set<Scoped>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > 8) return
  // Its own: somebody may have given one to Object.prototype.
  if (Object.hasOwn(value, 'rawHandle')) {
    found.add(value as Scoped)
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, found, depth + 1)
  } else if (isMap(value)) {
    for (const item of value.values()) collect(item, found, depth + 1)
  } else if (isPlainObject(value)) {
    for (const item of Object.values(value)) collect(item, found, depth + 1)
  }
}
