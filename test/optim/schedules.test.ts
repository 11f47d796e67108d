import { describe, expect, it } from 'vitest'
import { mul, sum } from '../../lib/ops/index.js'
import { schedules } from '../../lib/optim/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import { adam, nadam, rmsprop, sgd } from '../../lib/optim/rules/index.js'
import type { Schedule } from '../../lib/optim/schedules/schedule.js'
import { tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { getSchedule } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'
import { golden } from '../helpers/golden.js'

interface Curve {
  name: string
  options: Record<string, unknown>
  rates: number[]
}

describe('curves of Keras', () => {
  it.each(golden<{ schedules: Curve[] }>('optim').schedules)('$name $options', ({ name, options, rates }) => {
    const schedule = getSchedule({ name, ...options })
    // Keras works in float32.
    rates.forEach((rate, step) => {
      expect(Math.abs(schedule(step) - rate), `step ${step}`).toBeLessThan(3e-7 + 1e-5 * rate)
    })
  })
})

describe('closed forms', () => {
  const [eta, steps, rate] = [0.3, 7, 0.6]
  const given = { initialLearningRate: eta, decaySteps: steps }
  const cosine = (part: number): number => (1 + Math.cos(Math.PI * part)) / 2
  const forms: [string, Schedule, (t: number) => number][] = [
    ['exponential', schedules.exponentialDecay({ ...given, decayRate: rate }), (t) => eta * rate ** (t / steps)],
    [
      'exponential, staircase',
      schedules.exponentialDecay({ ...given, decayRate: rate, staircase: true }),
      (t) => eta * rate ** Math.floor(t / steps),
    ],
    ['inverse time', schedules.inverseTimeDecay({ ...given, decayRate: rate }), (t) => eta / (1 + (rate * t) / steps)],
    ['power', schedules.powerDecay({ ...given, power: 1.5 }), (t) => eta / (1 + t / steps) ** 1.5],
    [
      'polynomial',
      schedules.polynomialDecay({ ...given, endLearningRate: 0.1, power: 2 }),
      (t) => 0.2 * (1 - Math.min(t, steps) / steps) ** 2 + 0.1,
    ],
    [
      'cosine',
      schedules.cosineDecay({ ...given, alpha: 0.2 }),
      (t) => eta * (0.8 * cosine(Math.min(t, steps) / steps) + 0.2),
    ],
    [
      'cosine with restarts',
      schedules.cosineDecayRestarts({ initialLearningRate: eta, firstDecaySteps: steps, tMul: 1, mMul: 0.5 }),
      (t) => eta * 0.5 ** Math.floor(t / steps) * cosine((t % steps) / steps),
    ],
  ]
  it.each(forms)('%s', (_, schedule, form) => {
    for (let t = 0; t < 50; t++) expect(schedule(t), `step ${t}`).toBeCloseTo(form(t), 13)
  })

  it('constant, power', () => {
    expect([0, 9].map(schedules.constant(0.25))).toEqual([0.25, 0.25])
    const power = schedules.powerDecay({ initialLearningRate: 0.6, decaySteps: 10 })
    expect([0, 10, 20].map(power)).toEqual([0.6, 0.3, 0.6 / 3])
    const root = schedules.powerDecay({ initialLearningRate: 0.6, decaySteps: 10, power: 0.5 })
    expect(root(30)).toBeCloseTo(0.3, 15)
  })

  it('piecewise constant: a boundary belongs to the piece before it', () => {
    const schedule = schedules.piecewiseConstant({ boundaries: [5, 15], values: [0.01, 0.005, 0.001] })
    expect([0, 5, 6, 15, 16, 1000].map(schedule)).toEqual([0.01, 0.01, 0.005, 0.005, 0.001, 0.001])
  })

  it('restarts at the ends of periods that grow', () => {
    const schedule = schedules.cosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 10, mMul: 0.5 })
    expect([0, 5, 10, 20, 30, 70].map(schedule)).toEqual([1, 0.5, 0.5, 0.25, 0.25, 0.125].map((x) => expect.closeTo(x)))
  })

  it('1cycle: up, down, and down by orders of magnitude, momentum mirrored', () => {
    const schedule = schedules.oneCycle({ maxLearningRate: 1, totalSteps: 100, finalShare: 0.2 })
    const close = (numbers: number[]) => numbers.map((x) => expect.closeTo(x, 12))
    expect([0, 20, 40, 60, 80, 89.5, 99, 100, 500].map(schedule)).toEqual(
      close([0.1, 0.55, 1, 0.55, 0.1, 0.05005, 0.0001, 0.0001, 0.0001]),
    )
    const momentum = schedule.momentum as (step: number) => number
    expect([0, 20, 40, 60, 80, 90, 500].map(momentum)).toEqual(close([0.95, 0.9, 0.85, 0.9, 0.95, 0.95, 0.95]))
    expect(schedules.oneCycle({ maxLearningRate: 1, totalSteps: 9, cycleMomentum: false }).momentum).toBeUndefined()
  })

  it.each([2, 3, 9, 10, 11, 100, 1875])(
    '1cycle of %i steps ends with its final rate at the last of them',
    (totalSteps) => {
      const schedule = schedules.oneCycle({ maxLearningRate: 1, totalSteps, finalLearningRate: 0.001 })
      const rates = Array.from({ length: totalSteps + 2 }, (_, step) => schedule(step))
      expect(rates.slice(-3)).toEqual([0.001, 0.001, 0.001])
      expect(rates.slice(0, -3).every((rate) => rate > 0.001)).toBe(true)
      const whole = schedules.oneCycle({ maxLearningRate: 1, totalSteps, finalShare: 0 })
      expect(whole(totalSteps - 1)).toBeGreaterThan(0.1)
      expect(whole(totalSteps)).toBe(0.0001)
    },
  )

  it('warm-up before a rate, a schedule and a function', () => {
    expect([0, 1, 4, 9].map(schedules.warmup(0.4, 4))).toEqual([0, 0.1, 0.4, 0.4])
    const decay = schedules.powerDecay({ initialLearningRate: 0.6, decaySteps: 10 })
    expect([5, 10, 20].map(schedules.warmup(decay, 10))).toEqual([0.3, 0.6, 0.3])
    expect(schedules.warmup((step) => 1 + step, 2)(5)).toBe(4)
    const cycle = schedules.warmup(schedules.oneCycle({ maxLearningRate: 1, totalSteps: 10, finalShare: 0 }), 3)
    expect([0, 3, 8].map(cycle.momentum as (step: number) => number)).toEqual([0.95, 0.95, 0.85])
  })
})

