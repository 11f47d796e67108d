import { onAbort } from './abort.js'

/** The value or the error of a promise. */
export type PromiseResult<T> = Promise<{ value: T } | { error: unknown }>

/** The result of a promise that is looked at later, and must not count as unhandled until then. */
export async function resultOf<T>(make: () => T | Promise<T>): PromiseResult<T> {
  try {
    return { value: await make() }
  } catch (error) {
    return { error }
  }
}

/** The result of a promise, or null as soon as the signal is aborted: a source may have nothing to give for hours. */
export async function resultUnlessAborted<T>(
  promise: PromiseResult<T>,
  signal: AbortSignal | undefined,
): Promise<Awaited<PromiseResult<T>> | null> {
  if (signal === undefined) return promise
  if (signal.aborted) return null
  let stopWaiting = (): void => {}
  const aborted = new Promise<null>((resolve) => {
    stopWaiting = onAbort(signal, () => resolve(null))
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    stopWaiting()
  }
}

/** Frees the result, when it comes, of a promise that nobody waits for any more. */
export function disposeOfResult<T extends { dispose(): void } | null>(promise: PromiseResult<T>): void {
  void promise.then((result) => {
    if ('value' in result) result.value?.dispose()
  })
}

/** The value, or the error thrown. */
export async function unwrap<T>(promise: PromiseResult<T>): Promise<T> {
  const result = await promise
  if ('error' in result) throw result.error
  return result.value
}
