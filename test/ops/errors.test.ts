import { describe, expect, it } from 'vitest'
import * as ops from '../../lib/ops/index.js'
import { ones, tensor, zeros } from '../../lib/tensor/creation.js'
import { failure } from '../helpers/failure.js'

const matrix = ones([2, 3])
const int = tensor(Int32Array.from([0, 1]))

describe('shapes that do not fit', () => {
  const cases: [string, () => unknown, string, RegExp][] = [
    ['add', () => matrix.add(ones([2])), 'ERR_SHAPE', /^\[add\].*\[2, 3\].*\[2\]/],
    [
      'matmul',
      () => matrix.matmul(matrix),
      'ERR_SHAPE',
      /^\[matmul\] inner dimensions differ: a is \[2, 3\], b is \[2, 3\]/,
    ],
    ['matmul of a vector', () => ones([3]).matmul(matrix), 'ERR_SHAPE', /^\[matmul\].*\[3\].*\[2, 3\]/],
    ['matmul of a scalar', () => matrix.matmul(ones([])), 'ERR_SHAPE', /^\[matmul\].*\[2, 3\].*\[\]/],
    [
      'matmul of a transposed vector',
      () => ones([3]).matmul(matrix, { transposeA: true }),
      'ERR_ARGUMENT',
      /^\[matmul\] a vector/,
    ],
    ['prelu', () => matrix.prelu(ones([2])), 'ERR_SHAPE', /^\[prelu\].*\[2, 3\].*\[2\]/],
    ['prelu by more than there is', () => ones([3]).prelu(matrix), 'ERR_SHAPE', /^\[prelu\] alpha.*\[2, 3\].*\[3\]/],
    ['expandDims', () => matrix.expandDims(3), 'ERR_ARGUMENT', /^\[expandDims\] axis 3/],
    ['squeeze', () => matrix.squeeze(0), 'ERR_SHAPE', /^\[squeeze\] axis 0 has size 2.*\[2, 3\]/],
    ['stack', () => ops.stack([matrix, ones([3])]), 'ERR_SHAPE', /^\[stack\].*\[2, 3\].*\[3\]/],
    ['stack of nothing', () => ops.stack([]), 'ERR_ARGUMENT', /^\[stack\]/],
    ['split into unequal parts', () => matrix.split(2, 1), 'ERR_ARGUMENT', /^\[split\].*\[2, 3\].*2 equal parts/],
    ['split by sizes that do not add up', () => matrix.split([1, 1], 1), 'ERR_ARGUMENT', /^\[split\].*add up to 3/],
    ['tile', () => matrix.tile([-1]), 'ERR_ARGUMENT', /^\[tile\].*\[2, 3\]/],
    [
      'layerNormalization',
      () => matrix.layerNormalization(ones([2]), ones([3])),
      'ERR_SHAPE',
      /^\[layerNormalization\] gamma is \[2\], x is \[2, 3\]/,
    ],
    ['dot', () => ops.dot(matrix, ones([2])), 'ERR_SHAPE', /^\[dot\]/],
    ['dense', () => ops.dense(matrix, ones([2, 2])), 'ERR_SHAPE', /^\[dense\].*\[2, 3\], \[2, 2\]/],
    ['reshape', () => matrix.reshape([4, 2]), 'ERR_SHAPE', /^\[reshape\] \[2, 3\] has 6 elements/],
    ['reshape with two free sizes', () => matrix.reshape([-1, -1]), 'ERR_SHAPE', /^\[reshape\]/],
    ['transpose', () => matrix.transpose([0, 0]), 'ERR_ARGUMENT', /^\[transpose\]/],
    ['concat', () => ops.concat([matrix, ones([2, 2])], 0), 'ERR_SHAPE', /^\[concat\].*\[2, 3\].*\[2, 2\]/],
    ['concat of nothing', () => ops.concat([]), 'ERR_ARGUMENT', /^\[concat\]/],
    ['slice', () => matrix.slice([1], [2]), 'ERR_ARGUMENT', /^\[slice\].*\[2, 3\]/],
    ['pad', () => matrix.pad([[1, 1]]), 'ERR_ARGUMENT', /^\[pad\]/],
    ['broadcastTo', () => matrix.broadcastTo([2, 4]), 'ERR_SHAPE', /^\[broadcastTo\]/],
    ['sum over an axis outside', () => matrix.sum(2), 'ERR_ARGUMENT', /^\[sum\] axis 2 .*rank 2/],
    ['sum over an axis twice', () => matrix.sum([1, -1]), 'ERR_ARGUMENT', /^\[sum\] axis 1 is named twice/],
    ['softmax of a scalar', () => ones([]).softmax(), 'ERR_ARGUMENT', /^\[softmax\]/],
    ['max of nothing', () => zeros([0]).max(), 'ERR_SHAPE', /^\[max\] of nothing/],
    ['argMin of nothing', () => zeros([0]).argMin(), 'ERR_SHAPE', /^\[argMin\] of nothing/],
    ['gather outside', () => matrix.gather(tensor(Int32Array.from([5]))), 'ERR_ARGUMENT', /^\[gather\]/],
    ['gather by fractions', () => matrix.gather(ones([1])), 'ERR_DTYPE', /^\[gather\]/],
    ['oneHot outside', () => int.oneHot(1), 'ERR_ARGUMENT', /^\[oneHot\]/],
    [
      'labels outside',
      () => ops.sparseSoftmaxCrossEntropy(matrix, tensor(Int32Array.from([0, 3]))),
      'ERR_ARGUMENT',
      /^\[sparseSoftmaxCrossEntropy\]/,
    ],
    [
      'labels of another length',
      () => ops.sparseSoftmaxCrossEntropy(matrix, tensor(Int32Array.from([0]))),
      'ERR_SHAPE',
      /\[2, 3\].*\[1\]/,
    ],
    [
      'targets of another shape',
      () => ops.softmaxCrossEntropy(matrix, ones([2, 2])),
      'ERR_SHAPE',
      /\[2, 3\].*\[2, 2\]/,
    ],
    [
      'batchNormalization',
      () => ops.batchNormalization(matrix, ones([2]), ones([3])),
      'ERR_SHAPE',
      /^\[batchNormalization\] gamma is \[2\]/,
    ],
    ['clip', () => matrix.clip(2, 1), 'ERR_ARGUMENT', /^\[clip\]/],
    ['elu', () => matrix.elu(-1), 'ERR_ARGUMENT', /^\[elu\]/],
    ['cast', () => matrix.cast('float64' as 'float32'), 'ERR_DTYPE', /^\[cast\].*float64/],
  ]
  it.each(cases)('%s', (_, fn, code, message) => {
    expect(failure(fn)).toEqual({ code, message: expect.stringMatching(message) })
  })
})

