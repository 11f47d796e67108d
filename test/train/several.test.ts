import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { Dataset } from '../../lib/data/dataset.js'
import { native } from '../../lib/native/binding.js'
import { layers, losses, metrics } from '../../lib/nn/index.js'
import { concat, gather } from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { arange, tensor } from '../../lib/tensor/creation.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { evaluateModel } from '../../lib/train/evaluate.js'
import { fitModel } from '../../lib/train/fit.js'
import { type CompileOptions, Objective } from '../../lib/train/objective.js'
import { bits } from '../graph/equality.js'
import { allBeforeActivation } from '../helpers/before-activation.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { labels, signed } from '../helpers/random.js'
import { settle } from '../helpers/settle.js'
import { TwoByTwo } from './two-by-two.js'

const n = 19
const [left, right] = [signed([n, 3], 1), signed([n, 2], 2)]
const [kind, value] = [labels(n, 3), signed([n, 1], 3)]
const weights = tensor(Float32Array.from({ length: n }, (_, i) => (i % 5) / 2))
const inOrder = { verbose: 0, shuffle: false } as const
const quiet = { ...inOrder, batchSize: 8 } as const

const options = (): CompileOptions => ({
  optimizer: optimizers.sgd({ learningRate: 0.1 }),
  loss: { kind: 'sparseCategoricalCrossentropy', value: 'meanSquaredError' },
  lossWeights: { value: 0.25 },
  metrics: { kind: 'accuracy' },
})

const objective = (given: CompileOptions = options()): Objective => new Objective(given, ['kind', 'value'])

const weightsOf = (model: TwoByTwo): string[] => model.trainableWeights.map(bits)

const rows = (i: number, x: Tensor): Tensor => gather(x, arange(i * 8, Math.min(n, i * 8 + 8), 1, { dtype: 'int32' }))

/** What fit should do, step by step. */
function byHand(weighted: boolean): { weights: string[]; history: Record<string, number> } {
  const model = new TwoByTwo()
  const rule = optimizers.sgd({ learningRate: 0.1 })
  const sums = [0, 0, 0]
  let correct = 0
  for (let i = 0; i < 3; i++)
    tidy(() => {
      const [a, b, k, v, w] = [left, right, kind, value, weights].map((x) => rows(i, x)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ]
      const [logits, found] = allBeforeActivation(() => model.callAll([a, b], { training: true })) as [Tensor, Tensor]
      const ofKind = weighted
        ? losses.sparseCategoricalCrossentropy(k, logits, { fromLogits: true, reduction: 'none' }).mul(w).mean()
        : losses.sparseCategoricalCrossentropy(k, logits, { fromLogits: true })
      const ofValue = losses.meanSquaredError(v, found)
      const loss = ofKind.add(ofValue.mul(0.25))
      for (const [j, part] of [loss, ofKind, ofValue].entries()) sums[j] = (sums[j] as number) + part.item() * k.size
      correct += logits.argMax(-1).equal(k).cast('int32').sum().item()
      rule.update(model.trainableWeights, gradients(loss, model.trainableWeights))
    })
  const [loss, kindLoss, valueLoss] = sums.map((sum) => sum / n) as [number, number, number]
  return {
    weights: weightsOf(model),
    history: { loss, kind_loss: kindLoss, kind_accuracy: correct / n, value_loss: valueLoss, learningRate: 0.1 },
  }
}

