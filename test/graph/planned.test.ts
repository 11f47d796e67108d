import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { recording } from '../../lib/autodiff/tape.js'
import { type TakeTap, Taps, taps } from '../../lib/autodiff/taps.js'
import { Planned } from '../../lib/graph/planned.js'
import {
  compile,
  layers,
  losses,
  optimizers,
  randomNormal,
  sequential,
  setSeed,
  type Tensor,
  zeros,
} from '../../lib/index.js'
import { gradientStep } from '../../lib/train/gradient-step.js'

const bits = (tensor: Tensor): string => Buffer.from(tensor.data().slice().buffer).toString('hex')
const x = randomNormal([8, 5], { seed: 1 })
const y = randomNormal([8, 1], { seed: 2 })
const whole: TakeTap = (_, tensor) => tensor

/** A network that draws, has running statistics, and a layer in a layer; the same at each call. */
function network() {
  setSeed(7)
  return sequential({
    layers: [
      layers.dense({ units: 6, activation: 'tanh', inputShape: [5], name: 'first', kernelRegularizer: 'l2' }),
      layers.batchNormalization({ name: 'norm' }),
      layers.dropout({ rate: 0.3, seed: 3, name: 'drop' }),
      sequential({
        name: 'inner',
        layers: [layers.dense({ units: 4, activation: 'relu', inputShape: [6], name: 'hidden' })],
      }),
      layers.dense({ units: 1, name: 'last' }),
    ],
  })
}

type Network = ReturnType<typeof network>

const lossOf = (model: Network, inputs: readonly Tensor[]): Tensor =>
  losses
    .meanSquaredError(inputs[1] as Tensor, model.call(inputs[0] as Tensor, { training: true }))
    .add(model.regularizationLoss())

/** A training step of the network. */
function training(options: { globalClipNorm?: number; clipNorm?: number } = {}, rule: 'sgd' | 'adam' = 'sgd') {
  const model = network()
  const optimizer = optimizers[rule]({ learningRate: 0.05, ...options })
  const planned = new Planned<Tensor>({
    name: 'step',
    outputs: (loss) => [loss],
    advance: (steps) => optimizer.advance(steps),
  })
  const body = (...inputs: Tensor[]): Tensor => {
    const loss = lossOf(model, inputs)
    gradientStep('step', loss, model.trainableWeights, optimizer)
    return loss
  }
  const traced = (take: TakeTap | null = null) => planned.for([x, y], body, '', take)
  return { model, planned, traced, step: (take?: TakeTap) => traced(take).plan().run([x, y]) }
}

describe('taps', () => {
  const rules = [
    ['a fused update', {}, 'sgd'],
    ['adam', {}, 'adam'],
    ['clipping by the norm over all', { globalClipNorm: 0.1 }, 'adam'],
    ['clipping by each norm', { clipNorm: 0.1 }, 'sgd'],
  ] as const

  it.each(rules)('change no bit of the training: %s', (_, options, rule) => {
    const [plain, tapped, now] = [training(options, rule), training(options, rule), training(options, rule)]
    for (let i = 0; i < 6; i++) {
      const [loss] = plain.step() as [Tensor]
      const [same, ...taken] = tapped.step(whole) as [Tensor]
      const [alternating] = (i % 3 === 0 ? now.step(whole) : now.step()) as [Tensor]
      expect(taken.length).toBeGreaterThan(20)
      expect([bits(same), bits(alternating)]).toEqual([bits(loss), bits(loss)])
      const wanted = plain.model.weights.map(bits)
      expect(tapped.model.weights.map(bits)).toEqual(wanted)
      expect(now.model.weights.map(bits)).toEqual(wanted)
    }
  })

  it('leave the plan without them as it is, fused updates included', () => {
    const { traced } = training()
    const before = traced().plan().explain()
    const tapped = traced(whole).plan().explain()
    expect(before).toContain('update')
    expect(tapped).toContain('the gradient is an output')
    expect(before).not.toContain('the gradient is an output')
    expect(traced().plan().explain()).toBe(before)
  })

  it('name what layers give, what goes into their activation, weights, and the gradients at each', () => {
    const { traced } = training()
    const names = traced(whole).tapNames
    const tensors = ['first/preActivation', 'first/output', 'norm/output', 'drop/output', 'inner/hidden/preActivation']
    const more = ['inner/hidden/output', 'inner/output', 'last/preActivation', 'last/output']
    for (const name of [...tensors, ...more]) expect(names).toEqual(expect.arrayContaining([name, `${name}/gradient`]))
    const { trainableWeights } = network()
    for (const { name } of trainableWeights)
      expect(names).toEqual(expect.arrayContaining([name, `${name}/gradient`, `${name}/updated`]))
    expect(names).toHaveLength(2 * 9 + 3 * trainableWeights.length)
  })

  it('have the bits of an eager step', () => {
    const { model } = training()
    const seen = new Taps((_, tensor) => tensor)
    const found = recording.run(true, () =>
      taps.run(seen, () =>
        gradients(lossOf(model, [x, y]), [...seen.differentiable.values(), ...model.trainableWeights]),
      ),
    )
    const eager = new Map([...seen.taken].map(([name, tensor]) => [name, bits(tensor)]))
    const compiled = training()
    const [, ...taken] = compiled.step(whole)
    const names = compiled.traced(whole).tapNames
    for (const [name, value] of eager) expect([name, bits(taken[names.indexOf(name)] as Tensor)]).toEqual([name, value])
    for (const [i, { name }] of model.trainableWeights.entries()) {
      const gradient = taken[names.indexOf(`${name}/gradient`)] as Tensor
      expect([name, bits(gradient)]).toEqual([name, bits(found[seen.differentiable.size + i] as Tensor)])
    }
  })

  it('give figures of a weight before and after its update', () => {
    const { traced, model } = training()
    const kernel = model.trainableWeights[0]
    const figures: TakeTap = (name, tensor) => (name.startsWith(`${kernel?.name}`) ? tensor.square().sum() : null)
    const before = kernel?.square().sum().item()
    const taken = traced(figures)
    const [, first, gradient, updated] = taken
      .plan()
      .run([x, y])
      .map((tensor) => tensor.item())
    expect(taken.tapNames).toEqual([kernel?.name, `${kernel?.name}/gradient`, `${kernel?.name}/updated`])
    expect(first).toBe(before)
    expect(updated).toBe(kernel?.square().sum().item())
    expect(updated).not.toBe(before)
    expect(gradient).toBeGreaterThan(0)
  })

  it('of a layer that is used twice have two names', () => {
    const shared = layers.dense({ units: 5, name: 'shared', inputShape: [5] })
    const seen = new Taps(whole)
    taps.run(seen, () => shared.apply(shared.apply(x)))
    expect([...seen.taken.keys()]).toEqual([
      'shared/preActivation',
      'shared/output',
      'shared/preActivation:2',
      'shared/output:2',
    ])
  })

  it('do not see what finds out shapes', () => {
    const seen = new Taps(whole)
    taps.run(seen, () => sequential({ layers: [layers.dense({ units: 2, name: 'only', inputShape: [3] })] }))
    expect([...seen.taken.keys()]).toEqual([])
  })
})

