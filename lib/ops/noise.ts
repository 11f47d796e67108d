import type { Op } from '../tensor/op.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, defineOp } from './define.js'
import { encodeAddress, type RandomAddress } from './dropout.js'

interface Draw extends RandomAddress {
  shape: Shape
  numbers: readonly number[]
}

const drawOp = (name: string): Op<Draw> =>
  defineOp<Draw>(name, {
    infer: (_, { shape }) => [{ shape, dtype: 'float32' }],
    encode: (attrs, ahead) => [...encodeAddress(attrs, ahead), ...attrs.numbers],
    perStep: true,
  })

const normalOp = drawOp('randomNormal')
const bernoulliOp = drawOp('bernoulli')

/** Draws from N(mean, stddev²) at an address: in a traced step others at each step. */
export const normalNoise = (shape: Shape, mean: number, stddev: number, address: RandomAddress): Tensor =>
  call(normalOp, [], { ...address, shape, numbers: [mean, stddev] })

/** 1 with probability p, else 0, likewise. */
export const bernoulliNoise = (shape: Shape, p: number, address: RandomAddress): Tensor =>
  call(bernoulliOp, [], { ...address, shape, numbers: [p] })
