import { describe, expect, it } from 'vitest'
import { allBeforeActivation, beforeActivation, finalActivations } from '../helpers/before-activation.js'
import '../../lib/ops/index.js'
import { type Functional, model, sequential } from '../../lib/model/index.js'
import { layers, losses } from '../../lib/nn/index.js'
import { Layer, type SymbolicTensor } from '../../lib/nn/layer.js'
import { ones, tensor, zeros } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'
import { signed } from '../helpers/random.js'

const { dense, input } = layers

describe('model', () => {
  it('computes a graph of layers', () => {
    const x = input({ shape: [2] })
    const y = dense({ units: 2, kernelInitializer: 'ones', activation: 'relu' }).apply(x)
    const residual = model({ inputs: x, outputs: layers.add().apply([x, y]) })
    expect(residual.built).toBe(true)
    expect(residual.inputShape).toEqual([2])
    expect(residual.outputShape).toEqual([2])
    expect(residual.call(tensor([[1, 2]])).toArray()).toEqual([[4, 5]])
    expect(residual.layers.map(({ className }) => className)).toEqual(['InputLayer', 'Dense', 'Add'])
  })

  it('applies a shared layer with the same weights, and counts them once', () => {
    const [a, b] = [input({ shape: [3] }), input({ shape: [3] })]
    const tower = dense({ units: 2, kernelInitializer: 'ones' })
    const shared = model({ inputs: [a, b], outputs: layers.subtract().apply([tower.apply(a), tower.apply(b)]) })
    expect(shared.countParams()).toEqual({ total: 8, trainable: 8, nonTrainable: 0 })
    expect(shared.weights).toHaveLength(2)
    const y = shared.call([tensor([[1, 2, 3]]), tensor([[1, 1, 1]])])
    expect(y.toArray()).toEqual([[3, 3]])
    y.sum().backward()
    expect(tower.weights[0]?.grad?.toArray()).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
  })

  it('gives several outputs in order, with the names of their layers', () => {
    const x = input({ shape: [2] })
    const double = layers.rescaling({ scale: 2, name: 'double' })
    const several = model({ inputs: x, outputs: [double.apply(x), layers.flatten({ name: 'same' }).apply(x)] })
    expect(several.outputNames).toEqual(['double', 'same'])
    const [a, b] = several.call(ones([1, 2])) as [Tensor, Tensor]
    expect([a.toArray(), b.toArray()]).toEqual([[[2, 2]], [[1, 1]]])
    const twice = model({ inputs: x, outputs: [double.apply(x), double.apply(double.apply(x))] })
    expect(twice.outputNames).toEqual(['double', 'double_1'])
  })

  it('takes inputs and outputs by name', () => {
    const [left, right] = [input({ shape: [1] }), input({ shape: [1] })]
    const named = model({ inputs: { left, right }, outputs: { sum: layers.add().apply([left, right]), left } })
    expect(named.inputNames).toEqual(['left', 'right'])
    expect(named.outputNames).toEqual(['sum', 'left'])
    const [sum] = named.callAll([tensor([[1]]), tensor([[2]])]) as [Tensor]
    expect(sum.item()).toBe(3)
    expect(failure(() => named.call([zeros([1, 1]), zeros([2, 1])])).message).toMatch(
      /"left" is \[1, 1\], "right" is \[2/,
    )
  })

  it('names itself', () => {
    const x = input({ shape: [1] })
    expect(model({ inputs: x, outputs: x, name: 'mine' }).name).toBe('mine')
    expect(model({ inputs: x, outputs: x }).name).toMatch(/^functional(_\d+)?$/)
  })

  it('converts its inputs to the dtype of each input', () => {
    const [floats, ints] = [input({ shape: [2] }), input({ shape: [2], dtype: 'int32' })]
    const net = model({ inputs: [floats, ints], outputs: [floats, ints] })
    const bytes = tensor(Uint8Array.of(1, 2), [1, 2])
    expect(net.call([bytes, bytes]).map(({ dtype }) => dtype)).toEqual(['float32', 'int32'])
  })

  it('begins in the middle of another model, and ends there', () => {
    setSeed(3)
    const x = input({ shape: [4] })
    const code = dense({ units: 2, name: 'code' })
    const autoencoder = model({ inputs: x, outputs: dense({ units: 4 }).apply(code.apply(x)) })
    const encoder = model({ inputs: x, outputs: code.output })
    const decoder = model({ inputs: code.output, outputs: autoencoder.outputs as [SymbolicTensor] })
    expect(decoder.layers.map(({ className }) => className)).toEqual(['InputLayer', 'Dense'])
    const batch = signed([3, 4])
    expect(decoder.call(encoder.call(batch)).toArray()).toEqual((autoencoder.call(batch) as Tensor).toArray())
    code.apply(x)
    expect(failure(() => code.output).message).toMatch(/"code".*applied to symbolic inputs 2 times/)
  })
})

describe('the final activation', () => {
  const x = input({ shape: [2] })
  const ends = (activation: 'softmax' | 'sigmoid') => dense({ units: 2, activation })

  it('is that of the layer that gives the output, one for each', () => {
    const outputs = [ends('softmax').apply(x), ends('sigmoid').apply(x), layers.add().apply([x, x])] as const
    const net = model({ inputs: x, outputs })
    const batch = signed([3, 2])
    expect(finalActivations(() => net.callAll([batch]))).toEqual(['softmax', 'sigmoid', null])
    const plain = net.callAll([batch])
    const [first, second, sum] = allBeforeActivation(() => net.callAll([batch])) as [Tensor, Tensor, Tensor]
    expect(first.softmax().toArray()).toEqual(plain[0]?.toArray())
    expect(second.sigmoid().toArray()).toEqual(plain[1]?.toArray())
    expect(sum.toArray()).toEqual(plain[2]?.toArray())
    const one = model({ inputs: x, outputs: ends('softmax').apply(x) })
    expect(
      beforeActivation(() => one.call(batch))
        .softmax()
        .toArray(),
    ).toEqual(one.call(batch).toArray())
  })

  it('is none where the value is used elsewhere, too', () => {
    const y = ends('sigmoid').apply(x)
    const batch = signed([3, 2])
    const both = model({ inputs: x, outputs: [y, layers.flatten().apply(y)] })
    expect(finalActivations(() => both.callAll([batch]))).toEqual([null, null])
    const none = model({ inputs: x, outputs: x })
    expect(finalActivations(() => none.callAll([batch]))).toEqual([null])
  })

  it('is not undone by the loss where the value is an output twice', async () => {
    const y = ends('sigmoid').apply(x)
    const twice = model({ inputs: x, outputs: { a: y, b: y } })
    twice.compile({ loss: 'binaryCrossentropy' })
    const [batch, targets] = [signed([3, 2]), tensor([1, 0, 0, 1, 1, 1], [3, 2])]
    const [p] = twice.callAll([batch]) as [Tensor, Tensor]
    const found = await twice.evaluate(batch, [targets, targets])
    expect(found.a_loss).toBe(losses.binaryCrossentropy(targets, p).item())
  })

  it('is not that of a layer within a layer, nor of one behind which another stands', () => {
    class Wrapped extends Layer {
      readonly within = ends('softmax')
      override call(given: Tensor): Tensor {
        return this.within.apply(given)
      }
    }
    const batch = signed([3, 2])
    const wrapped = sequential({ layers: [new Wrapped()] })
    expect(finalActivations(() => wrapped.callAll([batch]))).toEqual([null])
    const dropped = sequential({ layers: [ends('softmax'), layers.dropout({ rate: 0.5 })] })
    expect(finalActivations(() => dropped.callAll([batch]))).toEqual([null])
  })

  it('is that of a model within', () => {
    const inner = model({ inputs: x, outputs: [ends('softmax').apply(x), ends('sigmoid').apply(x)] })
    const z = input({ shape: [2] })
    const [a, b] = inner.apply(z) as [SymbolicTensor, SymbolicTensor]
    const outer = model({ inputs: z, outputs: [layers.add().apply([a, a]), b] })
    const batch = signed([3, 2])
    expect(finalActivations(() => outer.callAll([batch]))).toEqual([null, 'sigmoid'])
    const [sum, logits] = allBeforeActivation(() => outer.callAll([batch])) as [Tensor, Tensor]
    const [wantedSum, wanted] = outer.callAll([batch]) as [Tensor, Tensor]
    expect(sum.toArray()).toEqual(wantedSum.toArray())
    expect(logits.sigmoid().toArray()).toEqual(wanted.toArray())
    const stack = sequential({ layers: [model({ inputs: x, outputs: ends('softmax').apply(x) })] })
    expect(finalActivations(() => stack.callAll([batch]))).toEqual(['softmax'])
    expect(
      beforeActivation(() => stack.call(batch))
        .softmax()
        .toArray(),
    ).toEqual(stack.call(batch).toArray())
  })
})

describe('errors', () => {
  const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [3], name: 'b' })]
  const y = dense({ units: 1, name: 'head' }).apply(layers.concatenate().apply([a, b]))
  const net = (): Functional => model({ inputs: [a, b], outputs: [y], name: 'net' })

  it('tell of a graph that does not hang together', () => {
    expect(failure(() => model({ inputs: a, outputs: y, name: 'net' }))).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/"net".*disconnected.*layer "concatenate.*input "b", .*among inputs: a$/),
    })
    expect(failure(() => model({ inputs: a, outputs: b })).message).toMatch(/an output is computed from the input "b"/)
    expect(failure(() => model({ inputs: [a, a], outputs: y })).message).toMatch(/"a" stands twice/)
  })

  it('tell of what is no symbolic tensor', () => {
    expect(failure(() => model(undefined as never)).code).toBe('ERR_ARGUMENT')
    expect(failure(() => model({ inputs: a } as never)).message).toMatch(/outputs must be symbolic tensors.*undefined/)
    expect(failure(() => model({ inputs: a, output: y } as never)).message).toMatch(/"output".*"outputs"/)
    expect(failure(() => model({ inputs: [], outputs: y })).message).toMatch(/inputs must not be empty/)
    expect(failure(() => model({ inputs: a, outputs: [ones([1])] as never })).message).toMatch(
      /there is a Tensor of shape \[1\] among them/,
    )
    const mixed = () => layers.add().apply([a, ones([1, 2])] as never)
    expect(failure(mixed).message).toMatch(/apply takes .* or a list of one kind/)
  })

  it('tell of equal names', () => {
    const x = dense({ units: 1, name: 'same' }).apply(dense({ units: 2, name: 'same' }).apply(a))
    expect(failure(() => model({ inputs: a, outputs: x })).message).toMatch(/two layers named "same"/)
  })

  it('name the layer and the shapes that do not fit', () => {
    const head = dense({ units: 1, name: 'fixed' })
    head.apply(a)
    expect(failure(() => head.apply(b))).toEqual({
      code: 'ERR_SHAPE',
      message: '[Dense "fixed"] was built for 2 features (inputs of [2]), got inputs of [3]',
    })
    const call = (...inputs: Tensor[]) => failure(() => net().call(inputs))
    expect(call(ones([1, 2]))).toEqual({
      code: 'ERR_ARGUMENT',
      message: '[Functional "net"] takes 2 inputs (a, b), got 1',
    })
    expect(call(ones([1, 2]), ones([1, 4]))).toEqual({
      code: 'ERR_SHAPE',
      message: '[InputLayer "b"] takes inputs of [3] (without the batch axis), got [4]',
    })
    expect(call(ones([1, 2]), 3 as never).message).toMatch(/needs a Tensor for "b", got 3/)
    expect(failure(() => net().apply(a)).message).toMatch(/takes 2 inputs \(a, b\), got 1: \[2\]/)
  })
})