describe('configs', () => {
  it('are refused where a function of the user would vanish from them', () => {
    const told = (make: () => { getConfig(): unknown }) => failure(() => make().getConfig())
    const schedule = (where: string, option: string) => ({
      code: 'ERR_FORMAT',
      message: `[${where}] ${option} is a function that no config can hold; register it by registerSchedule, or give one of schedules`,
    })
    const rate = (step: number) => 1 / (1 + step)
    expect(told(() => sgd({ learningRate: rate }))).toEqual(schedule('sgd', 'learningRate'))
    expect(told(() => schedules.warmup(rate, 3))).toEqual(schedule('warmup', 'schedule'))
    expect(told(() => adam({ learningRate: schedules.warmup(rate, 3) }))).toEqual(schedule('warmup', 'schedule'))
    expect(told(() => adam({ weightDecay: 0.1, exclude: ({ name }) => name.includes('bias') }))).toEqual({
      code: 'ERR_FORMAT',
      message: '[adam] exclude is a function that no config can hold; give a list of names',
    })
    const mine = Object.assign(rate, { getConfig: () => ({ name: 'mine', k: 1 }) })
    expect(sgd({ learningRate: mine }).getConfig().learningRate).toEqual({ name: 'mine', k: 1 })
  })

  it('of unknown names and shapes are refused', () => {
    expect(failure(() => getSchedule({ name: 'powerdecay' })).message).toContain('Did you mean "powerDecay"?')
    expect(failure(() => sgd({ learningRate: {} as never })).code).toBe('ERR_ARGUMENT')
    expect(failure(() => getSchedule(null as never)).code).toBe('ERR_ARGUMENT')
  })
})

describe('wrong options are refused by name and value', () => {
  const given = { initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5 }
  it.each<[string, () => unknown, string]>([
    ['no options', () => schedules.powerDecay(undefined as never), '[powerDecay] the options must be an object'],
    ['a misspelt one', () => schedules.exponentialDecay({ ...given, decay_rate: 1 } as never), 'decayRate'],
    [
      'no steps',
      () => schedules.exponentialDecay({ ...given, decaySteps: 0 }),
      'decaySteps must be a finite number above 0',
    ],
    [
      'a missing one',
      () => schedules.inverseTimeDecay({ decaySteps: 3, decayRate: 1 } as never),
      'needs the option initialLearningRate',
    ],
    [
      'unsorted boundaries',
      () => schedules.piecewiseConstant({ boundaries: [5, 3], values: [1, 2, 3] }),
      '[piecewiseConstant] boundaries must rise from one to the next, got [5, 3]',
    ],
    [
      'too few values',
      () => schedules.piecewiseConstant({ boundaries: [5], values: [1] }),
      '1 boundaries need 2 values',
    ],
    [
      'no list',
      () => schedules.piecewiseConstant({ boundaries: 5 as never, values: [1] }),
      'boundaries must be a list',
    ],
    ['tMul', () => schedules.cosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 1, tMul: 0.5 }), 'tMul'],
    ['alpha', () => schedules.cosineDecay({ initialLearningRate: 1, decaySteps: 1, alpha: 2 }), 'alpha'],
    [
      'a warm-up to nowhere',
      () => schedules.cosineDecay({ initialLearningRate: 1, decaySteps: 1, warmupSteps: 2 }),
      'warmupSteps 2 needs a warmupTarget',
    ],
    ['half a step', () => schedules.oneCycle({ maxLearningRate: 1, totalSteps: 2.5 }), 'got 2.5'],
    [
      'an initial rate above the top',
      () => schedules.oneCycle({ maxLearningRate: 1, totalSteps: 9, initialLearningRate: 2 }),
      'got 2',
    ],
    ['momentum 1', () => schedules.oneCycle({ maxLearningRate: 1, totalSteps: 9, maxMomentum: 1 }), 'maxMomentum'],
    ['nothing to warm up for', () => schedules.warmup('sgd' as never, 3), '[warmup]'],
    ['no warm-up steps', () => schedules.warmup(1, 0), 'steps must be'],
    ['a negative constant', () => schedules.constant(-1), 'got -1'],
  ])('%s', (_, make, message) => {
    const found = failure(make)
    expect(found.code).toBe('ERR_ARGUMENT')
    expect(found.message).toContain(message)
  })
})

