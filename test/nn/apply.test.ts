import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { type CallOptions, Layer } from '../../lib/nn/layer.js'
import type { Shapes } from '../../lib/nn/shapes.js'
import { gather } from '../../lib/ops/index.js'
import { ones, tensor, zeros } from '../../lib/tensor/creation.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import type { Shape } from '../../lib/tensor/shape.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'

const { dense, input } = layers

class Block extends Layer {
  first = dense({ units: 3, kernelInitializer: 'ones', name: 'first' })
  others = [dense({ units: 2, kernelInitializer: 'ones', name: 'second' }), layers.dropout({ rate: 0.5 })]
  scale?: Parameter

  override build(_: Shape) {
    this.scale = this.addWeight('scale', [1], { initializer: 'ones' })
  }

  override call(x: Tensor, options: CallOptions): Tensor {
    return [this.first, ...this.others].reduce((y, layer) => layer.apply(y, options), x).mul(this.scale as Parameter)
  }
}

/** a·w + b */
class Gate extends Layer {
  override build([a]: Shapes) {
    this.addWeight('w', a as Shape, { initializer: 'ones' })
  }

  override call([a, b]: readonly Tensor[]): Tensor {
    return (a as Tensor).mul(this.weights[0] as Parameter).add(b as Tensor)
  }
}

describe('apply', () => {
  it('builds a layer and computes, or says what will be computed', () => {
    const layer = dense({ units: 2, kernelInitializer: 'ones', name: 'd' })
    const y = layer.apply(input({ shape: [3] }))
    expect(layer.built).toBe(true)
    expect(y).toMatchObject({ shape: [2], name: 'd', index: 0 })
    expect(y.layer).toBe(layer)
    expect(String(y)).toBe('SymbolicTensor(d, [batch, 2])')
    expect(layer.apply(ones([1, 3])).toArray()).toEqual([[3, 3]])
    expect(layer.apply(ones([1, 3]), { training: true }).toArray()).toEqual([[3, 3]])
  })

  it('refuses what is neither', () => {
    const layer = dense({ units: 2, name: 'd' })
    for (const wrong of [3, undefined, [], [3], layer, [[ones([1, 1])]]])
      expect(failure(() => layer.apply(wrong as never)).message).toMatch(
        /^\[Dense "d"\] apply takes the output of input/,
      )
    expect(failure(() => layer.apply(tensor(3))).message).toMatch(/needs a batch/)
  })

  it('refuses a list where a layer takes one input', () => {
    const two = [input({ shape: [3] }), input({ shape: [3] })]
    for (const make of [
      () => dense({ units: 2, name: 'x' }),
      () => layers.flatten({ name: 'x' }),
      () => layers.dropout({ rate: 0.5, name: 'x' }),
      () => layers.activation({ activation: 'linear', name: 'x' }),
      () => layers.batchNormalization({ name: 'x' }),
      () => layers.rescaling({ scale: 2, name: 'x' }),
    ]) {
      const { code, message } = failure(() => make().apply(two))
      expect(code).toMatch(/ERR_(SHAPE|ARGUMENT)/)
      expect(message).toMatch(/^\[\w+ "x"\] .* list of 2/)
    }
    const built = dense({ units: 2, name: 'x' })
    built.apply(two[0] as (typeof two)[0])
    expect(failure(() => built.apply(two)).message).toMatch(/takes inputs of \[3\].*got a list of 2: \[3\], \[3\]/)
    expect(built.weights).toHaveLength(2)
  })
})

describe('a layer of one’s own', () => {
  it('has the weights of the layers that it holds, which its first call builds', () => {
    const block = new Block()
    const y = block.apply(input({ shape: [4] }))
    expect(y.shape).toEqual([2])
    expect(block.weights.map(({ name }) => name)).toEqual([
      `${block.name}/scale`,
      'first/kernel',
      'first/bias',
      'second/kernel',
      'second/bias',
    ])
    expect(block.apply(ones([1, 4])).toArray()).toEqual([[12, 12]])
    block.trainable = false
    expect(block.first.trainable).toBe(false)
    expect(block.trainableWeights).toEqual([])
    block.first.trainable = true
    block.trainable = true
    expect(block.trainableWeights).toHaveLength(5)
  })

  it('passes on what it was given as options', () => {
    class Frozen extends Block {}
    const frozen = new Frozen({ trainable: false })
    frozen.apply(zeros([1, 2]))
    expect(frozen.first.trainable).toBe(false)
    expect([...frozen.allLayers()].every(({ trainable }) => !trainable)).toBe(true)
  })

  it('takes several inputs as a list', () => {
    const gate = new Gate({ name: 'gate' })
    const [a, b] = [input({ shape: [2] }), input({ shape: [2] })]
    expect(gate.apply([a, b]).shape).toEqual([2])
    expect(gate.apply([tensor([[1, 2]]), tensor([[3, 4]])]).toArray()).toEqual([[4, 6]])
    expect(failure(() => gate.apply([a, input({ shape: [5] })])).message).toBe(
      '[Gate "gate"] takes inputs of a list of 2: [2], [2] (without the batch axis), got a list of 2: [2], [5]',
    )
  })

  it('is tried out on what it is going to be given', () => {
    class Look extends Layer {
      override build() {
        this.addWeight('table', [5, 2], { initializer: 'ones' })
      }
      override call(x: Tensor): Tensor {
        return gather(this.weights[0] as Parameter, x)
      }
    }
    const index = input({ shape: [], dtype: 'int32' })
    expect(new Look().apply(index).shape).toEqual([2])
    expect(new Look().apply(tensor(Int32Array.of(1, 2))).shape).toEqual([2, 2])
    expect(sequential({ layers: [index, new Look()] }).outputShape).toEqual([2])
  })

  it('gives several outputs as a list', () => {
    class Both extends Layer<Tensor[]> {
      override call(x: Tensor): Tensor[] {
        return [x, x.sum(1)]
      }
    }
    const both = new Both({ name: 'both' })
    const symbols = both.apply(input({ shape: [2] }))
    expect(symbols.map(({ name, shape }) => [name, shape])).toEqual([
      ['both[0]', [2]],
      ['both[1]', []],
    ])
    expect(both.apply(ones([1, 2])).map(({ shape }) => shape)).toEqual([[1, 2], [1]])
  })

  it('leaves nothing built when it fails', () => {
    class Failing extends Block {
      override call(x: Tensor, options: CallOptions): Tensor {
        super.call(x, options)
        throw new Error('no')
      }
    }
    const failing = new Failing()
    expect(() => failing.apply(ones([1, 2]))).toThrow('no')
    expect(failing.weights).toEqual([])
    expect(failing.first.built).toBe(false)
  })

  it('may call its properties as it likes', () => {
    class Free extends Layer {
      parts = 3
      ownWeights = 'mine'
      trains = { by: 'night' }
      override call(x: Tensor) {
        return x.mul(this.parts)
      }
    }
    expect(new Free().apply(ones([1, 1])).item()).toBe(3)
  })
})