it('refuses what is no tensor, by the name of the op', () => {
  type Loose = (...args: unknown[]) => unknown
  const takesTensors = Object.entries<unknown>(ops).filter(
    ([name, op]) =>
      typeof op === 'function' &&
      !/^(update|accumulate\w*|assign|clipFactors|classLabels|assignMovingAverage|isDenseActivation|permutation|gatherRows)$/.test(
        name,
      ),
  ) as [string, Loose][]
  for (const [name, op] of takesTensors)
    for (const wrong of [undefined, null, 'x', [1, 2], {}, new Float32Array(2)]) {
      const { code, message } = failure(() => op(wrong, wrong))
      expect([name, code, message]).toEqual([
        name,
        expect.stringMatching(/ERR_(ARGUMENT|SHAPE|DTYPE)/),
        expect.stringContaining(`[${name}]`),
      ])
    }
})

it('refuses disposed tensors everywhere, as inputs and as methods', () => {
  const gone = ones([2, 2])
  gone.dispose()
  const uses: (() => unknown)[] = [
    () => gone.exp(),
    () => gone.add(1),
    () => ones([2, 2]).mul(gone),
    () => gone.matmul(gone),
    () => gone.reshape([4]),
    () => gone.linear(),
    () => gone.sum(),
    () => gone.mean(0),
    () => gone.softmax(),
    () => gone.transpose(),
    () => gone.cast('int32'),
    () => gone.where(gone, 0),
    () => ops.concat([ones([2, 2]), gone]),
    () => ops.dense(gone, gone),
    () => ops.batchNormalization(gone, ones([2]), ones([2])),
    () => gone.data(),
    () => gone.item(),
    () => gone.toArray(),
    () => gone.detach(),
    () => gone.backward(),
  ]
  for (const use of uses) expect([String(use), failure(use).code]).toEqual([String(use), 'ERR_DISPOSED'])
  expect(gone.toString()).toBe('Tensor(disposed, shape: [2, 2])')
})