describe('a plan', () => {
  it('of compile is another one when a layer that it depends on was frozen', () => {
    const norm = layers.batchNormalization({ inputShape: [5] })
    norm.ensureBuilt([5])
    let traces = 0
    const f = compile((x: Tensor) => {
      traces++
      return norm.call(x, { training: true })
    })
    const trained = bits(f(x))
    norm.trainable = false
    const frozen = bits(f(x))
    expect(frozen).not.toBe(trained)
    expect(frozen).toBe(bits(norm.call(x, { training: true })))
    norm.trainable = true
    expect(bits(f(x))).toBe(trained)
    expect(traces).toBe(2)
  })

  it('stays where plans are to last', () => {
    const model = network()
    model.ensureBuilt([5])
    const planned = new Planned<Tensor>({ name: 'test', outputs: (y) => [y], lasting: true })
    const traced = () => planned.for([x], (x) => model.call(x, { training: true }))
    const first = traced()
    model.trainable = false
    expect(first.fits).toBe(false)
    expect(traced()).toBe(first)
    planned.dispose()
  })

  it('that was used last is kept longest', () => {
    const flag = { trainable: true, layers: Array.from({ length: 5 }, () => layers.batchNormalization()) }
    for (const layer of flag.layers) layer.ensureBuilt([5])
    const planned = new Planned<Tensor>({ name: 'test', outputs: (y) => [y] })
    const frozen = (i: number | null) => {
      for (const [at, layer] of flag.layers.entries()) layer.trainable = at !== i
      return planned.for([x], (x) => flag.layers.reduce((y, layer) => layer.call(y, { training: true }), x))
    }
    const first = frozen(null)
    for (const i of [0, 1, 2]) frozen(i)
    expect(frozen(null)).toBe(first)
    frozen(3)
    expect(frozen(null)).toBe(first)
    expect(planned.plans).toHaveLength(0)
    expect(bits(first.plan().run([x])[0] as Tensor)).toHaveLength(2 * 4 * 8 * 5)
    expect(planned.plans).toHaveLength(1)
    planned.dispose()
    expect(() => first.plan().run([x])).toThrow()
  })

  it('at work stays until the work is done', async () => {
    const planned = new Planned<Tensor>({ name: 'test', outputs: (y) => [y] })
    const traced = planned.for([x], (x) => x.add(zeros([8, 5])))
    const plan = traced.plan()
    await traced.during(async () => {
      planned.dispose()
      await null
      expect(bits(plan.run([x])[0] as Tensor)).toBe(bits(x))
    })
    expect(() => plan.run([x])).toThrow()
  })
})
