import { describe, expect, it } from 'vitest'
import { model, sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { Layer, type LayerOptions } from '../../lib/nn/layer.js'
import { matmul } from '../../lib/ops/index.js'
import { ones } from '../../lib/tensor/creation.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

/** A layer of a user's own, whose kernel takes three features, whatever comes. */
class Project extends Layer {
  private kernel: Parameter | null = null

  override build(): void {
    this.kernel = this.addWeight('kernel', [3, 2], { initializer: 'ones' })
  }

  override call(x: Tensor): Tensor {
    return matmul(x, this.kernel as Tensor)
  }
}

/** The same within another layer. */
class Block extends Layer {
  private readonly inner = new Project({ name: 'inner' })

  constructor(options?: LayerOptions) {
    super(options)
    this.inner.ensureBuilt([3])
  }

  override call(x: Tensor): Tensor {
    return this.inner.apply(x)
  }
}

const misfit = (layer: string) =>
  expect.objectContaining({
    name: 'MyelinError',
    code: 'ERR_SHAPE',
    message: `[matmul] inner dimensions differ: a is [1, 5], b is [3, 2] (layer "${layer}")`,
  })

describe('an error of an op names the layer', () => {
  it('when a model is put together, or built by its first batch', () => {
    const late = () =>
      sequential({ layers: [layers.dense({ units: 5, inputShape: [4] }), new Project({ name: 'project' })] })
    expect(late).toThrow(misfit('project'))
    const model = sequential({ layers: [layers.dense({ units: 5 }), new Project({ name: 'project_a' })] })
    expect(() => model.call(ones([7, 4]))).toThrow(misfit('project_a'))
  })

  it('when the layer is applied', () => {
    expect(() => new Project({ name: 'alone' }).apply(ones([1, 5]))).toThrow(misfit('alone'))
  })

  it('while a step is traced, and in a call', async () => {
    class Sloppy extends Project {
      override computeOutputShape(): number[] {
        return [2]
      }
    }
    const model = sequential({ layers: [layers.dense({ units: 5, inputShape: [4] }), new Sloppy({ name: 'sloppy' })] })
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    expect(() => model.call(ones([1, 4]))).toThrow(misfit('sloppy'))
    await expect(model.fit(ones([1, 4]), ones([1, 2]), { verbose: 0 })).rejects.toEqual(misfit('sloppy'))
    await expect(model.predict(ones([1, 4]))).rejects.toEqual(misfit('sloppy'))
  })

  it('in a functional model, too', () => {
    class Sloppy extends Project {
      override computeOutputShape(): number[] {
        return [2]
      }
    }
    const x = layers.input({ shape: [5] })
    const net = model({ inputs: x, outputs: new Sloppy({ name: 'branch' }).apply(x) })
    expect(() => net.call(ones([1, 5]))).toThrow(misfit('branch'))
  })

  it('the innermost, and once', () => {
    const block = new Block({ name: 'block' })
    expect(() => sequential({ layers: [layers.flatten({ inputShape: [5] }), block] })).toThrow(
      /\[Project "inner"\] takes inputs of \[3\] .*got \[5\]$/,
    )
  })

  it('not if it is the layer that speaks, and not for errors of other kinds', () => {
    const model = sequential({ layers: [layers.dense({ units: 5, inputShape: [4], name: 'first' })] })
    expect(() => model.call(ones([1, 3]))).toThrow(/^\[Dense "first"\].*got inputs of \[3\]$/)
    class Torn extends Project {
      override call(): Tensor {
        throw new RangeError('torn')
      }
    }
    expect(() => new Torn().apply(ones([1, 3]))).toThrow(new RangeError('torn'))
  })
})
