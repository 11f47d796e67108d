import { expect, it } from 'vitest'
import { fusedNode } from '../../lib/graph/fused-ops.js'
import type { Node } from '../../lib/graph/graph.js'
import { ScalarTable } from '../../lib/graph/scalar-table.js'
import type { Op } from '../../lib/tensor/op.js'

/** A node whose numbers are [base + ahead, −base]; if it is steady, those of the present step, asked for once. */
function counting(base: number, steady?: boolean): { node: Node; asked: number[] } {
  const asked: number[] = []
  const op: Op<number> = {
    name: 'counting',
    opcode: 0,
    infer: () => [],
    encode: (attrs, ahead) => {
      asked.push(ahead)
      return [attrs + ahead, -attrs]
    },
    perStep: true,
    ...(steady !== undefined && { steady: () => steady }),
    gradient: null,
    saves: 'none',
  }
  return { node: fusedNode(op, base, [], []), asked }
}

it('has a row a step, and asks what is steady once', () => {
  const [a, b, c] = [counting(10), counting(20, true), counting(30, false)]
  const table = new ScalarTable([a.node, b.node, c.node])
  for (const steps of [5, 1, 8]) {
    for (const { asked } of [a, b, c]) asked.length = 0
    const rows = Array.from({ length: steps }, (_, i) => [8 + i, -10, 18, -20, 28 + i, -30])
    expect([...table.fill(steps, -2)]).toEqual(rows.flat())
    expect([a.asked.length, b.asked.length, c.asked.length]).toEqual([steps, 1, steps])
  }
})

it('is empty where nothing changes from step to step', () => {
  const { node } = counting(1)
  const same = fusedNode({ ...node.op, perStep: false }, node.attrs, [], [])
  expect(new ScalarTable([same]).fill(1000, 0)).toHaveLength(0)
  expect(new ScalarTable([]).fill(3, 0)).toHaveLength(0)
})
