/** As much of a layer as naming goes by. */
interface Nameable {
  readonly name: string
  readonly className: string
  /** Whether its name is not for this namer to choose: it was given, or chosen by another one. */
  keepsName(namer: object): boolean
  rename(name: string, namer: object | null): void
}

/** The name of a layer's class in `summary()` and configs: its static `className`, or if it has none of its own the class's name. */
export const classNameOf = (Class: { readonly name: string; readonly className?: string }): string =>
  (Object.hasOwn(Class, 'className') ? Class.className : undefined) ?? Class.name

/** The name of a layer that was given none, by Keras' scheme: `batch_normalization`. */
export const defaultName = (className: string): string =>
  className.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase()

/**
 * Names layers that stand side by side, each by its class, from the second on with a number: `dense`, `dense_1`. So names hang on nothing
 * but what is in a model. Names that were given stay, and are left out.
 * @param namer what stands for the model; a layer keeps the name that the first one gave it
 */
export function nameLayers(layers: readonly Nameable[], namer: object): void {
  const open = layers.filter((layer) => !layer.keepsName(namer))
  const kept = layers.filter((layer) => layer.keepsName(namer))
  const free = freeNames(kept.map(({ name }) => name))
  for (const layer of open) layer.rename(free(defaultName(layer.className)), namer)
}

/** The names, with a number behind those that another one before them has. */
export const distinct = (names: readonly string[]): string[] => names.map(freeNames([]))

/** Gives a name, or if it is taken the first free one of it with a number, which is taken then. */
function freeNames(given: readonly string[]): (name: string) => string {
  const taken = new Set(given)
  const next = new Map<string, number>()
  return (name) => {
    let i = next.get(name) ?? 0
    const numbered = (): string => (i === 0 ? name : `${name}_${i}`)
    while (taken.has(numbered())) i++
    next.set(name, i)
    taken.add(numbered())
    return numbered()
  }
}
