import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { compile } from '../../lib/graph/compile.js'
import { type Model, model, sequential } from '../../lib/model/index.js'
import { layers, losses } from '../../lib/nn/index.js'
import { type CallOptions, Layer, type SymbolicTensor } from '../../lib/nn/layer.js'
import type { Shapes } from '../../lib/nn/shapes.js'
import { add, concat, matmul, mul, slice } from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Shape } from '../../lib/tensor/shape.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { bits } from '../graph/equality.js'
import { allBeforeActivation } from '../helpers/before-activation.js'
import { equalBits, onInstructionSet } from '../helpers/machine.js'
import { signed } from '../helpers/random.js'

const { batchNormalization, dense, dropout, input } = layers
const relu = (units: number) => dense({ units, activation: 'relu', kernelInitializer: 'heNormal' })

/** y = x·w·v with a part of its own for each factor, and a draw in between. */
class Bottleneck extends Layer {
  down = dense({ units: 3 })
  rest = [dropout({ rate: 0.25 }), batchNormalization()]
  up?: Parameter

  override build(inputShape: Shape) {
    this.up = this.addWeight('up', [3, inputShape.at(-1) as number], { initializer: 'glorotUniform' })
  }

  override call(x: Tensor, options: CallOptions): Tensor {
    const narrow = this.rest.reduce((y, part) => part.apply(y, options), this.down.apply(x, options))
    return add(x, matmul(narrow, this.up as Parameter))
  }
}

/** Two inputs, two outputs: each scaled by its own factor, and swapped. */
class Swap extends Layer<Tensor[]> {
  override build(inputShapes: Shapes) {
    for (const [i, shape] of (inputShapes as readonly Shape[]).entries())
      this.addWeight(`factor${i}`, shape, { initializer: 'ones' })
  }

  override call([a, b]: readonly Tensor[]): Tensor[] {
    const [first, second] = this.weights as [Parameter, Parameter]
    return [mul(b as Tensor, second), mul(a as Tensor, first)]
  }
}

/** One output cut into two. */
class Halves extends Layer<Tensor[]> {
  override call(x: Tensor): Tensor[] {
    const [batch, n] = x.shape as [number, number]
    return [slice(x, [0, 0], [batch, n / 2]), slice(x, [0, n / 2])]
  }
}

type Made = Model | Model<Tensor[]> | Model<Tensor | Tensor[]>

/** Models with inputs of four and six features, as many as they take; made anew at each call. */
const cases: Record<string, () => Made> = {
  'residual network': () => {
    const x = input({ shape: [4] })
    let y = relu(4).apply(x)
    for (let i = 0; i < 5; i++) {
      const inner = batchNormalization().apply(relu(4).apply(y))
      y = layers.add().apply([y, dropout({ rate: 0.1 }).apply(inner)])
    }
    return model({ inputs: x, outputs: dense({ units: 3 }).apply(y) })
  },
  'shared tower': () => {
    const [a, b] = [input({ shape: [4] }), input({ shape: [4] })]
    const tower = sequential({ layers: [relu(5), batchNormalization(), dropout({ rate: 0.2 })] })
    const far = layers.subtract().apply([tower.apply(a), tower.apply(b)])
    return model({ inputs: [a, b], outputs: dense({ units: 1, activation: 'sigmoid' }).apply(far) })
  },
  'two inputs, two outputs': () => {
    const [a, b] = [input({ shape: [4] }), input({ shape: [6] })]
    const both = layers.concatenate().apply([relu(3).apply(a), relu(5).apply(b)])
    const classes = dense({ units: 3, activation: 'softmax' }).apply(both)
    return model({
      inputs: [a, b],
      outputs: [classes, dense({ units: 1 }).apply(layers.concatenate().apply([both, a]))],
    })
  },
  'every merge layer': () => {
    const x = input({ shape: [4] })
    const [a, b, c] = [relu(4), relu(4), dense({ units: 1 })].map((layer) => layer.apply(x)) as [
      SymbolicTensor,
      SymbolicTensor,
      SymbolicTensor,
    ]
    const merged = ['add', 'multiply', 'average', 'maximum'] as const
    const outputs = merged.map((name) => layers[name]().apply([a, b, c]))
    return model({ inputs: x, outputs: layers.concatenate().apply([...outputs, layers.subtract().apply([a, b])]) })
  },
  'models in models': () => {
    const x = input({ shape: [4] })
    const block = model({ inputs: x, outputs: layers.add().apply([x, relu(4).apply(x)]) })
    const stack = sequential({ layers: [block, batchNormalization(), dense({ units: 4, activation: 'tanh' })] })
    const z = input({ shape: [4] })
    const twice = block.apply(stack.apply(z))
    return sequential({ layers: [model({ inputs: z, outputs: twice }), dense({ units: 2, activation: 'softmax' })] })
  },
  'layers of one’s own': () => {
    const [a, b] = [input({ shape: [4] }), input({ shape: [6] })]
    const [p, q] = new Swap().apply([new Bottleneck().apply(a), b]) as [SymbolicTensor, SymbolicTensor]
    const [left, right] = new Halves().apply(p) as [SymbolicTensor, SymbolicTensor]
    return model({ inputs: [a, b], outputs: [dense({ units: 3 }).apply(q), layers.multiply().apply([left, right])] })
  },
}

