import { describe, expect, it } from 'vitest'
import { backward } from '../../lib/autodiff/backward.js'
import { mul, sum } from '../../lib/ops/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import * as optimizers from '../../lib/optim/rules/index.js'
import * as schedules from '../../lib/optim/schedules/index.js'
import { tensor, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import { getOptimizer } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'

const n = 37
const start = Array.from({ length: n }, (_, i) => Math.sin(3 * i) * 2)
/** Gradients of very different sizes, the sign changing now and then. */
const gradientAt = (t: number): number[] =>
  Array.from({ length: n }, (_, i) => Math.fround(Math.sin(0.3 * t + i) * 10 ** ((i % 7) - 4)))

type State = Record<string, number>
type Rule = (w: number, g: number, s: State, t: number) => number
const at = (s: State, name: string): number => s[name] ?? 0

/** Keras 3's formulas, in double, for one weight. */
const rules = {
  sgd:
    (eta: number, mu: number, nesterov: boolean): Rule =>
    (w, g, s) => {
      s.v = mu * at(s, 'v') - eta * g
      return nesterov ? w + mu * s.v - eta * g : w + s.v
    },
  rmsprop:
    (eta: number, rho: number, mu: number, centered: boolean, epsilon = 1e-7): Rule =>
    (w, g, s) => {
      s.v = rho * at(s, 'v') + (1 - rho) * g * g
      s.a = centered ? rho * at(s, 'a') + (1 - rho) * g : 0
      s.m = mu * at(s, 'm') + (eta * g) / Math.sqrt(s.v - s.a ** 2 + epsilon)
      return w - s.m
    },
  adam:
    (eta: number, beta1: number, beta2: number, amsgrad: boolean, epsilon = 1e-7): Rule =>
    (w, g, s, t) => {
      s.m = at(s, 'm') + (g - at(s, 'm')) * (1 - beta1)
      s.v = at(s, 'v') + (g * g - at(s, 'v')) * (1 - beta2)
      s.hat = amsgrad ? Math.max(at(s, 'hat'), s.v) : s.v
      const alpha = (eta * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)
      return w - (alpha * s.m) / (Math.sqrt(s.hat) + epsilon)
    },
}

/** 20 steps over two parameters; the learning rate is halved after ten. */
function trajectory(optimizer: Optimizer): number[][] {
  const parameters = [new Parameter(tensor(start)), new Parameter(tensor([[0.5]]))]
  const eta = optimizer.learningRate
  return Array.from({ length: 20 }, (_, step) => {
    optimizer.learningRate = step < 10 ? eta : eta / 2
    tidy(() => optimizer.update(parameters, [tensor(gradientAt(step)), tensor([[1 / (step + 1)]])]))
    return [...(parameters[0] as Parameter).data(), (parameters[1] as Parameter).item()]
  })
}

function reference(make: (eta: number) => Rule, eta: number): number[][] {
  const weights = [...start.map(Math.fround), 0.5]
  const states: State[] = weights.map(() => ({}))
  return Array.from({ length: 20 }, (_, step) => {
    const rule = make(step < 10 ? eta : eta / 2)
    const gradients = [...gradientAt(step), Math.fround(1 / (step + 1))]
    weights.forEach((w, i) => {
      weights[i] = rule(w, gradients[i] as number, states[i] as State, step + 1)
    })
    return [...weights]
  })
}

describe('20 steps against the formula in double', () => {
  const { sgd, rmsprop, adam } = optimizers
  it.each<[string, Optimizer, (eta: number) => Rule]>([
    ['sgd', sgd(), (eta) => rules.sgd(eta, 0, false)],
    ['sgd with momentum', sgd({ momentum: 0.9 }), (eta) => rules.sgd(eta, 0.9, false)],
    ["sgd with Nesterov's momentum", sgd({ momentum: 0.9, nesterov: true }), (eta) => rules.sgd(eta, 0.9, true)],
    ['rmsprop', rmsprop(), (eta) => rules.rmsprop(eta, 0.9, 0, false)],
    ['rmsprop with momentum', rmsprop({ momentum: 0.8, rho: 0.95 }), (eta) => rules.rmsprop(eta, 0.95, 0.8, false)],
    ['rmsprop, centred', rmsprop({ centered: true, epsilon: 1e-3 }), (eta) => rules.rmsprop(eta, 0.9, 0, true, 1e-3)],
    [
      'rmsprop, centred with momentum',
      rmsprop({ centered: true, momentum: 0.5, epsilon: 1e-3 }),
      (eta) => rules.rmsprop(eta, 0.9, 0.5, true, 1e-3),
    ],
    ['adam', adam({ learningRate: 0.01 }), (eta) => rules.adam(eta, 0.9, 0.999, false)],
    ['adam with amsgrad', adam({ amsgrad: true }), (eta) => rules.adam(eta, 0.9, 0.999, true)],
    [
      'adam with other βs',
      adam({ beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }),
      (eta) => rules.adam(eta, 0.5, 0.9, false, 1e-3),
    ],
  ])('%s', (_, optimizer, rule) => {
    const expected = reference(rule, optimizer.learningRate)
    const largest = Math.max(...expected.flat().map(Math.abs))
    const found = trajectory(optimizer)
    const worst = Math.max(
      ...found.flatMap((weights, t) => weights.map((w, i) => Math.abs(w - (expected[t]?.[i] as number)))),
    )
    expect(worst).toBeLessThan(5e-6 * largest)
    expect(optimizer.iterations).toBe(20)
  })
})

describe('Optimizer', () => {
  it('starts again after reset', () => {
    const optimizer = optimizers.adam()
    const first = trajectory(optimizer)
    optimizer.reset()
    optimizer.learningRate = 0.001
    expect(optimizer.iterations).toBe(0)
    expect(trajectory(optimizer)).toEqual(first)
  })

  it('applies .grad, leaves it there, and leaves parameters without one alone', () => {
    const [used, unused] = [new Parameter(tensor([1, 2])), new Parameter(tensor([3]))]
    backward(sum(mul(used, 2)))
    optimizers.sgd({ learningRate: 0.5, momentum: 0.9 }).apply([used, unused])
    expect(used.toArray()).toEqual([0, 1])
    expect(unused.toArray()).toEqual([3])
    expect(used.grad?.toArray()).toEqual([2, 2])
    expect(used.version).toBe(1)
  })

  it('refuses an update without gradients or with misshapen ones, and changes nothing', () => {
    const parameter = new Parameter(tensor([1, 2]), { name: 'dense/kernel' })
    const optimizer = optimizers.rmsprop()
    expect(failure(() => optimizer.apply([parameter]))).toMatchObject({ code: 'ERR_NO_GRADIENT' })
    expect(failure(() => optimizer.update([parameter], [zeros([3])]))).toEqual({
      code: 'ERR_SHAPE',
      message: '[rmsprop] "dense/kernel" is [2], its gradient [3]',
    })
    expect(failure(() => optimizer.update([parameter], [])).code).toBe('ERR_ARGUMENT')
    expect(parameter.toArray()).toEqual([1, 2])
    expect(optimizer.iterations).toBe(0)
  })

  it('refuses a wrong learning rate whenever it is set', () => {
    const optimizer = optimizers.sgd()
    for (const rate of [Number.NaN, -1, Number.POSITIVE_INFINITY, '1' as never, null as never]) {
      const message = `[sgd] learningRate must be a finite number from 0 or a schedule, got ${typeof rate === 'string' ? '"1"' : rate}`
      expect(failure(() => optimizers.sgd({ learningRate: rate })).message).toBe(message)
      expect(failure(() => (optimizer.learningRate = rate)).message).toBe(message)
    }
    expect(optimizer.learningRate).toBe(0.01)
  })

  it('refuses wrong options by name and value', () => {
    expect(failure(() => optimizers.sgd({ momentum: 1.1 })).message).toBe('[sgd] momentum must lie in [0, 1), got 1.1')
    expect(failure(() => optimizers.sgd({ nesterov: 1 as never })).message).toContain('nesterov')
    expect(failure(() => optimizers.rmsprop({ rho: 1 })).message).toBe('[rmsprop] rho must lie in [0, 1), got 1')
    expect(failure(() => optimizers.rmsprop({ epsilon: Number.NaN })).message).toContain('epsilon')
    expect(failure(() => optimizers.adam({ beta1: -0.1 })).message).toContain('[adam] beta1')
    expect(failure(() => optimizers.adam({ beta2: 2 })).message).toContain('beta2')
  })

  it("refuses Nesterov's momentum without momentum", () => {
    const { sgd } = optimizers
    const withoutMomentum = { name: 'oneCycle', maxLearningRate: 1, totalSteps: 9, cycleMomentum: false }
    for (const options of [{}, { momentum: 0 }, { learningRate: () => 0.1 }, { learningRate: withoutMomentum }])
      expect(failure(() => sgd({ ...options, nesterov: true }))).toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(/^\[sgd\] nesterov needs momentum: .* it is 0$/),
      })
    expect(sgd({ momentum: 0.5, nesterov: true }).getConfig()).toMatchObject({ momentum: 0.5, nesterov: true })
    // The schedule has one. Without that schedule there is none, also by its config.
    const cycling = sgd({ learningRate: schedules.oneCycle({ maxLearningRate: 1, totalSteps: 9 }), nesterov: true })
    const { name, ...config } = cycling.getConfig()
    expect(sgd(config).getConfig()).toEqual({ name, ...config })
    cycling.learningRate = 0.1
    expect(cycling.getConfig()).toMatchObject({ momentum: 0, nesterov: false })
  })
})

describe('getOptimizer', () => {
  it('knows names and instances, and suggests', () => {
    const own = optimizers.adam()
    expect(getOptimizer(own)).toBe(own)
    expect(getOptimizer('rmsprop').learningRate).toBe(0.001)
    expect(failure(() => getOptimizer('RMSprop' as 'rmsprop')).message).toContain('Did you mean "rmsprop"?')
    expect(failure(() => getOptimizer(undefined as never, 'compile')).message).toMatch(
      /^\[compile\] unknown optimizer undefined/,
    )
  })
})
