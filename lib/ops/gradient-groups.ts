// The inputs of ops that read gradients, one after the other; native/ops/gradient_groups.h reads them.

/** The inputs of an op on gradients; T is a tensor, or a value of a graph. */
export interface GradientGroups<T> {
  /** All of one length: [gradient], or [parameter, gradient, ...slots]. */
  groups: readonly (readonly T[])[]
  /** By what the gradients are multiplied: one for each, or a single one for all; null: nothing. */
  factors: T | null
  /** By the number of a group, what is added to its gradient. */
  penalties: ReadonlyMap<number, Penalty<T>>
}

/** The gradient of an L2 penalty, coefficient·parameter, added where the gradient is read. A pass puts it there. */
export interface Penalty<T> {
  parameter: T
  /** One element. */
  coefficient: T
}

/** Where in a list of inputs the parts of {@link GradientGroups} are. */
export interface GradientLayout {
  /** How many inputs belong to a group. */
  size: number
  /** Whether factors stand behind the groups. */
  scaled: boolean
  /** The groups that have a penalty, ascending: the last inputs are theirs, the parameter if the group lacks it and the coefficient. */
  penalized: readonly number[]
}

/** The numbers of a layout that the native op reads behind its own; it knows the size by these. */
export const encodeLayout = ({ scaled, penalized }: GradientLayout): number[] => [Number(scaled), ...penalized]

/** Of a group. */
export const gradientOf = <T>(group: readonly T[]): T => group[group.length === 1 ? 0 : 1] as T

export function joinGroups<T>({ groups, factors, penalties }: GradientGroups<T>): {
  inputs: T[]
  layout: GradientLayout
} {
  const penalized = [...penalties.keys()].sort((a, b) => a - b)
  const behind = penalized.flatMap((number) => {
    const { parameter, coefficient } = penalties.get(number) as Penalty<T>
    return groups[number]?.length === 1 ? [parameter, coefficient] : [coefficient]
  })
  return {
    inputs: [...groups.flat(), ...(factors === null ? [] : [factors]), ...behind],
    layout: { size: groups[0]?.length ?? 1, scaled: factors !== null, penalized },
  }
}

export function splitGroups<T>(inputs: readonly T[], { size, scaled, penalized }: GradientLayout): GradientGroups<T> {
  const each = size === 1 ? 2 : 1
  const end = inputs.length - penalized.length * each
  const grouped = end - Number(scaled)
  const groups = Array.from({ length: grouped / size }, (_, i) => inputs.slice(i * size, (i + 1) * size))
  const penalties = penalized.map((number, k): [number, Penalty<T>] => {
    const [coefficient, parameter = groups[number]?.[0]] = inputs.slice(end + k * each, end + (k + 1) * each).reverse()
    return [number, { parameter: parameter as T, coefficient: coefficient as T }]
  })
  return { groups, factors: scaled ? (inputs[grouped] as T) : null, penalties: new Map(penalties) }
}
