// The names of this folder are what an `activation` option takes. A line here registers one.
export {
  elu,
  gelu,
  leakyRelu,
  linear,
  logSoftmax,
  relu,
  selu,
  sigmoid,
  softmax,
  softplus,
  tanh,
} from '../../ops/index.js'
