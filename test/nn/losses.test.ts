import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { grad } from '../../lib/autodiff/functional.js'
import { compile } from '../../lib/graph/compile.js'
import * as losses from '../../lib/nn/losses/index.js'
import type { LossFunction, LossOptions } from '../../lib/nn/losses/loss.js'
import { square } from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { getLoss } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { expectClose } from './close.js'

interface LossCase {
  loss: keyof typeof losses
  name: string
  options: LossOptions
  inputs: [GoldenArray, GoldenArray]
  /** One value a sample. */
  each: number[]
  /** Of their mean, by the predictions. */
  gradient: number[]
}
const { versions, cases } = golden<{ versions: { keras: string }; cases: LossCase[] }>('losses')

describe(`as in Keras ${versions.keras}, in double`, () => {
  const named = cases.map((c) => ({ ...c, title: `${c.loss} ${c.name} ${JSON.stringify(c.options)}` }))

  it.each(named)('$title', ({ loss, options, inputs, each, gradient }) => {
    const [yTrue, yPred] = inputs.map(toTensor) as [ReturnType<typeof tensor>, ReturnType<typeof tensor>]
    yPred.requiresGrad = true
    const apply = getLoss(loss)
    const values = apply(yTrue, yPred, { ...options, reduction: 'none' })
    const mean = apply(yTrue, yPred, options)
    expect(values.shape).toEqual([each.length])
    const tolerance = { relative: 2e-6, absolute: 5e-7 }
    expect(difference(values.data(), each, tolerance)).toBeNull()
    expect(difference([mean.item()], [sum(each) / each.length], tolerance)).toBeNull()
    const found = gradients(mean, [yPred])[0]?.data() ?? []
    expect(difference(found, gradient, { relative: 1e-5, absolute: 5e-7 })).toBeNull()
  })

  it('has a case for each', () => {
    expect([...new Set(cases.map(({ loss }) => loss))].sort()).toEqual(Object.keys(losses).sort())
  })
})

type Rows = number[][]

const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0)
const clip = (p: number): number => Math.min(Math.max(p, 1e-7), 1 - 1e-7)
const softmax = (z: readonly number[]): number[] => {
  const e = z.map((v) => Math.exp(v - Math.max(...z)))
  return e.map((v) => v / sum(e))
}
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))
const oneHot = (labels: readonly number[], classes: number): Rows =>
  labels.map((label) => Array.from({ length: classes }, (_, c) => Number(c === label)))

/** The textbook formulas in double, one value a sample. */
const reference = {
  categorical(targets: Rows, predictions: Rows, { fromLogits = false, labelSmoothing = 0 }: LossOptions) {
    return predictions.map((row, i) => {
      const p = fromLogits ? softmax(row) : row.map((v) => clip(v / sum(row)))
      return -sum(
        p.map((v, c) => ((1 - labelSmoothing) * (targets[i]?.[c] ?? 0) + labelSmoothing / p.length) * Math.log(v)),
      )
    })
  },
  binary(targets: Rows, predictions: Rows, { fromLogits = false, labelSmoothing = 0 }: LossOptions) {
    return predictions.map((row, i) => {
      const terms = row.map((v, c) => {
        const p = fromLogits ? sigmoid(v) : clip(v)
        const y = (1 - labelSmoothing) * (targets[i]?.[c] ?? 0) + labelSmoothing / 2
        return -y * Math.log(p) - (1 - y) * Math.log(1 - p)
      })
      return sum(terms) / terms.length
    })
  },
  squared(targets: Rows, predictions: Rows) {
    return predictions.map((row, i) => sum(row.map((v, c) => (v - (targets[i]?.[c] ?? 0)) ** 2)) / row.length)
  },
}

/** Values a sample, mean, and the mean's gradient, against the formula and its central differences. */
function check(
  loss: LossFunction,
  yTrue: ReturnType<typeof tensor>,
  predictions: Rows,
  options: LossOptions,
  expected: (predictions: Rows) => number[],
): void {
  const yPred = tensor(predictions, undefined, { requiresGrad: true })
  const each = loss(yTrue, yPred, { ...options, reduction: 'none' })
  expect(each.shape).toEqual([predictions.length])
  const values = expected(predictions)
  expectClose(each.data(), values)
  const mean = loss(yTrue, yPred, options)
  expect(mean.shape).toEqual([])
  expect(mean.item()).toBeCloseTo(sum(values) / values.length, 5)

  const [gradient] = gradients(mean, [yPred])
  const moved = (i: number, c: number, delta: number): number => {
    const rows = predictions.map((row) => [...row])
    ;(rows[i] as number[])[c] = (rows[i]?.[c] as number) + delta
    return sum(expected(rows)) / rows.length
  }
  const h = 1e-6
  const differences = predictions.flatMap((row, i) => row.map((_, c) => (moved(i, c, h) - moved(i, c, -h)) / (2 * h)))
  expectClose(gradient?.data() ?? [], differences, 4)
}