describe('several inputs and outputs', () => {
  const batches = [0, 1, 2].map((i) => [
    { left: rows(i, left), right: rows(i, right) },
    [rows(i, kind), rows(i, value)],
  ]) as unknown as [Record<string, Tensor>, Tensor[]][]

  it('train compiled as eagerly, from lists, records, arrays and batches', async () => {
    const wanted = byHand(false)
    const given: [unknown, unknown][] = [
      [
        [left, right],
        [kind, value],
      ],
      [
        { right, left },
        { value, kind },
      ],
      [
        [{ data: left.data() as Float32Array, shape: [n, 3] }, right.toArray()],
        [kind.data(), value.toArray()],
      ],
      [batches, undefined],
      [new Set(batches), undefined],
      [Dataset.fromTensors({ x: { right, left }, y: [kind, value] }).batch(8), undefined],
      [
        Dataset.fromTensors([
          { right, left },
          { value, kind: kind.data() },
        ])
          .batch(8)
          .map((batch) => batch),
        undefined,
      ],
    ]
    for (const [x, y] of given) {
      const model = new TwoByTwo()
      const { history } = await fitModel(model, objective(), x as never, y as never, y === undefined ? inOrder : quiet)
      expect(weightsOf(model)).toEqual(wanted.weights)
      expect(Object.fromEntries(Object.entries(history).map(([name, [first]]) => [name, first]))).toEqual(
        wanted.history,
      )
      expect(Object.keys(history)).toEqual(Object.keys(wanted.history))
    }
  })

  it('train with weights on the samples of one output', async () => {
    const wanted = byHand(true)
    const given: [unknown, unknown, unknown][] = [
      [[left, right], [kind, value], { kind: weights }],
      [
        [left, right],
        [kind, value],
        [weights.data(), null],
      ],
      [batches.map(([x, y], i) => [x, y, { kind: rows(i, weights) }]), undefined, undefined],
      [Dataset.fromTensors([[left, right], [kind, value], { kind: weights }]).batch(8), undefined, undefined],
    ]
    for (const [x, y, sampleWeight] of given) {
      const model = new TwoByTwo()
      const more = y === undefined ? inOrder : { ...quiet, sampleWeight: sampleWeight as never }
      const { history } = await fitModel(model, objective(), x as never, y as never, more)
      expect(weightsOf(model)).toEqual(wanted.weights)
      expect(history.kind_loss).toEqual([wanted.history.kind_loss])
      expect(history.kind_accuracy).toEqual([wanted.history.kind_accuracy])
    }
  })

  it('one array of weights serves all outputs', async () => {
    const run = async (sampleWeight: Tensor | { [name: string]: Tensor }): Promise<string[]> => {
      const model = new TwoByTwo()
      await fitModel(model, objective(), [left, right], [kind, value], { ...quiet, sampleWeight })
      return weightsOf(model)
    }
    expect(await run(weights)).toEqual(await run({ kind: weights, value: weights }))
  })

  it('are evaluated, and validated on', async () => {
    const model = new TwoByTwo()
    const found = await evaluateModel(model, objective(), [left, right], [kind, value], { batchSize: 8 })
    expect(Object.keys(found)).toEqual(['loss', 'kind_loss', 'kind_accuracy', 'value_loss'])
    const { kind_loss: a = 0, value_loss: b = 0 } = found
    expect(found.loss).toBeCloseTo(a + 0.25 * b, 6)
    const frozen = { ...options(), optimizer: optimizers.sgd({ learningRate: 0 }) }
    for (const validationData of [
      [
        [left, right],
        [kind, value],
      ],
      [{ left, right }, { kind, value }, weights],
      batches,
    ] as const) {
      const { history } = await fitModel(model, objective(frozen), [left, right], [kind, value], {
        ...quiet,
        validationData,
      })
      if (validationData.length === 2) expect(history.val_kind_loss).toEqual([found.kind_loss])
      expect(history.val_kind_accuracy).toEqual([found.kind_accuracy])
    }
  })

  it('leave nothing behind', async () => {
    const model = new TwoByTwo()
    const run = async (): Promise<void> => {
      const sampleWeight = [weights, Array.from(weights.data())]
      await fitModel(model, objective(), { left, right }, [kind, value], {
        ...quiet,
        sampleWeight,
        validationSplit: 0.3,
      })
      await evaluateModel(model, objective(), batches, undefined, {})
    }
    await run()
    await settle()
    const { tensors } = native.memory()
    await run()
    expect(native.memory().tensors).toBe(tensors)
  })
})

describe("a model with two outputs is Keras'", () => {
  const { several } = golden<{
    several: Record<'left' | 'right' | 'kind' | 'value' | 'kindWeight', GoldenArray> &
      Record<'start' | 'weights', GoldenArray[]> & { history: Record<string, number[]> }
  }>('weights')

  /** A layer an output on both inputs at once. */
  class Linear extends TwoByTwo {
    readonly heads = [layers.dense({ units: 3, activation: 'softmax' }), layers.dense({ units: 1 })] as const

    constructor() {
      super()
      for (const head of this.heads) head.ensureBuilt([5])
      const weights = this.heads.flatMap(({ weights }) => weights)
      for (const [i, start] of several.start.entries()) weights[i]?.assign(toTensor(start))
    }

    override get trainableWeights() {
      return this.heads.flatMap(({ trainableWeights }) => trainableWeights)
    }

    override callAll([left, right]: readonly Tensor[]): Tensor[] {
      const both = concat([left as Tensor, right as Tensor], 1)
      return [this.heads[0].call(both), this.heads[1].call(both)]
    }
  }

  it('in its figures and weights, loss weights and sample weights included', async () => {
    const model = new Linear()
    const given = { ...options(), optimizer: optimizers.sgd({ learningRate: 0.2 }), lossWeights: [0.7, 2] }
    const { left, right, kind, value, kindWeight, history: wanted, weights } = several
    const { history } = await fitModel(
      model,
      objective(given),
      [left, right].map(toTensor),
      [kind, value].map(toTensor),
      { verbose: 0, shuffle: false, batchSize: 5, epochs: 3, sampleWeight: { kind: toTensor(kindWeight) } },
    )
    const bounds = { relative: 2e-5, absolute: 2e-6 }
    for (const [name, values] of Object.entries(wanted))
      expect(difference(history[name] ?? [], values, bounds), name).toBeNull()
    for (const [i, { data }] of weights.entries())
      expect(difference((model.trainableWeights[i] as Tensor).data(), data, bounds)).toBeNull()
  })
})