const data = [signed([16, 4]), signed([16, 6], 2)] as const

/** A case made anew, with a loss that reaches every output. */
function prepare(name: string) {
  setSeed(11)
  const made = (cases[name] as () => Made)()
  const sizes = made.inputNames.length === 1 || name === 'shared tower' ? [data[0], data[0]] : data
  const inputs = sizes.slice(0, made.inputNames.length).map((x, i) => (i === 0 ? x : mul(x, 0.5)))
  made.ensureBuilt(inputs.map(({ shape }) => shape.slice(1)))
  const lossOf = (...given: Tensor[]): Tensor => {
    const outputs = made.callAll(given, { training: true })
    return outputs.map((y) => losses.meanSquaredError(mul(y, 0.25), add(y, 0.5))).reduce((a, b) => add(a, b))
  }
  return { made, inputs, lossOf, optimizer: optimizers.adam({ learningRate: 0.05 }) }
}

function trainEagerly(name: string) {
  const { made, inputs, lossOf, optimizer } = prepare(name)
  const losses = Array.from({ length: 4 }, () =>
    tidy(() => {
      const loss = lossOf(...inputs)
      optimizer.update(made.trainableWeights, gradients(loss, made.trainableWeights))
      return loss.item()
    }),
  )
  return { losses, weights: made.weights.map(bits) }
}

function trainCompiled(name: string) {
  const { made, inputs, lossOf, optimizer } = prepare(name)
  const step = compileStep(lossOf, { parameters: made.trainableWeights, optimizer })
  const losses = Array.from({ length: 4 }, () => step.sync(...inputs).loss)
  step.dispose()
  return { losses, weights: made.weights.map(bits) }
}

describe.each(Object.keys(cases))('%s', (name) => {
  it('trains compiled as eagerly, bit for bit', () => {
    for (const isa of equalBits)
      onInstructionSet(isa, () => {
        const eager = trainEagerly(name)
        expect(trainCompiled(name), isa).toEqual(eager)
        expect(new Set(eager.losses).size).toBe(4)
      })
  })

  it('reaches every trainable weight', () => {
    const { made, inputs, lossOf } = prepare(name)
    const found = gradients(lossOf(...inputs), made.trainableWeights)
    expect(found.map((gradient) => gradient === null)).toEqual(made.trainableWeights.map(() => false))
  })

  it('infers compiled as eagerly, and gives tensors of the shapes that it says', () => {
    const { made, inputs } = prepare(name)
    const eager = made.callAll(inputs)
    expect(eager.map(({ shape }) => shape.slice(1))).toEqual(made.outputShapes)
    const compiled = compile((...given: Tensor[]) => made.callAll(given))
    expect(compiled(...inputs).map(bits)).toEqual(eager.map(bits))
    compiled.dispose()
    const linear = allBeforeActivation(() => made.callAll(inputs))
    expect(concat(linear, 1).size).toBe(concat(eager, 1).size)
  })
})

it('predicts what it computes', async () => {
  const { made, inputs } = prepare('residual network')
  const net = made as Model
  const [x] = inputs as [Tensor]
  const wanted = bits(net.call(x))
  expect(bits(net.predictSync(x))).toBe(wanted)
  expect(bits(await net.predict(x, { batchSize: 16 }))).toBe(wanted)
})
