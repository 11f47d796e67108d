/** A value that is in force while a function runs, for all that it calls, without being handed on from call to call. */
export class Ambient<T> {
  /** The one in force. To be set by {@link run} alone. */
  value: T

  constructor(outermost: T) {
    this.value = outermost
  }

  /** Runs fn under a value; the one before is in force again when it returns or throws. What it does after an `await` is not under it. */
  run<Result>(value: T, fn: () => Result): Result {
    const before = this.value
    this.value = value
    try {
      return fn()
    } finally {
      this.value = before
    }
  }
}

/** @param outermost what is in force outside any {@link Ambient.run} */
export const ambient = <T>(outermost: T): Ambient<T> => new Ambient(outermost)
