/** Who waits for a signal: they share one listener, however many runs it ends. */
class Listeners {
  private readonly calls = new Set<() => void>()

  constructor(private readonly signal: AbortSignal) {}

  add(fn: () => void): () => void {
    // One function may wait twice.
    const call = (): void => fn()
    if (this.calls.size === 0) this.signal.addEventListener('abort', this)
    this.calls.add(call)
    return () => {
      this.calls.delete(call)
      if (this.calls.size === 0) this.signal.removeEventListener('abort', this)
    }
  }

  handleEvent(): void {
    for (const call of [...this.calls]) call()
  }
}

const listeners = new WeakMap<AbortSignal, Listeners>()

/**
 * Calls fn when the signal is aborted, at once if it is already.
 * @returns what puts an end to the waiting
 */
export function onAbort(signal: AbortSignal | undefined, fn: () => void): () => void {
  if (signal === undefined) return () => {}
  if (signal.aborted) {
    fn()
    return () => {}
  }
  const known = listeners.get(signal) ?? new Listeners(signal)
  listeners.set(signal, known)
  return known.add(fn)
}
