import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { recording } from '../../lib/autodiff/tape.js'
import { compile } from '../../lib/graph/compile.js'
import { dense, div, matmul, maximum, mean, mul, sqrt, square, sub, sum } from '../../lib/ops/index.js'
import { optimizers, schedules } from '../../lib/optim/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import type { OptimizerOptions } from '../../lib/optim/optimizer-options.js'
import type { NamedSchedule } from '../../lib/optim/schedules/schedule.js'
import { tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { factoriesOf } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'
import { equalBits, onInstructionSet } from '../helpers/machine.js'
import { signed } from '../helpers/random.js'

const maxNorm = (w: Tensor): Tensor => {
  const norms = sqrt(sum(square(w), 0, true))
  return mul(w, div(1, maximum(norms, 1)))
}

/** A dense layer with a constraint and a slow bias. */
function weights(): Parameter[] {
  const kernel = new Parameter(signed([30, 40]).mul(0.1), { name: 'kernel', constraint: maxNorm })
  return [kernel, new Parameter(signed([40], 2), { name: 'bias', learningRateMultiplier: 0.5 })]
}

const batches = Array.from({ length: 6 }, (_, i) => [signed([9, 30], i), signed([9, 40], i + 20)] as const)

/** Runs a step on each batch, compiled or not, and returns the weights after each. */
function train(optimizer: Optimizer, compiled: boolean, steps?: number): Float32Array[] {
  const parameters = weights()
  const step = (x: Tensor, y: Tensor): Tensor[] => {
    const [kernel, bias] = parameters as [Parameter, Parameter]
    const loss = recording.run(true, () => mean(square(sub(dense(x, kernel, bias), y))))
    optimizer.schedule(parameters, gradients(loss, parameters), { steps })
    return [loss.detach()]
  }
  const run = compiled ? compile(step) : step
  return batches.flatMap(([x, y]) => {
    tidy(() => run(x, y))
    optimizer.advance(1, { steps })
    return parameters.map((p) => p.data() as Float32Array)
  })
}

const cycle = { maxLearningRate: 0.1, totalSteps: 6 }
const options: [string, () => OptimizerOptions][] = [
  ['nothing', () => ({})],
  ['clipNorm', () => ({ clipNorm: 0.01 })],
  ['clipValue and decay', () => ({ clipValue: 0.001, weightDecay: 0.1 })],
  ['globalClipNorm, decay but of biases', () => ({ globalClipNorm: 0.01, weightDecay: 0.1, exclude: ['bias'] })],
  ['1cycle', () => ({ learningRate: schedules.oneCycle(cycle) })],
]

describe('compiled equals eager bit for bit', () => {
  describe.each(Object.entries(factoriesOf(optimizers)))('%s', (_, make) => {
    it.each(options)('with %s', (_, given) => {
      for (const isa of equalBits)
        onInstructionSet(isa, () => expect(train(make(given()), true)).toEqual(train(make(given()), false)))
    })

    it.each([2, 3])('accumulating %i steps', (steps) => {
      const given = { globalClipNorm: 0.01, weightDecay: 0.1 }
      expect(train(make(given), true, steps)).toEqual(train(make(given), false, steps))
    })
  })
})

describe('1cycle mirrors the momentum', () => {
  const { sgd, rmsprop, nadam } = optimizers
  const learningRate = (): NamedSchedule => schedules.oneCycle({ ...cycle, finalShare: 0 })
  const constant = schedules.oneCycle({ ...cycle, finalShare: 0, cycleMomentum: false })
  it.each<[string, () => Optimizer, () => Optimizer]>([
    [
      'sgd',
      () => sgd({ learningRate: learningRate(), momentum: 0.95 }),
      () => sgd({ learningRate: constant, momentum: 0.95 }),
    ],
    [
      'sgd, Nesterov, clipped',
      () => sgd({ learningRate: learningRate(), momentum: 0.95, nesterov: true, globalClipNorm: 0.1 }),
      () => sgd({ learningRate: constant, momentum: 0.95, nesterov: true, globalClipNorm: 0.1 }),
    ],
    [
      'rmsprop',
      () => rmsprop({ learningRate: learningRate(), momentum: 0.95 }),
      () => rmsprop({ learningRate: constant, momentum: 0.95 }),
    ],
    ['nadam', () => nadam({ learningRate: learningRate() }), () => nadam({ learningRate: constant })],
  ])('%s, compiled as eagerly, and to some effect', (_, mirrored, plain) => {
    const eager = train(mirrored(), false)
    expect(train(mirrored(), true)).toEqual(eager)
    expect(train(plain(), true)).not.toEqual(eager)
  })
})

describe('a constraint', () => {
  it('holds after every step', () => {
    for (const state of train(optimizers.sgd({ learningRate: 30 }), true).filter(({ length }) => length === 1200)) {
      const norms = Array.from({ length: 40 }, (_, c) =>
        Math.sqrt(Array.from({ length: 30 }, (_, r) => (state[r * 40 + c] as number) ** 2).reduce((a, b) => a + b)),
      )
      expect(Math.max(...norms)).toBeLessThan(1 + 1e-6)
      expect(Math.max(...norms)).toBeGreaterThan(0.99)
    }
  })

  it('that returns something else is refused by the name of its parameter', () => {
    const apply = (constraint: (w: Tensor) => Tensor) => {
      const w = new Parameter(tensor([1, 2]), { name: 'dense/kernel', constraint })
      return failure(() => optimizers.sgd().update([w], [tensor([1, 1])]))
    }
    expect(apply((w) => w.sum())).toEqual({
      code: 'ERR_SHAPE',
      message: '[constraint] that of "dense/kernel" must return float32 [2], got float32 []',
    })
    expect(apply(() => 3 as never).message).toContain('must return a Tensor, got 3')
  })
})

describe('multipliers and exemptions', () => {
  const stepped = (optimizer: Optimizer, more: object = {}, name = 'dense/kernel'): number => {
    const w = Object.assign(new Parameter(tensor([8]), { name }), more)
    const other = new Parameter(tensor([0]))
    optimizer.update([w, other], [tensor([2]), tensor([1])])
    return w.item()
  }
  const { sgd } = optimizers

  it('multiply the rate of one parameter, in rule and decay; 0 leaves it alone', () => {
    expect(stepped(sgd({ learningRate: 1 }), { learningRateMultiplier: 0.25 })).toBe(7.5)
    expect(stepped(sgd({ learningRate: 1, weightDecay: 0.5 }), { learningRateMultiplier: 0.5 })).toBe(5)
    const constraint = (w: Tensor): Tensor => w.mul(0)
    expect(stepped(sgd({ weightDecay: 0.5 }), { learningRateMultiplier: 0, constraint })).toBe(8)
    expect(failure(() => stepped(sgd(), { learningRateMultiplier: -1 })).message).toBe(
      '[sgd] the learningRateMultiplier of "dense/kernel" must be a finite number from 0, got -1',
    )
  })

  it('exempt from decay by name, by parameter and by predicate', () => {
    const given = { learningRate: 0.5, weightDecay: 0.5 }
    const decayed = 8 - 0.25 * 8 - 1
    expect(stepped(sgd(given))).toBe(decayed)
    expect(stepped(sgd({ ...given, exclude: ['bias', 'kern'] }))).toBe(7)
    expect(stepped(sgd({ ...given, exclude: ({ name }) => name === 'dense/kernel' }))).toBe(7)
    const w = new Parameter(tensor([8]))
    const optimizer = sgd(given)
    optimizer.excludeFromWeightDecay([w])
    optimizer.update([w], [tensor([2])])
    expect(w.item()).toBe(7)
    expect(failure(() => sgd({ ...given, exclude: [''] })).message).toContain('exclude must be a list of names')
  })

  it('refuse exemptions where nothing decays', () => {
    const { adam, adamw } = optimizers
    expect(failure(() => sgd({ exclude: ['bias'] }))).toEqual({
      code: 'ERR_ARGUMENT',
      message: '[sgd] exclude says what does not decay, but nothing does: give weightDecay too, or leave exclude out',
    })
    expect(adam({ weightDecay: 0, exclude: () => true }).getConfig()).toMatchObject({ weightDecay: 0 })
    expect(adamw({ weightDecay: 0, exclude: ['bias'] }).getConfig()).toMatchObject({ weightDecay: 0 })
    expect(adamw({ exclude: ['bias'] }).getConfig()).toMatchObject({ weightDecay: 0.004, exclude: ['bias'] })
    expect(sgd({ exclude: [] }).getConfig()).not.toHaveProperty('exclude')
    // What is exempt later, where nothing decays, is no part of the config, which would be refused.
    const later = sgd()
    later.excludeFromWeightDecay(['bias'])
    expect(later.getConfig()).not.toHaveProperty('exclude')
  })
})

describe('accumulation', () => {
  it('updates by the average, and counts updates', () => {
    const optimizer = optimizers.adam({ learningRate: (t) => 0.1 / (t + 1), globalClipNorm: 3 })
    const [w, once] = [new Parameter(tensor([1, 2])), new Parameter(tensor([1, 2]))]
    const found = [tensor([1, 8]), tensor([3, -2]), tensor([5, 0])]
    const iterations = found.map((g) => {
      optimizer.update([w], [g], { steps: 3 })
      return optimizer.iterations
    })
    expect(iterations).toEqual([0, 0, 1])
    const plain = optimizers.adam({ learningRate: 0.1, globalClipNorm: 3 })
    plain.update([once], [tensor([3, 2])])
    expect(w.data()).toEqual(once.data())
    expect(failure(() => optimizer.update([w], found.slice(0, 1), { steps: 1.5 })).message).toContain('got 1.5')
  })
})

describe('options of all optimizers', () => {
  it.each(Object.entries(factoriesOf(optimizers)))(
    '%s refuses what is contradictory, unknown or out of range',
    (name, make) => {
      expect(failure(() => make({ clipNorm: 1, clipValue: 1 })).message).toBe(
        `[${name}] only one of clipNorm, clipValue, globalClipNorm can be given, got clipNorm and clipValue`,
      )
      expect(failure(() => make({ globalClipNorm: 0 })).message).toContain(
        'globalClipNorm must be a finite number above 0',
      )
      expect(failure(() => make({ weightDecay: -1 })).message).toContain('weightDecay')
      expect(failure(() => make({ clipnorm: 1 } as never)).message).toContain('Did you mean "clipNorm"?')
      expect(failure(() => make(null as never)).code).toBe('ERR_ARGUMENT')
      const given = {
        clipValue: 2,
        weightDecay: 0.5,
        exclude: ['bias'],
        learningRate: { name: 'constant', learningRate: 1 },
      }
      expect(make(given).getConfig()).toMatchObject({ name, ...given })
    },
  )
})

it('keeps the update in the gradient’s product unless it is scaled by a norm', () => {
  const w = new Parameter(signed([30, 40]))
  const explain = (given: OptimizerOptions): string => {
    const optimizer = optimizers.rmsprop(given)
    const f = compile((x: Tensor, y: Tensor) => {
      optimizer.schedule([w], [matmul(x, y, { transposeA: true })])
      return sum(x)
    })
    f(signed([9, 30]), signed([9, 40]))
    return f.explain(signed([9, 30]), signed([9, 40]))
  }
  expect(explain({ clipValue: 1, weightDecay: 0.1 })).toContain('matmulUpdate')
  expect(explain({ globalClipNorm: 1 })).not.toContain('matmulUpdate')
})
