const counts = new Map<string, number>()

/** What a layer without a name is called, by Keras' scheme: `batch_normalization`, `batch_normalization_1`, … counted in this process. */
export function defaultName(className: string): string {
  const base = className.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase()
  const count = counts.get(base) ?? 0
  counts.set(base, count + 1)
  return count === 0 ? base : `${base}_${count}`
}

/** The names, with a number behind those that another one before them has. */
export function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let own = name
    for (let i = 1; taken.has(own); i++) own = `${name}_${i}`
    taken.add(own)
    return own
  })
}