describe('an optimizer with a schedule', () => {
  const step = (optimizer: Optimizer, w: Parameter): void => optimizer.update([w], [tensor([1])])

  it('reads the rate of the next update, and setting it takes the place of the schedule', () => {
    const w = new Parameter(tensor([0]))
    const optimizer = sgd({ learningRate: (t) => 2 ** -t })
    step(optimizer, w)
    expect(optimizer.learningRate).toBe(0.5)
    step(optimizer, w)
    expect(w.item()).toBe(-1.5)
    optimizer.learningRate = 1
    step(optimizer, w)
    expect([w.item(), optimizer.learningRate]).toEqual([-2.5, 1])
    optimizer.learningRate = schedules.constant(0.5)
    step(optimizer, w)
    expect([w.item(), optimizer.learningRate]).toEqual([-3, 0.5])
  })

  it('refuses what a function gives that is no rate', () => {
    const optimizer = sgd({ learningRate: () => Number.NaN })
    expect(failure(() => step(optimizer, new Parameter(tensor([0])))).message).toBe(
      '[sgd] what the schedule gives for step 0 must be a finite number from 0, got NaN',
    )
  })

  it('takes momentum from 1cycle, where momentum is on', () => {
    const learningRate = schedules.oneCycle({ maxLearningRate: 1, totalSteps: 4, finalShare: 0 })
    const momentum = learningRate.momentum as (step: number) => number
    const w = new Parameter(tensor([0]))
    const optimizer = sgd({ learningRate })
    let [wanted, v] = [0, 0]
    for (let t = 0; t < 4; t++) {
      step(optimizer, w)
      v = momentum(t) * v - learningRate(t)
      wanted += v
    }
    expect(w.item()).toBeCloseTo(wanted, 5)
    const still = { ...learningRate.getConfig(), cycleMomentum: false }
    for (const make of [adam, nadam, (o: object) => rmsprop({ ...o, momentum: 0.9 })]) {
      const after = [learningRate, still].map((learningRate) => {
        const w = new Parameter(tensor([0]))
        const optimizer = make({ learningRate })
        for (let t = 0; t < 3; t++) optimizer.update([w], [tensor([t - 0.5])])
        return w.item()
      })
      expect(after[0]).not.toBe(after[1])
    }
  })

  it('takes momentum from 1cycle that is set later, too', () => {
    const cycle = () => schedules.oneCycle({ maxLearningRate: 0.05, totalSteps: 30 })
    const end = (optimizer: Optimizer): number => {
      const w = new Parameter(tensor([1]))
      for (let t = 0; t < 5; t++) step(optimizer, w)
      return w.item()
    }
    const late = sgd()
    late.learningRate = cycle()
    expect(end(late)).toBe(end(sgd({ learningRate: cycle() })))
    const w = new Parameter(tensor([1]))
    const midway = sgd({ learningRate: 0.01 })
    step(midway, w)
    midway.learningRate = cycle()
    midway.iterations = 0
    for (let t = 0; t < 5; t++) step(midway, w)
    expect(w.item()).toBeCloseTo(end(sgd({ learningRate: cycle() })) - 0.01, 6)
  })

  it('refuses momentum for steps that were compiled without', () => {
    const [w, optimizer] = [new Parameter(tensor([1])), sgd({ learningRate: 0.5 })]
    const compiled = compileStep((x: Tensor) => sum(mul(x, w)), { parameters: [w], optimizer })
    compiled.sync(tensor([1]))
    optimizer.learningRate = schedules.oneCycle({ maxLearningRate: 0.05, totalSteps: 30 })
    expect(failure(() => compiled.sync(tensor([1]))).message).toMatch(/^\[sgd\] .*momentum.*compiled without/)
    optimizer.learningRate = 0.25
    compiled.sync(tensor([1]))
    expect(w.item()).toBe(0.25)
  })
})