const labels = [2, 0, 1]
const logits = [
  [0.5, -1.25, 2],
  [0, 0, 0],
  [-3, 4, 0.125],
]
// Rows that do not sum to 1 are normalized first.
const probabilities = [
  [0.2, 0.3, 0.5],
  [0.7, 0.2, 0.6],
  [0.05, 0.9, 0.1],
]

describe('categorical cross-entropies', () => {
  it.each([true, false])('sparse, fromLogits %s, for labels of every dtype', (fromLogits) => {
    const rows = fromLogits ? logits : probabilities
    for (const dtype of ['int32', 'uint8', 'float32'] as const)
      check(losses.sparseCategoricalCrossentropy, tensor(labels, undefined, { dtype }), rows, { fromLogits }, (p) =>
        reference.categorical(oneHot(labels, 3), p, { fromLogits }),
      )
  })

  it.each([
    { fromLogits: true },
    { fromLogits: false },
    { fromLogits: true, labelSmoothing: 0.1 },
    { fromLogits: false, labelSmoothing: 0.1 },
  ])('dense, %j', (options) => {
    const rows = options.fromLogits ? logits : probabilities
    const targets = oneHot(labels, 3)
    check(losses.categoricalCrossentropy, tensor(targets), rows, options, (p) =>
      reference.categorical(targets, p, options),
    )
  })

  it('clips probabilities and stays finite for any logits', () => {
    const certain = losses.sparseCategoricalCrossentropy(tensor([0]), tensor([[0, 1]]))
    expect(certain.item()).toBeCloseTo(-Math.log(1e-7), 4)
    const far = losses.sparseCategoricalCrossentropy(tensor([0]), tensor([[-1000, 1000]]), { fromLogits: true })
    expect(far.item()).toBe(2000)
  })

  it('an infinite logit of a class that is not asked for counts as probability 0', () => {
    const row = tensor([[-Infinity, 1, 2]])
    const wanted = [0, -0.7310586, 0.7310586]
    for (const loss of [
      (z: Tensor) => losses.sparseCategoricalCrossentropy(tensor([1]), z, { fromLogits: true }),
      (z: Tensor) => losses.categoricalCrossentropy(tensor([[0, 1, 0]]), z, { fromLogits: true }),
    ]) {
      expect(loss(row).item()).toBeCloseTo(1.3132617, 6)
      expectClose(grad(loss)(row).data(), wanted, 6)
    }
  })

  it('takes labels [N, 1], and averages axes after the batch', () => {
    const column = losses.sparseCategoricalCrossentropy(tensor(labels, [3, 1]), tensor(probabilities))
    expect(column.item()).toBe(losses.sparseCategoricalCrossentropy(tensor(labels), tensor(probabilities)).item())
    const sequence = tensor([...logits, ...logits].flat(), [2, 3, 3])
    const each = losses.sparseCategoricalCrossentropy(tensor([...labels, ...labels], [2, 3]), sequence, {
      fromLogits: true,
      reduction: 'none',
    })
    const values = reference.categorical(oneHot(labels, 3), logits, { fromLogits: true })
    expect(each.shape).toEqual([2])
    expect(each.data()[1]).toBeCloseTo(sum(values) / 3, 5)
  })

  it('refuses a label that is no class, by the label and the number of classes', () => {
    for (const fromLogits of [true, false])
      for (const wrong of [3, -1, 0.5])
        expect(
          failure(() => losses.sparseCategoricalCrossentropy(tensor([0, wrong, 1]), tensor(logits), { fromLogits })),
        ).toEqual({
          code: 'ERR_ARGUMENT',
          message: expect.stringMatching(
            `(label ${wrong} of sample 1 .* 3 classes|number ${wrong} at position 1) .* 0 to 2`,
          ),
        })
  })

  it('refuses shapes that do not fit', () => {
    const { code, message } = failure(() => losses.sparseCategoricalCrossentropy(tensor([0, 1]), tensor(logits)))
    expect(code).toBe('ERR_SHAPE')
    expect(message).toMatch(/yTrue is \[2\], yPred is \[3, 3\]/)
    expect(failure(() => losses.categoricalCrossentropy(tensor(labels), tensor(logits))).code).toBe('ERR_SHAPE')
  })
})

