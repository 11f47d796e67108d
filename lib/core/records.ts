// Records whose keys are users' names. `constructor`, `toString` and `__proto__` are names like any other, which plain reading and
// writing would find in, or give to, Object.prototype.

/** A record's own value under a name; undefined if it has none. */
export const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** Puts a value into a record under a name. */
export function put<T>(record: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true })
}
