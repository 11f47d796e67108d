import { opcode } from '../../lib/native/binding.js'

/** One buffer, by where it lies. `dtype` is a code of native/ops/op.h; default float32. */
export type PlanBuffer = { shape: number[]; dtype?: number } & (
  | { offset: number }
  | { binding: number; stride?: number }
)

export interface PlanInstruction {
  op: string
  in?: number[]
  out?: number[]
  attrs?: number[]
  mustBeFinite?: boolean
  /** [attribute, scalar column]. */
  patches?: [number, number][]
}

export interface PlanParts {
  arena?: number
  bindings: number
  columns?: number
  buffers: PlanBuffer[]
  instructions: PlanInstruction[]
}

/** The numbers that native/plan/plan.h describes. */
export function planSpec({ arena = 0, bindings, columns = 0, buffers, instructions }: PlanParts): Float64Array {
  return Float64Array.from([
    ...[1, buffers.length, instructions.length, arena, bindings, columns],
    ...buffers.flatMap((b) => {
      const shape = [b.dtype ?? 0, b.shape.length, ...b.shape]
      if ('offset' in b) return [0, ...shape, b.offset]
      return b.stride === undefined ? [1, ...shape, b.binding] : [2, ...shape, b.binding, b.stride]
    }),
    ...instructions.flatMap(({ op, in: ins = [], out = [], attrs = [], mustBeFinite = false, patches = [] }) => [
      ...[opcode(op), ins.length, out.length, attrs.length, Number(mustBeFinite)],
      ...[...ins, ...out, ...attrs, patches.length, ...patches.flat()],
    ]),
  ])
}