describe('binaryCrossentropy', () => {
  const targets = [
    [1, 0, 1],
    [0, 0, 1],
    [1, 1, 0],
  ]

  it.each([
    { fromLogits: true },
    { fromLogits: false },
    { fromLogits: true, labelSmoothing: 0.2 },
    { fromLogits: false, labelSmoothing: 0.2 },
  ])('%j', (options) => {
    const rows = options.fromLogits ? logits : probabilities
    check(losses.binaryCrossentropy, tensor(targets, undefined, { dtype: 'uint8' }), rows, options, (p) =>
      reference.binary(targets, p, options),
    )
  })

  it('keeps precision where the probability rounds to 1, and clips where it is 0', () => {
    const sure = losses.binaryCrossentropy(tensor([1]), tensor([[30]]), { fromLogits: true }).item()
    expect(sure / Math.log1p(Math.exp(-30))).toBeCloseTo(1, 5)
    expect(losses.binaryCrossentropy(tensor([1]), tensor([[0]])).item()).toBeCloseTo(-Math.log(1e-7), 4)
  })

  it('an infinite logit costs nothing where it is right, and everything where it is wrong', () => {
    const loss = (y: Tensor) => (z: Tensor) => losses.binaryCrossentropy(y, z, { fromLogits: true })
    const z = tensor([[-Infinity], [Infinity], [0]])
    const right = loss(tensor([[0], [1], [1]]))
    expect(right(z).item()).toBeCloseTo(Math.log(2) / 3, 6)
    expectClose(grad(right)(z).data(), [0, 0, -1 / 6], 6)
    expect(loss(tensor([[1], [1], [1]]))(z).item()).toBe(Infinity)
  })

  it('takes targets [N] for predictions [N, 1]', () => {
    const found = losses.binaryCrossentropy(tensor([1, 0]), tensor([[0.25], [0.25]]), { reduction: 'none' })
    expectClose(found.data(), [-Math.log(0.25), -Math.log(0.75)], 6)
  })
})

describe('meanSquaredError', () => {
  it('is right in value and gradient', () => {
    check(losses.meanSquaredError, tensor(probabilities), logits, {}, (p) => reference.squared(probabilities, p))
  })

  it('does not broadcast [N] against [N, 1]', () => {
    expect(losses.meanSquaredError(tensor([1, 2]), tensor([[1], [4]])).item()).toBe(2)
    expect(failure(() => losses.meanSquaredError(tensor([1, 2, 3]), tensor([[1], [4]]))).code).toBe('ERR_SHAPE')
  })
})

describe('options', () => {
  it('are refused where they make no sense', () => {
    const [yTrue, yPred] = [tensor(labels), tensor(logits)]
    const sparse = (options: LossOptions) =>
      failure(() => losses.sparseCategoricalCrossentropy(yTrue, yPred, options)).message
    expect(sparse({ labelSmoothing: 0.1 })).toContain('no option labelSmoothing')
    expect(sparse({ reduction: 'sum' as 'mean' })).toContain('got "sum"')
    expect(failure(() => losses.meanSquaredError(yPred, yPred, { fromLogits: true })).message).toContain('fromLogits')
    expect(failure(() => losses.categoricalCrossentropy(yPred, yPred, { labelSmoothing: 2 })).message).toContain(
      'got 2',
    )
    expect(failure(() => losses.meanSquaredError([1] as never, yPred)).message).toMatch(/yTrue must be a Tensor/)
  })
})

