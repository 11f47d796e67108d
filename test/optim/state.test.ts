import { describe, expect, it } from 'vitest'
import { square, sub, sum } from '../../lib/ops/index.js'
import type { OptimizerName } from '../../lib/optim/choices.js'
import { optimizers, schedules } from '../../lib/optim/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import { tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { State } from '../../lib/tensor/state.js'
import { bits } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import '../../lib/index.js'

const cosine = () => schedules.cosineDecay({ initialLearningRate: 0.1, decaySteps: 20 })

const makers = {
  sgd: () => optimizers.sgd({ learningRate: 0.1, momentum: 0.9 }),
  adagrad: () => optimizers.adagrad({ learningRate: cosine() }),
  adadelta: () => optimizers.adadelta({ learningRate: 1 }),
  rmsprop: () => optimizers.rmsprop({ centered: true, momentum: 0.5 }),
  adam: () => optimizers.adam({ amsgrad: true }),
  adamw: () => optimizers.adamw({ learningRate: (step) => 0.1 / (step + 1) }),
  adamax: () => optimizers.adamax({ globalClipNorm: 0.5 }),
  radam: () => optimizers.radam(),
  nadam: () => optimizers.nadam({ learningRate: schedules.oneCycle({ maxLearningRate: 0.1, totalSteps: 20 }) }),
  lion: () => optimizers.lion(),
} satisfies Record<OptimizerName, () => Optimizer>

/** Two weights, and steps towards a target under accumulation. */
function training(optimizer: Optimizer, values = [[1, -2, 3], [0.5]]) {
  const [a, b] = values.map((value) => new Parameter(tensor(value))) as [Parameter, Parameter]
  const step = (n: number): void => {
    for (let i = 0; i < n; i++) {
      sum(square(sub(a, b))).backward()
      optimizer.update([a, b], [a.grad, b.grad], { steps: 3 })
      a.zeroGrad()
      b.zeroGrad()
    }
  }
  return {
    step,
    paths: new Map([
      ['layer/a', a],
      ['layer/b', b],
    ]),
    weights: () => [bits(a), bits(b)],
    values: () => [a, b].map((p) => [...p.data()]),
  }
}

describe.each(Object.entries(makers))('the state of %s', (_, make) => {
  it('goes on in another optimizer where it was, with steps of an accumulation pending', () => {
    const one = make()
    const { step, weights, values, paths } = training(one)
    step(11)
    const state = one.state(paths)
    const other = make()
    const twin = training(other, values())
    other.restore(state, twin.paths)
    state.dispose()
    expect([other.iterations, other.learningRate]).toEqual([one.iterations, one.learningRate])
    step(10)
    twin.step(10)
    expect(twin.weights()).toEqual(weights())
    const again = other.state(twin.paths)
    expect([...again.tensors.keys()]).toEqual([...one.state(paths).tensors.keys()])
    expect([...again.values]).toEqual([...one.state(paths).values])
  })

  it('is brought back in the same one; what began later begins anew', () => {
    const one = make()
    const first = one.state()
    const { step, weights, paths } = training(one)
    const begin = [...paths.values()].map((parameter) => parameter.alias(parameter.shape).toArray())
    step(4)
    const wanted = weights()
    one.learningRate = 3
    one.restore(first)
    for (const [i, parameter] of [...paths.values()].entries()) parameter.assign(tensor(begin[i] as number[]))
    expect(one.iterations).toBe(0)
    step(4)
    expect(weights()).toEqual(wanted)
  })
})

describe('the state of an optimizer', () => {
  it('has slots by parameter path, the count, and the rate or its schedule', () => {
    const adam = optimizers.adam({ learningRate: 0.5 })
    const { step, paths } = training(adam)
    step(4)
    const state = adam.state(paths)
    expect([...state.part('slots').tensors.keys()].sort()).toEqual([
      'accumulator/layer/a',
      'accumulator/layer/b',
      'momentum/layer/a',
      'momentum/layer/b',
      'velocity/layer/a',
      'velocity/layer/b',
    ])
    expect(Object.fromEntries(state.part('count').values)).toEqual({ updates: 1, pending: 1, steps: 3 })
    expect(state.value('learningRate')).toBe(0.5)
    adam.learningRate = cosine()
    expect(adam.state(paths).value('learningRate')).toBeTypeOf('function')
    adam.learningRate = 0.25
    expect(adam.state(paths).value('learningRate')).toBe(0.25)
  })

  it('that does not fit is refused, and changes nothing', () => {
    const adam = optimizers.adam()
    const { step, paths } = training(adam)
    step(3)
    const state = adam.state(paths)
    const refused = (given: State, parameters = paths, of: Optimizer = adam) =>
      failure(() => of.restore(given, parameters))
    expect(refused(state, paths, optimizers.sgd()).message).toContain('the state is not one of sgd, but of "adam"')
    expect(refused(state, new Map([['other', paths.get('layer/a') as Parameter]])).message).toContain(
      'accumulator/layer/a',
    )
    expect(
      refused(
        state,
        new Map([
          ['layer/a', paths.get('layer/b') as Parameter],
          ['layer/b', paths.get('layer/a') as Parameter],
        ]),
      ),
    ).toMatchObject({ code: 'ERR_SHAPE' })
    expect(refused(new State({ optimizer: 'adam' }))).toMatchObject({ code: 'ERR_ARGUMENT' })
    expect(refused({} as State)).toMatchObject({ code: 'ERR_ARGUMENT' })
    expect(refused(state, {} as never)).toMatchObject({ code: 'ERR_ARGUMENT' })
    expect(failure(() => adam.state(new Map())).message).toContain('not among the parameters')
    state.dispose()
    expect(refused(state)).toMatchObject({ code: 'ERR_DISPOSED' })
    expect(adam.iterations).toBe(1)
  })
})
