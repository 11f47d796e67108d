import { readFileSync } from 'node:fs'
import { tensor } from '../../lib/tensor/creation.js'
import type { DType } from '../../lib/tensor/dtype.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

// The files of test/golden, written by scripts/golden*.py.

/** JSON has no NaN and no infinities: they are strings. */
export type GoldenNumber = number | boolean | 'NaN' | 'Infinity' | '-Infinity'

export interface GoldenArray {
  dtype: DType
  shape: number[]
  data: GoldenNumber[]
}

export interface GoldenCase {
  name: string
  inputs: GoldenArray[]
  args: unknown[]
  outputs: GoldenArray[]
  /** The gradient of the first output; absent where the case has no gradient. */
  upstream?: GoldenNumber[]
  /** One for each input, null where there is none. */
  gradients?: (GoldenNumber[] | null)[]
  /** Absent: finite differences make sense here. */
  smooth?: false
}

/** The content of test/golden/<name>.jsonl. A line is a part of it, so that each case has a line of its own. */
export function golden<T>(name: string): T {
  const lines = readFileSync(new URL(`../golden/${name}.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Part).reduce(join) as T
}

interface Part {
  [member: string]: unknown
}

/** Adds a part to a content, member by member; a list goes on where it ended. */
function join(content: Part, part: Part): Part {
  for (const [member, value] of Object.entries(part)) {
    const before = content[member]
    if (before === undefined) content[member] = value
    else if (Array.isArray(before)) before.push(...(value as unknown[]))
    else join(before as Part, value as Part)
  }
  return content
}

/** The cases of a family, by op. */
export const goldenCases = (family: string): Record<string, GoldenCase[]> =>
  golden<{ ops: Record<string, GoldenCase[]> }>(family).ops

export function toTensor({ dtype, shape, data }: GoldenArray): Tensor {
  return tensor(data.map(Number), shape, { dtype })
}

/**
 * The fault of values in words, or null: each must lie within relative · |wanted| + absolute of the one that is wanted. A NaN is
 * equal to a NaN.
 */
export function difference(
  got: ArrayLike<number>,
  wanted: readonly GoldenNumber[],
  { relative, absolute }: { relative: number; absolute: number },
): string | null {
  if (got.length !== wanted.length) return `${got.length} values instead of ${wanted.length}`
  for (let i = 0; i < got.length; i++) {
    const [g, w] = [got[i] as number, Number(wanted[i])]
    if (Object.is(g, w) || g === w || (Number.isNaN(g) && Number.isNaN(w))) continue
    if (!(Math.abs(g - w) <= relative * Math.abs(w) + absolute)) return `element ${i} is ${g}, should be ${w}`
  }
  return null
}
