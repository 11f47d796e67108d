import { native } from '../../lib/native/binding.js'
import { dtypeBytes, dtypeNames } from '../../lib/tensor/dtype.js'
import { type PlanBuffer, planSpec } from './plan-spec.js'
import { trainPlan, trainSpec } from './train-plan.js'

const odd = [
  0,
  1,
  -1,
  2,
  3,
  4,
  7,
  8,
  63,
  64,
  128,
  4096,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 46,
  2 ** 53,
  -(2 ** 53),
  1e300,
]

/** Mulberry32, in [0, 1). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Hands `rounds` specs that no compiler would make to planCreate, and runs those it takes. Every refusal must be an error
 * with a code.
 * @returns how many were refused, created, and run without an error
 */
export function fuzzPlans(seed: number, rounds: number): { refused: number; created: number; ran: number } {
  const random = generator(seed)
  const below = (n: number): number => Math.floor(random() * n)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const train = trainPlan()
  const valid = trainSpec()
  const counts = { refused: 0, created: 0, ran: 0 }

  const mutated = (): Float64Array => {
    const numbers = Array.from(valid)
    for (let i = 1 + below(3); i > 0; i--) {
      const at = below(numbers.length)
      switch (below(6)) {
        case 0:
          numbers.splice(at, 1)
          break
        case 1:
          numbers.splice(at, 0, pick(odd))
          break
        case 2:
          numbers[at] = pick(numbers)
          break
        case 3:
          numbers[at] = (numbers[at] as number) + pick([-1, 1, 64])
          break
        default:
          numbers[at] = pick(odd)
      }
    }
    return Float64Array.from(random() < 0.02 ? numbers.slice(0, below(numbers.length)) : numbers)
  }

  const names = Object.keys(native.opcodes)
  const shapes = [[], [1], [4], [4], [2, 4], [4, 4], [4, 4], [0], [4, 0], [2, 1, 4], [16]]
  const composed = (): { spec: Float64Array; buffers: PlanBuffer[] } => {
    const own = pick(shapes)
    const shared = random() < 0.7
    const buffers = Array.from({ length: 1 + below(6) }, (_, i): PlanBuffer => {
      const shape = shared && random() < 0.8 ? own : pick(shapes)
      const dtype = random() < 0.6 ? 0 : below(4)
      return random() < 0.5 ? { shape, dtype, offset: 64 * below(4) } : { shape, dtype, binding: i }
    })
    const some = (most: number): number[] => Array.from({ length: below(most + 1) }, () => below(buffers.length))
    const instructions = Array.from({ length: 1 + below(2) }, () => {
      const attrs = Array.from({ length: pick([0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 8]) }, () =>
        random() < 0.8 ? below(5) : pick(odd),
      )
      const patches =
        attrs.length > 0 && random() < 0.3 ? ([[below(attrs.length), below(2)]] as [number, number][]) : []
      return { op: pick(names), in: some(4), out: random() < 0.8 ? [below(buffers.length)] : some(4), attrs, patches }
    })
    return { spec: planSpec({ arena: 512, bindings: buffers.length, columns: 2, buffers, instructions }), buffers }
  }

  const tensorFor = (b: PlanBuffer): number => {
    const code = b.dtype ?? 0
    const size = b.shape.reduce((a, d) => a * d, 1)
    const bytes = new Uint8Array(size * dtypeBytes(dtypeNames[code] as (typeof dtypeNames)[number]))
    for (let i = 0; i < bytes.length; i++)
      bytes[i] = code === 1 && random() < 0.97 ? (i % 4 === 0 ? below(4) : 0) : below(256)
    return native.create(code, b.shape, bytes)
  }

  for (let round = 0; round < rounds; round++) {
    const made = random() < 0.5 ? null : composed()
    const columns = made === null ? 1 : 2
    const handles = made === null ? train.handles : Int32Array.from(made.buffers, tensorFor)
    try {
      const plan = native.planCreate(made === null ? mutated() : made.spec)
      counts.created++
      try {
        const steps = 1 + below(3)
        native.planRun(
          plan,
          handles,
          steps,
          below(3),
          Float64Array.from({ length: steps * columns }, () => pick(odd)),
        )
        counts.ran++
      } finally {
        native.planDispose(plan)
      }
    } catch (error) {
      if (!/^ERR_/.test(String((error as { code?: string }).code))) throw error
      counts.refused++
    } finally {
      if (made !== null) for (const h of handles) native.release(h)
    }
  }
  return counts
}
