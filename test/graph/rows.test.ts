import { describe, expect, it } from 'vitest'
import { noGrad } from '../../lib/autodiff/tape.js'
import { rowWise } from '../../lib/graph/rows.js'
import { trace } from '../../lib/graph/trace.js'
import {
  add,
  argMax,
  batchNormalization,
  batchNormalizationInference,
  broadcastTo,
  cast,
  concat,
  dense,
  div,
  dropout,
  equal,
  gather,
  greater,
  layerNormalization,
  logSoftmax,
  matmul,
  max,
  mean,
  mul,
  oneHot,
  pad,
  prelu,
  relu,
  reshape,
  slice,
  softmax,
  split,
  stack,
  sum,
  tile,
  transpose,
  where,
} from '../../lib/ops/index.js'
import { full, ones, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { labels, positive, signed } from '../helpers/random.js'
import { bits, interpret } from './passes/harness.js'

const rows = 12
type Layer = (x: Tensor) => Tensor

const traced = (f: Layer, x: Tensor) =>
  trace(
    [x],
    (symbol) => noGrad(() => [f(symbol)]),
    (outputs) => outputs,
  ).graph

const w = new Parameter(signed([5, 4], 2))
const five = (seed: number): Parameter => new Parameter(positive([5], seed))
const [mean5, variance5, gamma5, beta5] = [five(3), five(4), five(5), five(6)]
// Made out here, for what is drawn in a function is drawn anew at each step.
const [oneRow, aRowEach] = [signed([1, 5], 8), signed([rows, 1], 9)]
const table = new Parameter(signed([7, 3], 7))

/** On x [12, 5]. */
const byRow: Record<string, Layer> = {
  dense: (x) => dense(x, w, full([4], 0.5), 'relu'),
  'element by element': (x) => relu(mul(add(x, beta5), oneRow)),
  'a condition': (x) => where(greater(x, 0), x, beta5),
  'whole numbers': (x) => cast(cast(x, 'int32'), 'float32'),
  prelu: (x) => prelu(x, beta5),
  matmul: (x) => matmul(x, w, {}),
  'matmul by a transposed': (x) => matmul(x, transpose(w), { transposeB: true }),
  'matrices of samples': (x) => {
    const m = reshape(x, [rows, 1, 5])
    return matmul(m, m, { transposeA: true })
  },
  'a matrix of each sample by one of all': (x) => matmul(reshape(x, [rows, 1, 5]), w),
  'batch normalization': (x) => batchNormalizationInference(x, mean5, variance5, gamma5, beta5),
  'layer normalization': (x) => layerNormalization(x, gamma5, beta5),
  softmax,
  logSoftmax: (x) => logSoftmax(x),
  'softmax along another axis of a sample': (x) => softmax(reshape(x, [rows, 5, 1]), 1),
  concat: (x) => concat([x, relu(x)], 1),
  stack: (x) => stack([x, relu(x)], 1),
  split: (x) => {
    const [a, b] = split(x, [2, 3], 1) as [Tensor, Tensor]
    return concat([b, a], -1)
  },
  gather: (x) => gather(table, cast(greater(x, 0), 'int32')),
  oneHot: (x) => oneHot(cast(greater(x, 0), 'int32'), 3),
  'a sum along a row': (x) => sum(x, 1),
  'a mean along a row that keeps its axis': (x) => mean(x, -1, true),
  'the largest of a row': (x) => add(max(x, 1), argMax(x, 1)),
  'sums along inner axes': (x) =>
    sum(
      reshape(
        pad(x, [
          [0, 0],
          [0, 1],
        ]),
        [rows, 2, 3],
      ),
      [1, 2],
    ),
  broadcastTo: (x) => broadcastTo(reshape(x, [rows, 1, 5]), [rows, 3, 5]),
  'several rows a sample': (x) => reshape(dense(reshape(x, [5 * rows, 1]), ones([1, 2])), [rows, 10]),
  'the number of samples as a number': (x) => div(x, x.shape[0] as number),
  'what nothing comes of': (x) => {
    sum(x, 0)
    return relu(x)
  },
}

/** On x [12, 12]. */
const mixing: Record<string, Layer> = {
  'a mean over rows': (x) => add(x, mean(x, 0)),
  'a sum of all': (x) => mul(x, sum(x)),
  transpose: (x) => transpose(x),
  'softmax along rows': (x) => softmax(x, 0),
  'a product of transposed rows': (x) => matmul(x, ones([rows, rows]), { transposeA: true }),
  'a product with rows on the right': (x) => matmul(ones([rows, rows]), x),
  'a product of rows with rows': (x) => matmul(x, x, { transposeB: true }),
  'batch normalization in training': (x) => batchNormalization(x, ones([rows]), ones([rows]))[0],
  'layer normalization by what rows give': (x) => layerNormalization(x, x.max(1), ones([rows])),
  'concat of rows': (x) => slice(concat([x, x], 0), [rows]),
  'concat with as many rows of another': (x) => concat([x, ones([rows, 2])], 1),
  'a slice of rows': (x) => tile(slice(x, [0], [6]), [2, 1]),
  'other rows': (x) => gather(x, labels(rows, 5)),
  'rows as columns': (x) => add(x, max(x, 1)),
  'something for each row': (x) => add(x, aRowEach),
  'something for each row, compared': (x) => cast(equal(x, aRowEach), 'float32'),
  'a condition on columns by rows': (x) => where(greater(max(x, 1), 0), x, 0),
  'another cut of the elements': (x) => reshape(slice(x, [0, 0], [rows, 5]), [5, rows]),
  'a draw': (x) => dropout(x, 0.5),
  'a draw of which nothing comes': (x) => {
    dropout(x, 0.5)
    return x
  },
  'nothing of the input': () => zeros([rows, 2]),
}

describe('rows of a graph', () => {
  it.each(Object.entries(byRow))('are computed by themselves: %s', (_, f) => {
    const x = signed([rows, 5])
    const whole = traced(f, x)
    const found = rowWise(whole)
    expect(found).not.toBeNull()
    const wanted = interpret(whole, [x]).map((y) => reshape(y, [rows, y.size / rows]))
    for (const [begin, count] of [
      [0, 8],
      [8, 4],
      [3, 1],
    ] as const) {
      const part = interpret(found?.take(count) ?? whole, [slice(x, [begin], [count])])
      expect(part.map(bits)).toEqual(wanted.map((y) => bits(slice(y, [begin], [count]))))
    }
  })

  it.each(Object.entries(mixing))('are left together: %s', (_, f) => {
    expect(rowWise(traced(f, signed([rows, rows])))).toBeNull()
  })

  it('are not told apart where there is but one', () => {
    expect(rowWise(traced(relu, signed([1, 5])))).toBeNull()
  })

  it('of several inputs, one of whole numbers, to several outputs', () => {
    const [x, y] = [signed([rows, 3]), labels(rows, 7)]
    const { graph } = trace(
      [x, y],
      (x, y) => {
        const both = add(x as Tensor, gather(table, y as Tensor))
        return [both, x as Tensor, sum(both, 1)]
      },
      (outputs) => outputs,
    )
    const part = interpret(rowWise(graph)?.take(5) ?? graph, [slice(x, [2], [5]), slice(y, [2], [5])])
    const whole = interpret(graph, [x, y])
    expect(part.map(bits)).toEqual(whole.map((output) => bits(slice(output, [2], [5]))))
  })

  it('are as wide as their widest value', () => {
    const f: Layer = (x) => sum(reshape(dense(reshape(x, [5 * rows, 1]), ones([1, 20])), [rows, 100]), 1)
    expect(rowWise(traced(f, signed([rows, 5])))?.width).toBe(100)
    expect(rowWise(traced(softmax, signed([rows, 5])))?.width).toBe(5)
  })
})