describe('losses of errors and margins', () => {
  const gradientAt = (loss: LossFunction, yTrue: number, yPred: number): number =>
    gradients(loss(tensor([yTrue]), p1(yPred)), [lastPrediction])[0]?.item() ?? Number.NaN
  let lastPrediction = tensor([0])
  const p1 = (value: number) => {
    lastPrediction = tensor([value], undefined, { requiresGrad: true })
    return lastPrediction
  }

  it('have derivative 0 at their kinks, and huber a smooth seam', () => {
    expect(gradientAt(losses.meanAbsoluteError, 2, 2)).toBe(0)
    expect(gradientAt(losses.hinge, 1, 1)).toBeCloseTo(0, 12)
    expect(gradientAt(losses.squaredHinge, 1, 1)).toBeCloseTo(0, 12)
    expect(gradientAt(losses.huber, 0, 1)).toBe(1)
    expect(gradientAt(losses.logCosh, 3, 3)).toBeCloseTo(0, 12)
  })

  it('logCosh keeps its precision for small errors', () => {
    for (const e of [1e-1, 1e-2, 1e-3, 1e-4, -1e-4]) {
      const [value, wanted] = [losses.logCosh(tensor([0]), tensor([e])).item(), Math.log(Math.cosh(Math.fround(e)))]
      expect(Math.abs(value - wanted)).toBeLessThan(1.5e-7 * Math.abs(e))
      expect(Math.abs(gradientAt(losses.logCosh, 0, e) / Math.tanh(Math.fround(e)) - 1)).toBeLessThan(1e-6)
    }
  })

  it('stay finite for large errors', () => {
    for (const far of [1e4, -1e4]) {
      expect(losses.logCosh(tensor([0]), tensor([far])).item()).toBeCloseTo(1e4 - Math.LN2, 2)
      expect(gradientAt(losses.logCosh, 0, far)).toBeCloseTo(Math.sign(far), 6)
      expect(gradientAt(losses.huber, 0, far)).toBe(Math.sign(far))
    }
  })

  it('cosine similarity of a zero vector is 0, with a finite gradient', () => {
    const yPred = tensor([[0, 0]], undefined, { requiresGrad: true })
    const loss = losses.cosineSimilarity(tensor([[3, 4]]), yPred)
    expect(loss.item()).toBeCloseTo(0, 12)
    const gradient = Array.from(gradients(loss, [yPred])[0]?.data() ?? [Number.NaN])
    expect(gradient.every(Number.isFinite), String(gradient)).toBe(true)
  })

  it('are named where a label is no class, eagerly and compiled', () => {
    const loss = losses.sparseCategoricalCrossentropy
    const [labels, p] = [tensor(Int32Array.from([0, 7])), tensor([0.5, 0.5, 0.5, 0.5], [2, 2])]
    const told = /sparseCategoricalCrossentropy\b.* class number 7 at position 1/
    expect(failure(() => loss(labels, p)).message).toMatch(told)
    expect(failure(() => compile(loss)(labels, p)).message).toMatch(told)
  })

  it('refuse options that make no sense', () => {
    const [yTrue, yPred] = [tensor(probabilities), tensor(logits)]
    for (const delta of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(failure(() => losses.huber(yTrue, yPred, { delta })).message).toMatch(
        /^\[huber\] delta must be a finite number above 0/,
      )
    expect(failure(() => losses.cosineSimilarity(yTrue, yPred, { axis: 2 })).message).toMatch(/axis 2 .* rank 2/)
    expect(failure(() => losses.cosineSimilarity(yTrue, yPred, { axis: 0 })).code).toBe('ERR_SHAPE')
    expect(failure(() => losses.huber(yTrue, yPred, { detla: 1 } as object)).message).toContain('"delta"')
    expect(failure(() => losses.meanSquaredError(yTrue, yPred, { delta: 1 } as object)).message).toContain('delta')
    const text = { fromLogits: 'yes' as never }
    expect(failure(() => losses.binaryCrossentropy(yTrue, yPred, text)).message).toMatch(/true or false, got "yes"/)
  })
})

describe('getLoss', () => {
  it('knows names and functions, and suggests', () => {
    expect(getLoss('meanSquaredError')).toBe(losses.meanSquaredError)
    expect(getLoss(square as LossFunction)).toBe(square)
    expect(failure(() => getLoss('sparse_categorical_crossentropy' as 'meanSquaredError')).message).toContain(
      'Did you mean "sparseCategoricalCrossentropy"?',
    )
  })

  it('tells which activation a loss takes over', () => {
    expect(losses.sparseCategoricalCrossentropy.fromLogits).toBe('softmax')
    expect(losses.categoricalCrossentropy.fromLogits).toBe('softmax')
    expect(losses.binaryCrossentropy.fromLogits).toBe('sigmoid')
    expect(losses.meanSquaredError.fromLogits).toBeUndefined()
  })
})
