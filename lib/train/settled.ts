import { onAbort } from './abort.js'

/** What came of a promise. */
export type Settled<T> = Promise<{ value: T } | { error: unknown }>

/** A promise that is looked at later must not count as unhandled until then. */
export async function settled<T>(make: () => T | Promise<T>): Settled<T> {
  try {
    return { value: await make() }
  } catch (error) {
    return { error }
  }
}

/** What came of a promise, or null as soon as the signal is aborted: a source may have nothing to give for hours. */
export async function settledUnlessAborted<T>(
  promise: Settled<T>,
  signal: AbortSignal | undefined,
): Promise<Awaited<Settled<T>> | null> {
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

/** Frees what is still to come of a promise that nobody waits for any more. */
export function discardLater<T extends { dispose(): void } | null>(promise: Settled<T>): void {
  void promise.then((result) => {
    if ('value' in result) result.value?.dispose()
  })
}

/** The value, or the error thrown. */
export async function unsettle<T>(promise: Settled<T>): Promise<T> {
  const result = await promise
  if ('error' in result) throw result.error
  return result.value
}
