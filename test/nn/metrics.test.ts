import { describe, expect, it } from 'vitest'
import { native } from '../../lib/native/binding.js'
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  huber,
  sparseCategoricalCrossentropy,
} from '../../lib/nn/losses/index.js'
import type { ConfusionMatrix } from '../../lib/nn/metrics/confusion-matrix.js'
import * as metrics from '../../lib/nn/metrics/index.js'
import type { Metric } from '../../lib/nn/metrics/metric.js'
import { Totals } from '../../lib/nn/metrics/totals.js'
import { abs, cast, equal, mean, slice, sub } from '../../lib/ops/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { getMetric } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'
import { type GoldenArray, golden, toTensor } from '../helpers/golden.js'

const predictions = [
  [0.1, 0.7, 0.2],
  [0.5, 0.3, 0.2],
  [0.2, 0.2, 0.6],
]

interface MetricCase {
  metric: keyof typeof metrics
  options: object
  /** Names in `arrays`. */
  yTrue: string
  yPred: string
  result: number
  /** Of a confusion matrix. */
  matrix?: number[][]
}
const { versions, sizes, arrays, cases } = golden<{
  versions: { keras: string }
  /** Of the batches. */
  sizes: number[]
  arrays: (GoldenArray & { name: string })[]
  cases: MetricCase[]
}>('metrics')

const arrayOf = (name: string): GoldenArray =>
  arrays.find((array) => array.name === name) ?? expect.fail(`no array ${name}`)

describe(`as defined, and as in Keras ${versions.keras} where it has the metric`, () => {
  const described = cases.map((c) => {
    const [yTrue, yPred] = [arrayOf(c.yTrue), arrayOf(c.yPred)]
    return {
      ...c,
      yTrue,
      yPred,
      title: `${c.metric} ${JSON.stringify(c.options)} ${yTrue.dtype} [${yTrue.shape}] [${yPred.shape}]`,
    }
  })

  it.each(described)('$title', ({ metric, options, yTrue, yPred, result, matrix }) => {
    const made = make(metric, options)
    const [targets, predictions] = [toTensor(yTrue), toTensor(yPred)]
    for (const round of [1, 2]) {
      made.reset()
      let begin = 0
      for (const size of sizes) {
        made.update(rowsOf(targets, begin, size), rowsOf(predictions, begin, size))
        begin += size
      }
      // The inputs of means are float32.
      expect(Math.abs(made.result() - result), `round ${round}: ${made.result()}`).toBeLessThan(
        2e-7 * Math.max(1, Math.abs(result)),
      )
      if (matrix !== undefined) expect((made as ConfusionMatrix).matrix()).toEqual(matrix)
    }
  })

  it('has a case for each', () => {
    expect([...new Set(cases.map(({ metric }) => metric))].sort()).toEqual(Object.keys(metrics).sort())
  })
})

const make = (metric: keyof typeof metrics, options: object): Metric =>
  (new Map(Object.entries<(options: object) => Metric>(metrics)).get(metric) as (options: object) => Metric)(options)

const rowsOf = (x: Tensor, begin: number, n: number): Tensor => slice(x, [begin], [n, ...x.shape.slice(1)])

