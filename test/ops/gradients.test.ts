import { describe, expect, it } from 'vitest'
import { accumulateGradients, assign, clipFactors, update } from '../../lib/ops/index.js'
import { full, tensor, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { instructionSets, onInstructionSet, withThreads } from '../helpers/machine.js'
import { signed } from '../helpers/random.js'

const always = () => 1
const factors = (gradients: readonly Tensor[], limit: number, each = false, scale = 1): number[] => [
  ...clipFactors(gradients, { apply: always, scale, limit, each }).data(),
]

describe('clipFactors', () => {
  it('brings norms down to the limit, and leaves smaller ones alone', () => {
    const gradients = [tensor([3, 4]), tensor([[0.5]]), zeros([0]), zeros([4])]
    expect(factors(gradients, 2, true)).toEqual([Math.fround(0.4), 1, 1, 1])
    expect(factors(gradients, 2, true, 0.5)).toEqual([Math.fround(0.8), 1, 1, 1])
    expect(factors([tensor([3, 4]), tensor([12])], 6.5)).toEqual([0.5])
    expect(factors([tensor([3, 4]), tensor([12])], 13)).toEqual([1])
  })

  it('says nothing of steps that do not apply it', () => {
    expect([...clipFactors([tensor([30])], { apply: () => 0, scale: 1, limit: 1, each: false }).data()]).toEqual([1])
  })

  it('takes gradients whose squares do not fit into float32, and shows those that are not finite', () => {
    expect(factors([full([10_000], 1e30)], 1)[0]).toBeCloseTo(1e-32, 37)
    expect(factors([tensor([1e30, 1])], 1, true)).toEqual([Math.fround(1e-30)])
    expect(factors([tensor([Number.POSITIVE_INFINITY]), tensor([1])], 1, true)).toEqual([Number.NaN, 1])
    expect(factors([tensor([Number.NaN]), tensor([1])], 1)).toEqual([Number.NaN])
  })

  it.each(instructionSets)('has the exact norm, whatever the threads, on %s', (isa) => {
    const gradients = [signed([300, 140]), signed([8193], 2), signed([5], 3)]
    const squares = gradients.map((g) => Array.from(g.data()).reduce((sum, x) => sum + x * x, 0))
    const wanted = [...squares, squares.reduce((a, b) => a + b)].map((sum) => 0.5 / Math.sqrt(sum))
    onInstructionSet(isa, () => {
      const all = [1, 2].map((threads) =>
        withThreads(threads, () => [...factors(gradients, 0.5, true), ...factors(gradients, 0.5)]),
      )
      expect(all[0]).toEqual(all[1])
      all[0]?.forEach((factor, i) => {
        expect(Math.abs(factor / (wanted[i] as number) - 1)).toBeLessThan(2e-7)
      })
    })
  })
})

describe('accumulateGradients', () => {
  it('begins anew or adds', () => {
    const totals = [new Parameter(full([70_000], Number.NaN)), new Parameter(tensor([5]))]
    accumulateGradients(totals, [full([70_000], 2), tensor([1])], () => 1)
    accumulateGradients(totals, [full([70_000], 3), tensor([2])], () => 0)
    expect(totals[0]?.data().every((x) => x === 5)).toBe(true)
    expect(totals[1]?.toArray()).toEqual([3])
    expect(totals.map(({ version }) => version)).toEqual([2, 2])
  })
})

describe('assign', () => {
  it('copies when it applies', () => {
    const target = new Parameter(tensor([1, 2]))
    assign(target, tensor([3, 4]), () => 0)
    expect(target.toArray()).toEqual([1, 2])
    assign(target, tensor([3, 4]), always)
    expect(target.toArray()).toEqual([3, 4])
  })
})

describe('update', () => {
  const plain = [0.5, 0, 0] as const
  it('does nothing in a step that does not apply it', () => {
    const w = new Parameter(tensor([1, -2]))
    update('sgd', [w], [tensor([1, 1])], [], () => [...plain, 0, 1, Number.POSITIVE_INFINITY, 0])
    expect(w.toArray()).toEqual([1, -2])
  })

  it('scales, clips and decays, in this order, and takes a factor for each parameter', () => {
    const make = () => [new Parameter(tensor([1, -2])), new Parameter(tensor([4]))]
    const gradients = [tensor([2, -8]), tensor([Number.NaN])]
    const weights = make()
    update('sgd', weights, gradients, [], () => [...plain, 1, 0.5, 3, 0.25])
    expect(weights.map((w) => w.toArray())).toEqual([[0.75 - 0.5, -1.5 + 1.5], [Number.NaN]])
    const scaled = make()
    const numbers = () => [...plain, 1, 0.5, 100, 0]
    update('sgd', scaled, [tensor([2, -8]), tensor([8])], [], numbers, tensor([0.5, 2]))
    expect(scaled.map((w) => w.toArray())).toEqual([[1 - 0.25, -2 + 1], [4 - 4]])
  })
})
