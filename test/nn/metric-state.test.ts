import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { metrics } from '../../lib/nn/index.js'
import type { Metric } from '../../lib/nn/metrics/metric.js'
import { randomUniform, tensor } from '../../lib/tensor/creation.js'
import { State } from '../../lib/tensor/state.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'

/** Labels 0 and 1, and probabilities, of eight samples. */
const batch = (seed: number): [Tensor, Tensor] => {
  const [labels, probabilities] = [seed, seed + 100].map((one) => randomUniform([8, 1], { seed: one })) as [
    Tensor,
    Tensor,
  ]
  return [
    tensor(
      labels.data().map((x) => Number(x > 0.4)),
      [8, 1],
    ),
    probabilities,
  ]
}

const makers: Record<string, () => Metric> = {
  accuracy: () => metrics.binaryAccuracy(),
  precision: () => metrics.precision(),
  f1: () => metrics.f1(),
  auc: () => metrics.auc(),
  r2: () => metrics.r2(),
  'mean squared error': () => metrics.meanSquaredError(),
}

describe.each(Object.entries(makers))('the state of %s', (_, make) => {
  it('goes on counting in another one, and is brought back in the same', () => {
    const one = make()
    one.update(...batch(1))
    const [state, then] = [one.state(), one.result()]
    one.update(...batch(2))
    const wanted = one.result()
    const other = make()
    other.update(...batch(3))
    other.restore(state)
    expect(other.result()).toBe(then)
    other.update(...batch(2))
    expect(other.result()).toBe(wanted)
    one.restore(state)
    expect(one.result()).toBe(then)
    one.restore(make().state())
    expect(one.result()).toBe(make().result())
  })
})

it('a state of other figures is refused, and changes nothing', () => {
  const one = metrics.precision()
  one.update(...batch(1))
  const before = one.result()
  expect(failure(() => one.restore({} as State))).toMatchObject({ code: 'ERR_ARGUMENT' })
  expect(failure(() => one.restore(new State({ hits: 3 })))).toMatchObject({ code: 'ERR_ARGUMENT' })
  const [name = ''] = one.state().names
  const wide = new State(
    new Map([[name, new State({ sums: tensor(new Uint8Array(80)), counts: tensor(new Uint8Array(8)) })]]),
  )
  expect(failure(() => one.restore(wide))).toMatchObject({ code: 'ERR_SHAPE' })
  expect(one.result()).toBe(before)
})
