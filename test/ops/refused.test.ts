import { expect, it } from 'vitest'
import { runtime } from '../../lib/native/runtime.js'
import { layers, losses } from '../../lib/nn/index.js'
import { Layer } from '../../lib/nn/layer.js'
import * as ops from '../../lib/ops/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

const { add } = layers
const bytes = tensor(Uint8Array.of(1, 2, 3, 4, 5, 6), [3, 2])
const x = bytes.cast('float32')
const row = tensor([1, 2, 3])
const disposed = tensor([1])
disposed.dispose()
const pair = tensor([1, 1])
const bits = tensor([[true], [false]])
const short = tensor(Uint8Array.of(1))
const gone = tensor([1, 2, 3])
gone.dispose()
const whole = tensor(Int32Array.of(1, 2, 3))

/** Computes something, and then what cannot be. */
class Half extends Layer {
  override call(batch: Tensor): Tensor {
    return batch.mul(2).exp().add(row)
  }
}

/** What converts, or computes a part, before it is refused. */
const refused: Record<string, () => unknown> = {
  'a number beside a tensor that is disposed': () => disposed.mul(2),
  'a comparison of a disposed tensor': () => disposed.less(2),
  'a broadcast of bytes': () => bytes.add(row),
  'a choice of two shapes': () => ops.where(bytes, x, row),
  'a choice of no tensor': () => ops.where(bytes, 1, 'b' as never),
  'a product of bytes': () => bytes.matmul(bytes),
  'a product with a vector': () => x.matmul(row),
  'an axis of bytes': () => bytes.max(5),
  'a position in bytes': () => bytes.argMax(0.5),
  'an axis of a variance': () => bytes.variance(5),
  'keepDims of a logSumExp': () => bytes.logSumExp(0, 1 as never),
  'a rate of dropout': () => ops.dropout(bytes, 4),
  'copies beyond all memory': () => bytes.tile([1, 2 ** 40]),
  'dropout of all that is disposed': () => ops.dropout(disposed, 1),
  'slopes of prelu': () => ops.prelu(bytes, row),
  'gamma of a normalization': () => ops.batchNormalization(bytes, 4 as never, row),
  'an axis to gather along': () => x.gather(short, 5),
  'an axis of a softmax': () => bytes.softmax(5),
  'a stack of which one is disposed': () => ops.stack([row, gone]),
  'a sum that a layer makes by hand': () => add().call([x, bits]),
  'a flag of a new tensor': () => ones([2], { requiresGrad: 1 as never }),
  'targets of a loss': () => losses.poisson(whole, x),
  'a batch that a layer computes half of': () => new Half().apply(x),
}

it('an epsilon that is no number is refused', () => {
  for (const epsilon of [1n, '1', null, Number.NaN, -1]) {
    expect(() => ops.batchNormalization(x, pair, pair, epsilon as never)).toThrow(
      'epsilon must be a finite number from 0',
    )
    expect(() => ops.layerNormalization(x, pair, pair, epsilon as never)).toThrow(
      'epsilon must be a finite number from 0',
    )
  }
})

it('a getter that throws among the options of a tensor leaves none behind', () => {
  const options = {
    get requiresGrad(): boolean {
      if (new Error().stack?.includes('finish')) throw new RangeError('gone')
      return false
    },
  }
  const before = runtime.memory().tensors
  expect(() => ones([2], options)).toThrow(RangeError)
  expect(runtime.memory().tensors).toBe(before)
})

it.each(Object.entries(refused))('%s is refused and leaves no tensor behind', (_, call) => {
  for (const scope of [<T>(fn: () => T) => fn(), tidy]) {
    scope(() => {
      const before = runtime.memory().tensors
      expect(call).toThrow(expect.objectContaining({ name: 'MyelinError' }))
      expect(runtime.memory().tensors).toBe(before)
    })
  }
})

it('sizes to split by that have holes are refused', () => {
  expect(() => x.split([1, ...new Array(2)] as number[])).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }))
  expect(() => x.split(new Array(5))).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }))
})