describe('accuracies', () => {
  it('sparse: counts over batches of different sizes, not a mean of means', () => {
    const metric = metrics.sparseCategoricalAccuracy()
    metric.update(tensor(new Uint8Array([1, 1, 2])), tensor(predictions))
    expect(metric.result()).toBe(2 / 3)
    metric.update(tensor([[0]]), tensor([[0.1, 0.7, 0.2]]))
    expect(metric.result()).toBe(2 / 4)
    metric.reset()
    expect(metric.result()).toBe(0)
  })

  it('categorical: compares the largest target with the largest prediction', () => {
    const metric = metrics.categoricalAccuracy()
    metric.update(
      tensor([
        [0, 1, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]),
      tensor(predictions),
    )
    expect(metric.result()).toBe(2 / 3)
  })

  it('binary: compares every element with the threshold', () => {
    const metric = metrics.binaryAccuracy()
    metric.update(tensor([1, 0, 1, 0]), tensor([[0.9], [0.5], [0.5], [0.6]]))
    expect(metric.result()).toBe(2 / 4)
    const strict = metrics.binaryAccuracy({ threshold: 0.8 })
    strict.update(tensor([[1, 0]]), tensor([[0.9, 0.7]]))
    expect(strict.result()).toBe(1)
    expect(failure(() => metrics.binaryAccuracy({ threshold: Number.NaN })).message).toContain('NaN')
  })

  it('free what they make, and ignore an empty batch', () => {
    const metric = metrics.sparseCategoricalAccuracy()
    const [yTrue, yPred] = [tensor([1, 1, 2]), tensor(predictions)]
    metric.update(yTrue, yPred)
    const before = native.memory().tensors
    for (let i = 0; i < 10; i++) metric.update(yTrue, yPred)
    expect(native.memory().tensors).toBe(before)
    metric.update(tensor([], [0]), tensor([], [0, 3]))
    expect(metric.result()).toBe(2 / 3)
  })

  it('refuse shapes that do not fit', () => {
    const { code, message } = failure(() =>
      metrics.sparseCategoricalAccuracy().update(tensor([1, 2]), tensor(predictions)),
    )
    expect(code).toBe('ERR_SHAPE')
    expect(message).toMatch(/^\[sparseCategoricalAccuracy\] .*yTrue is \[2\], yPred is \[3, 3\]/)
  })
})

describe('accuracy', () => {
  const labels = tensor([1, 1, 2])

  it('is sparse for labels, by the loss or by the shapes', () => {
    for (const context of [{ loss: sparseCategoricalCrossentropy, outputShape: [3] }, {}]) {
      const metric = getMetric('accuracy', context)
      metric.update(labels, tensor(predictions))
      expect(metric.result()).toBe(2 / 3)
      expect(metric.name).toBe('accuracy')
      expect(metric.needsProbabilities).toBe(false)
    }
  })

  it('is categorical for one-hot targets', () => {
    const metric = getMetric('accuracy', { loss: categoricalCrossentropy, outputShape: [3] })
    metric.update(tensor([[0, 1, 0]]), tensor([[0.1, 0.7, 0.2]]))
    expect(metric.result()).toBe(1)
  })

  it('is binary for one output, and for binaryCrossentropy on several', () => {
    const one = getMetric('accuracy', { outputShape: [1] })
    expect(one.needsProbabilities).toBe(true)
    one.update(tensor([1, 0]), tensor([[0.9], [0.8]]))
    expect(one.result()).toBe(0.5)
    const several = getMetric('accuracy', { loss: binaryCrossentropy, outputShape: [3] })
    several.update(tensor([[1, 0, 1]]), tensor([[0.9, 0.8, 0.7]]))
    expect(several.result()).toBeCloseTo(2 / 3, 12)
  })
})

describe('getMetric', () => {
  it('knows names and metrics, and suggests', () => {
    expect(getMetric('binaryAccuracy').name).toBe('binaryAccuracy')
    expect(failure(() => getMetric('acuracy' as 'accuracy')).message).toContain('Did you mean "accuracy"?')
  })
})

describe('every metric', () => {
  it.each(Object.keys(metrics) as (keyof typeof metrics)[])(
    '%s has a name, gives 0 of nothing and refuses nonsense',
    (kind) => {
      const metric = make(kind, { name: 'mine' })
      expect(metric.name).toBe('mine')
      expect(metric.result()).toBe(0)
      expect(make(kind, {}).name).toBe(kind)
      for (const options of [{ nmae: 'x' }, { name: '' }, { name: 3 }, null, 'x'])
        expect(failure(() => make(kind, options as object))).toEqual({
          code: 'ERR_ARGUMENT',
          message: expect.stringContaining(`[${kind}]`),
        })
      expect(failure(() => metric.update([1] as never, tensor([1]))).message).toMatch(
        /^\[mine\] yTrue must be a Tensor/,
      )
      expect(
        failure(() =>
          metric.update(
            tensor([1, 2, 3]),
            tensor([
              [0.1, 0.9],
              [0.5, 0.5],
            ]),
          ),
        ),
      ).toEqual({
        code: 'ERR_SHAPE',
        message: expect.stringMatching(/^\[mine\] .*yTrue is \[3\], yPred is \[2, 2\]/),
      })
      expect(metric.result()).toBe(0)
    },
  )

  it('that knows its labels refuses others', () => {
    const two = tensor([
      [0.1, 0.9],
      [0.5, 0.5],
    ])
    const wanted: [keyof typeof metrics, object, number, Tensor][] = [
      ['sparseCategoricalAccuracy', {}, 2, two],
      ['topKCategoricalAccuracy', {}, -1, two],
      ['confusionMatrix', {}, 0.5, two],
      ['f1', { average: 'macro' }, 2, two],
      ['precision', { classId: 1 }, 2, two],
      ['recall', {}, 2, tensor([0.5, 0.5])],
      ['auc', {}, 0.5, tensor([0.5, 0.5])],
    ]
    for (const [kind, options, label, yPred] of wanted)
      expect(failure(() => make(kind, options).update(tensor([0, label]), yPred))).toEqual({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(`${kind}: label ${label} of sample 1 is no class: with 2 classes`),
      })
  })

  it('refuses options out of range', () => {
    const refused: [() => Metric, RegExp][] = [
      [() => metrics.precision({ threshold: 2 }), /^\[precision\] threshold .* got 2/],
      [() => metrics.recall({ classId: -1 }), /^\[recall\] classId .* got -1/],
      [() => metrics.f1({ average: 'all' as 'macro' }), /^\[f1\] average .* got "all"/],
      [() => metrics.f1({ average: 'macro', classId: 1 }), /not both/],
      [() => metrics.auc({ numThresholds: 1 }), /numThresholds .* got 1/],
      [() => metrics.auc({ curve: 'roc' as 'ROC' }), /curve must be ROC or PR, got "roc"/],
      [() => metrics.topKCategoricalAccuracy({ k: 0 }), /k must be .* got 0/],
      [() => metrics.confusionMatrix({ classes: 1 }), /classes must be .* got 1/],
    ]
    for (const [make, message] of refused) expect(failure(make).message).toMatch(message)
  })

  it('refuses labels of classes where it is not told how to take them', () => {
    expect(
      failure(() =>
        metrics.precision().update(
          tensor([0, 1]),
          tensor([
            [0.1, 0.9],
            [0.5, 0.5],
          ]),
        ),
      ).message,
    ).toMatch(/^\[precision\] .*classId or average/)
    expect(
      failure(() => metrics.confusionMatrix({ classes: 4 }).update(tensor([0]), tensor([[0.1, 0.9]]))).message,
    ).toMatch(/for 4 classes/)
  })
})

describe('edges', () => {
  it('sequences count every element', () => {
    const yPred = tensor([0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7], [2, 2, 2])
    const yTrue = tensor([0, 1, 1, 1], [2, 2])
    for (const kind of ['accuracy', 'sparseCategoricalAccuracy', 'confusionMatrix'] as const) {
      const metric = make(kind, {})
      metric.update(yTrue, yPred)
      expect(metric.result(), kind).toBe(3 / 4)
    }
    const best = metrics.topKCategoricalAccuracy({ k: 1 })
    best.update(yTrue, yPred)
    expect(best.result()).toBe(3 / 4)
    const all = metrics.f1({ average: 'micro' })
    all.update(yTrue, yPred)
    expect(all.result()).toBe(3 / 4)
  })

  it('r2 of constant targets is 0, of perfect predictions 1', () => {
    const metric = metrics.r2()
    for (let i = 0; i < 5; i++) metric.update(tensor([0.1, 0.1, 0.1]), tensor([1, 2, 3]))
    expect(metric.result()).toBe(0)
    metric.reset()
    metric.update(tensor([1, 2]), tensor([[1], [2]]))
    expect(metric.result()).toBe(1)
  })

  it('auc is NaN once a prediction is, until it is reset', () => {
    for (const curve of ['ROC', 'PR'] as const) {
      const metric = metrics.auc({ curve })
      metric.update(tensor([0, 1]), tensor([0.2, 0.8]))
      expect(metric.result()).toBe(1)
      metric.update(tensor([0, 1]), tensor([0.2, Number.NaN]))
      expect(metric.result()).toBeNaN()
      metric.reset()
      metric.update(tensor([0, 1]), tensor([0.2, 0.8]))
      expect(metric.result()).toBe(1)
    }
  })

  it('auc of one class only is 0, and predictions outside are clipped', () => {
    const metric = metrics.auc()
    metric.update(tensor([1, 1]), tensor([0.3, 0.6]))
    expect(metric.result()).toBe(0)
    metric.update(tensor([0, 1]), tensor([-5, 7]))
    expect(metric.result()).toBeCloseTo(1, 12)
  })

  it('a NaN is not among the k most probable', () => {
    const metric = metrics.topKCategoricalAccuracy({ k: 2 })
    metric.update(
      tensor([0, 1]),
      tensor([
        [Number.NaN, 1, 2],
        [Number.NaN, 1, 2],
      ]),
    )
    expect(metric.result()).toBe(0.5)
  })

  it('a mean over a million samples is exact', () => {
    const [metric, error] = [metrics.meanAbsoluteError(), metrics.meanSquaredError()]
    const [zero, tenth] = [tensor([0]), tensor([0.1])]
    const thousand = [zero, tenth].map((x) => ones([10_000]).mul(x)) as [Tensor, Tensor]
    for (let i = 0; i < 100; i++) for (const m of [metric, error]) m.update(...thousand)
    expect(Math.abs(metric.result() / Math.fround(0.1) - 1)).toBeLessThan(1e-10)
    expect(Math.abs(error.result() / Math.fround(0.1) ** 2 - 1)).toBeLessThan(1e-10)
    const count = metrics.binaryAccuracy()
    count.update(ones([1_000_000]), ones([1_000_000]))
    for (let i = 0; i < 50; i++) count.update(zero, tenth)
    count.update(zero, ones([1]))
    expect(count.result()).toBe(1_000_050 / 1_000_051)
  })

  it('counts are exact beyond 2²⁴ and 2³¹', () => {
    const n = 2 ** 24 + 3
    const [accuracy, matrix] = [metrics.binaryAccuracy(), metrics.confusionMatrix({ classes: 2 })]
    const y = ones([n], { dtype: 'uint8' })
    const yPred = ones([n])
    for (const metric of [accuracy, matrix]) {
      metric.update(y, yPred)
      metric.update(tensor([1]), tensor([0]))
      expect(metric.result()).toBe(n / (n + 1))
    }
    expect(matrix.matrix()).toEqual([
      [0, 0],
      [1, n],
    ])
    const totals = new Totals()
    for (let i = 0; i < 300; i++) totals.add(ones([1]), 2 ** 24 + 1, 2 ** 24 + 1)
    expect(totals.read()).toEqual({ sums: Float64Array.of(300 * (2 ** 24 + 1)), count: 300 * (2 ** 24 + 1) })
  })

  it('counts for other shapes only after what it had is gone', () => {
    const metric = metrics.f1({ average: 'macro' })
    metric.update(tensor([1]), tensor([[0.1, 0.9]]))
    expect(failure(() => metric.update(tensor([1]), tensor([[0.1, 0.8, 0.1]]))).message).toMatch(/^\[f1\] counts/)
  })
})

describe('metrics of functions', () => {
  const [yTrue, yPred] = [tensor([1, 2, 3]), tensor([1, 4, 7])]

  it('are means over samples, of values a sample or of batch means', () => {
    const absolute = (y: Tensor, p: Tensor) => abs(sub(y, p))
    const averages = (y: Tensor, p: Tensor) => mean(abs(sub(y, p)))
    const same = (y: Tensor, p: Tensor) => cast(equal(y, p), 'bool')
    for (const [f, wanted] of [
      [absolute, 6 / 4],
      [averages, 6 / 4],
      [same, 2 / 4],
    ] as const) {
      const metric = getMetric(f)
      expect(metric.name).toBe(f.name)
      expect(metric.result()).toBe(0)
      metric.update(yTrue, yPred)
      metric.update(tensor([7]), tensor([7]))
      expect(metric.result()).toBe(wanted)
    }
    expect(getMetric(huber).name).toBe('huber')
    expect(
      getMetric(
        (
          () => (y: Tensor) =>
            y
        )(),
      ).name,
    ).toBe('metric')
  })

  it('are refused for what they return, and what is no metric by its name', () => {
    const odd = () => tensor([1, 2])
    expect(failure(() => getMetric(odd).update(yTrue, yPred)).message).toMatch(/^\[odd\] .*gave \[2\]/)
    expect(failure(() => getMetric((() => 3) as never).update(yTrue, yPred)).message).toMatch(
      /must return a Tensor, got 3/,
    )
    class Mine {
      name = 'share'
    }
    expect(failure(() => getMetric(new Mine() as never)).message).toMatch(/got a Mine, named "share"/)
    expect(failure(() => getMetric({ compiles: true } as never)).message).toMatch(/got an object with compiles$/)
    expect(failure(() => getMetric(metrics.precision as never)).message).toMatch(
      /give metrics.precision\(…\), or "precision"/,
    )
  })
})
