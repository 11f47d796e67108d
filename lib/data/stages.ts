import { wrong } from '../core/check.js'
import { isThenable } from '../core/kinds.js'
import { show } from '../core/show.js'
import { currentScope, tidy } from '../tensor/scope.js'
import type { Tensor } from '../tensor/tensor.js'
import { disposeElement, mapTensors } from './element.js'
import type { Elements } from './iterable.js'
import { iterate } from './iterate.js'
import type { OrderedPass, RandomSource } from './random-source.js'
import { ShuffleBuffer } from './shuffle-buffer.js'
import { stackSamples } from './stack.js'

// One pass of each stage of a Dataset. A stage owns the tensors of the elements that it took and has not yet given on.

/** One pass through a Dataset, which all its stages share. */
export interface Pass extends OrderedPass {
  /** Whether nobody wants more of it. */
  readonly ended: boolean
}

/** Elements of one pass. */
type Stage<T> = AsyncGenerator<T, void, undefined>

/**
 * Elements made elsewhere. Their tensors stay their maker's: what goes on are handles on the same storage.
 * @param where what an error message begins with
 */
export async function* read<T>(make: () => Promise<Elements<T>>, pass: Pass, where: string): Stage<T> {
  const iteration = iterate<T | Promise<T>>(await make(), where)
  let failed = false
  try {
    while (!pass.ended) {
      const { done, value } = await iteration.next()
      if (done === true) return
      yield mapTensors(value as T, ownHandle)
      if (isTurnDue()) await turn()
    }
  } catch (error) {
    failed = true
    throw error
  } finally {
    await iteration.close(failed || pass.ended)
  }
}

/** Elements made of row numbers. */
export async function* readRows<T>(
  order: Int32Array,
  step: number,
  make: (rows: Int32Array) => T,
  pass: Pass,
): Stage<T> {
  for (let at = 0; at < order.length && !pass.ended; at += step) {
    yield make(order.subarray(at, at + step))
    if (isTurnDue()) await turn()
  }
}

export async function* batch(
  elements: Stage<unknown>,
  size: number,
  dropRemainder: boolean,
  pass: Pass,
): Stage<unknown> {
  let samples: unknown[] = []
  const stack = (): unknown => {
    const taken = samples
    samples = []
    try {
      return stackSamples(taken)
    } finally {
      taken.forEach(disposeElement)
    }
  }
  try {
    for await (const sample of elements) {
      samples.push(sample)
      if (samples.length === size) yield stack()
    }
    if (samples.length > 0 && !dropRemainder && !pass.ended) yield stack()
  } finally {
    samples.forEach(disposeElement)
  }
}

export async function* shuffle<T>(elements: Stage<T>, capacity: number, random: RandomSource, pass: Pass): Stage<T> {
  const buffer = new ShuffleBuffer<T>(capacity, random)
  try {
    for await (const element of elements)
      if (buffer.full) yield buffer.exchange(element)
      else buffer.add(element)
    while (buffer.elements.length > 0 && !pass.ended) yield buffer.draw()
  } finally {
    buffer.elements.forEach(disposeElement)
  }
}

export async function* map<T, U>(
  elements: Stage<T>,
  fn: (element: T, index: number) => U | Promise<U>,
): Stage<Awaited<U>> {
  let index = 0
  for await (const element of elements) {
    let result: Awaited<U>
    try {
      result = await applyTo(element, fn, index++)
    } finally {
      disposeElement(element)
    }
    yield result
  }
}

export async function* filter<T>(
  elements: Stage<T>,
  predicate: (element: T, index: number) => boolean | number | Promise<boolean | number>,
): Stage<T> {
  let index = 0
  for await (const element of elements) {
    let stays = false
    try {
      stays = verdict(await applyTo(element, predicate, index++))
    } finally {
      if (!stays) disposeElement(element)
    }
    if (stays) yield element
  }
}

/** A tensor, always true in JavaScript, or a forgotten return must not pass for a decision. */
function verdict(found: boolean | number): boolean {
  if (typeof found === 'boolean' || typeof found === 'number') return Boolean(found)
  const shown = show(found)
  disposeElement(found)
  throw wrong('Dataset.filter', `the predicate must return true or false, got ${shown}; of a tensor take item()`)
}

/** The function's result under handles of its own, so that neither its input nor a tensor from outside is given away. */
function applyTo<T, U>(
  element: T,
  fn: (element: T, index: number) => U | Promise<U>,
  index: number,
): Awaited<U> | Promise<Awaited<U>> {
  let coming: Promise<Awaited<U>> | null = null
  const result = tidy(() => {
    const given = fn(element, index)
    if (!isThenable(given)) return mapTensors(given as Awaited<U>, ownHandle)
    coming = Promise.resolve(given).then((value) => mapTensors(value as Awaited<U>, ownHandle))
    // Tensors that an asynchronous function made before its first await must outlive this call.
    return [...(currentScope.value?.tensors ?? [])]
  })
  return coming ?? (result as Awaited<U>)
}

export async function* take<T>(elements: Stage<T>, n: number): Stage<T> {
  if (n === 0) return
  let left = n
  for await (const element of elements) {
    yield element
    if (--left === 0) return
  }
}

export async function* skip<T>(elements: Stage<T>, n: number): Stage<T> {
  let left = n
  for await (const element of elements)
    if (left-- > 0) disposeElement(element)
    else yield element
}

/** @param open begins the elements from their start */
export async function* repeat<T>(open: (pass: Pass) => Stage<T>, times: number, pass: Pass): Stage<T> {
  const before = pass.gone * (times < Number.POSITIVE_INFINITY ? times : 1)
  for (let i = 0; i < times; i++) {
    let empty = true
    const inner: Pass = {
      get ended() {
        return pass.ended
      },
      gone: before + i,
      draws: pass.draws,
    }
    for await (const element of open(inner)) {
      empty = false
      yield element
    }
    if (empty) return
  }
}

function ownHandle(tensor: Tensor): Tensor {
  tensor.check('Dataset')
  return tensor.alias(tensor.shape)
}

/** Milliseconds for which stages may go on with what is there already before the event loop turns. */
const longest = 10
let turned = performance.now()

/** Whether that time is over. */
export const isTurnDue = (): boolean => performance.now() - turned > longest

/** Lets the event loop turn. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  turned = performance.now()
}
