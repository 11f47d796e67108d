import { expect, it } from 'vitest'
import { add, assign, broadcastTo, mul } from '../../../lib/ops/index.js'
import { tensor } from '../../../lib/tensor/creation.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { signed } from '../../helpers/random.js'
import { expectEager } from '../equality.js'
import { fused, names, type Traced } from './harness.js'

const x = signed([30, 40])

it('does not write down what is broadcast to meet a full operand', () => {
  const f: Traced = (x, row) => [
    add(mul(x as Tensor, broadcastTo(row as Tensor, [30, 40])), broadcastTo(tensor(2), [30, 40])),
  ]
  expect(names(fused(f, [x, signed([40])]))).not.toContain('broadcastTo')
  expectEager(f, [x, signed([40])], 'row and value')
})

it('keeps a broadcast that gives the result its shape, or whose source changes before it is read', () => {
  expect(names(fused((row) => [mul(broadcastTo(row as Tensor, [30, 40]), 2)], [signed([40])]))).toContain('broadcastTo')
  const w = new Parameter(signed([40]))
  const f: Traced = (x) => {
    const wide = broadcastTo(w, [30, 40])
    assign(w, w.mul(2), () => 1)
    return [add(x as Tensor, wide)]
  }
  expect(names(fused(f, [x]))).toContain('broadcastTo')
})