describe('calls that plain JavaScript can make', () => {
  const cases: [string, (...args: never[]) => unknown, unknown[], string, RegExp][] = [
    ['slice without begin', ops.slice, [matrix], 'ERR_ARGUMENT', /^\[slice\] begin.*\[2, 3\]/],
    ['transpose of two numbers', ops.transpose, [matrix, 0, 1], 'ERR_ARGUMENT', /^\[transpose\].*\[2, 3\].*array/],
    ['matmul with null', ops.matmul, [matrix, matrix, null], 'ERR_ARGUMENT', /^\[matmul\] the options/],
    ['matmul misspelt', ops.matmul, [matrix, matrix, { transposeb: true }], 'ERR_ARGUMENT', /"transposeB"/],
    ['pad by a number', ops.pad, [matrix, 1], 'ERR_ARGUMENT', /^\[pad\].*\[2, 3\]/],
    ['pad by numbers', ops.pad, [matrix, [1, 2]], 'ERR_ARGUMENT', /^\[pad\].*\[2, 3\]/],
    ['gather by bool', ops.gather, [matrix, matrix.greater(0)], 'ERR_DTYPE', /^\[gather\].*bool/],
    ['dropout without rate', ops.dropout, [matrix], 'ERR_ARGUMENT', /^\[dropout\] rate.*undefined/],
    ['dropout with a bad seed', ops.dropout, [matrix, 0.5, { seed: -1 }], 'ERR_ARGUMENT', /^\[dropout\] the seed.*-1/],
    ['dropout misspelt', ops.dropout, [matrix, 0.5, { sed: 1 }], 'ERR_ARGUMENT', /^\[dropout\].*"seed"/],
    ['rrelu out of order', ops.rrelu, [matrix, { lower: 0.5 }], 'ERR_ARGUMENT', /^\[rrelu\] lower.*0\.5/],
    ['rrelu with null', ops.rrelu, [matrix, null], 'ERR_ARGUMENT', /^\[rrelu\] the options/],
    ['celu of no width', ops.celu, [matrix, 0], 'ERR_ARGUMENT', /^\[celu\] alpha.*0/],
    ['mean over an axis outside', ops.mean, [matrix, 2], 'ERR_ARGUMENT', /^\[mean\] axis 2/],
    ['variance over an axis outside', ops.variance, [matrix, 2], 'ERR_ARGUMENT', /^\[variance\] axis 2/],
    ['variance of a number', ops.variance, [3], 'ERR_ARGUMENT', /^\[variance\] x must be a Tensor/],
    ['exponential of a number', ops.exponential, [3], 'ERR_ARGUMENT', /^\[exponential\] x must be a Tensor/],
    ['split by a word', ops.split, [matrix, 'two'], 'ERR_ARGUMENT', /^\[split\].*two/],
    ['split by nothing', ops.split, [matrix], 'ERR_ARGUMENT', /^\[split\].*undefined/],
    ['stack of a tensor', ops.stack, [matrix], 'ERR_ARGUMENT', /^\[stack\]/],
    ['concat of a tensor', ops.concat, [matrix], 'ERR_ARGUMENT', /^\[concat\]/],
    ['tile by nothing', ops.tile, [matrix], 'ERR_ARGUMENT', /^\[tile\]/],
    ['layerNormalization without beta', ops.layerNormalization, [matrix, ones([3])], 'ERR_ARGUMENT', /beta must be/],
  ]
  it.each(cases)('%s', (_, op, args, code, message) => {
    const error = failure(() => op(...(args as never[])))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
  })
})
