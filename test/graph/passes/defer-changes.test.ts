import { expect, it } from 'vitest'
import { accumulate, assignMovingAverage, mean, square, update } from '../../../lib/ops/index.js'
import { tensor, zeros } from '../../../lib/tensor/creation.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { signed } from '../../helpers/random.js'
import { bits, fused, interpret, names, type Traced } from './harness.js'

const given = [signed([4, 3])]
const average = () => new Parameter(zeros([3]), { trainable: false })

/** A running mean of the inputs that follows before the loss is computed. */
const step =
  (running: Parameter, w: Parameter): Traced =>
  (x) => {
    assignMovingAverage(running, mean(x as Tensor, 0), 0.9)
    const loss = mean(square((x as Tensor).mul(w)))
    update('sgd', [w], [w.mul(2)], [], () => [0.1, 0, 0, 1, 1, Number.POSITIVE_INFINITY, 0])
    return [loss]
  }

it('puts changes behind the value that must be finite, and only where there is one', () => {
  const f = step(average(), new Parameter(tensor([1, 2, 3])))
  const free = names(fused(f, given))
  const bound = names(fused(f, given, 0))
  expect([...bound].sort()).toEqual([...free].sort())
  const running = free.find((name) => /average/i.test(name)) as string
  expect(free.indexOf(running)).toBeLessThan(free.lastIndexOf('sumSquares'))
  expect(bound.indexOf(running)).toBeGreaterThan(bound.lastIndexOf('sumSquares'))
})

it('keeps every bit', () => {
  const [a, b] = [0, 1].map(() => ({ running: average(), w: new Parameter(tensor([1, 2, 3])) })) as [Made, Made]
  const graph = fused(step(b.running, b.w), given, 0)
  for (let i = 0; i < 3; i++)
    expect(interpret(graph, given).map(bits)).toEqual(step(a.running, a.w)(...given).map(bits))
  expect([b.running, b.w].map(bits)).toEqual([a.running, a.w].map(bits))
})

it('leaves a change where the loss reads what was changed', () => {
  const running = average()
  const f: Traced = (x) => {
    assignMovingAverage(running, mean(x as Tensor, 0), 0.9)
    return [mean(square((x as Tensor).sub(running)))]
  }
  expect(names(fused(f, given, 0))).toEqual(names(fused(f, given)))
})

it('finds the value behind a view', () => {
  const sums = new Parameter(tensor(new Uint8Array(8)), { trainable: false })
  const f: Traced = (x) => {
    accumulate(sums, x as Tensor, 1)
    return [mean(x as Tensor, [0, 1], true).reshape([])]
  }
  const bound = names(fused(f, [signed([1, 1])], 0)).filter((name) => name !== 'reshape')
  expect(bound.at(-1)).toBe('accumulate')
})

interface Made {
  running: Parameter
  w: Parameter
}
