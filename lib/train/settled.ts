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

/** The value, or the error thrown. */
export async function unsettle<T>(promise: Settled<T>): Promise<T> {
  const result = await promise
  if ('error' in result) throw result.error
  return result.value
}