describe('compile for several outputs', () => {
  const { categoricalCrossentropy: one } = losses
  const names = (given: CompileOptions): string[] => {
    const made = objective(given)
    return [0, 1].flatMap((i) => made.metrics(i).map(({ name }) => `${i} ${name}`))
  }

  it('takes one loss for all, lists and records', () => {
    expect(objective({ loss: one }).losses).toEqual([one, one])
    expect(objective({ loss: ['meanSquaredError', one] }).losses).toEqual([losses.meanSquaredError, one])
    expect(objective({ loss: { value: one, kind: 'meanSquaredError' } }).losses).toEqual([losses.meanSquaredError, one])
    expect(objective({ loss: one }).lossWeights).toEqual([1, 1])
    expect(objective({ loss: one, lossWeights: [2, 0.5] }).lossWeights).toEqual([2, 0.5])
    expect(names({ loss: one })).toEqual([])
    expect(names({ loss: one, metrics: [['accuracy'], []] })).toEqual(['0 accuracy'])
    expect(names({ loss: one, metrics: ['accuracy', ['binaryAccuracy']] })).toEqual(['0 accuracy', '1 binaryAccuracy'])
    expect(names({ loss: one, metrics: { value: 'accuracy' } })).toEqual(['1 accuracy'])
  })

  it('takes lists and records for a single one, too', () => {
    const single = (given: CompileOptions): Objective => new Objective(given, ['out'])
    expect(single({ loss: [one], lossWeights: [3] }).lossWeights).toEqual([3])
    expect(single({ loss: { out: one }, metrics: { out: ['accuracy'] } }).metrics(0)).toHaveLength(1)
    expect(single({ loss: one, metrics: [['accuracy', 'binaryAccuracy']] }).metrics(0)).toHaveLength(2)
  })

  const shared = metrics.accuracy()
  it.each<[CompileOptions, RegExp]>([
    [{ loss: [one] }, /loss must have an entry for each output \(kind, value\), got a list of 1/],
    [{ loss: { kind: one } }, /output "value" has no loss/],
    [{ loss: { kind: one, valu: one } }, /unknown output in loss "valu"\. Did you mean "value"/],
    [{ loss: one, metrics: ['accuracy'] }, /metrics must have an entry/],
    [{ loss: one, metrics: { kin: 'accuracy' } }, /Did you mean "kind"/],
    [{ loss: one, metrics: 'accuracy' as never }, /metrics must be an array/],
    [{ loss: one, metrics: [['accuracy', 'accuracy'], []] }, /two figures named "kind_accuracy"/],
    [{ loss: one, metrics: [['accuracy', 'accuracy'], []] }, /give it a name of its own, such as metrics\.precision/],
    [
      { loss: one, metrics: [[(a, b) => a.sub(b), (a, b) => b.sub(a)], []] },
      /two figures named "kind_metric".*const meanError = \(yTrue, yPred\)/,
    ],
    [{ loss: one, metrics: [shared, shared] }, /given twice/],
    [{ loss: one, lossWeights: [1, Number.NaN] }, /finite numbers, got NaN for the output "value"/],
    [{ loss: one, lossWeights: 2 as never }, /lossWeights must have an entry/],
    [{ loss: 3 as never }, /loss must have an entry/],
  ])('refuses %j', (given, message) => {
    expect(() => objective(given)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) }),
    )
  })
})

describe('data of several inputs and outputs', () => {
  it.each<[string, unknown, unknown, RegExp]>([
    ['one input', left, [kind, value], /x must have a part for each of "left", "right".*got a Tensor/],
    ['a name', { left, rigth: right }, [kind, value], /x has a part "rigth"/],
    ['one target', [left, right], kind, /y must have a part for each of "kind", "value"/],
    ['a missing target', [left, right], { kind }, /y has no part "value"/],
    ['lengths', [left, right.slice([0], [4])], [kind, value], /x "left" has 19 samples, x "right" has 4/],
    ['lengths of targets', [left, right], [kind, value.slice([0], [4])], /x "left" has 19 samples, y "value" has 4/],
  ])('refuses %s', async (_, x, y, message) => {
    await expect(fitModel(new TwoByTwo(), objective(), x as never, y as never, { verbose: 0 })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(message),
    })
  })

  it('has no class weights', async () => {
    const running = fitModel(new TwoByTwo(), objective(), [left, right], [kind, value], { classWeight: { 0: 2 } })
    await expect(running).rejects.toMatchObject({
      message: expect.stringMatching(/one output.*sampleWeight by output/),
    })
  })
})
