// Element-wise ops and softmax on 10^6 elements, and batch normalization forward and backward.
import { library } from '../build.mjs'
import { fastest, numbers } from '../measure.mjs'

const { batchNormalization, tensor, tidy } = library

/** Values of each at 1, for parity. */
const expected = {
  relu: 1,
  exp: Math.E,
  sigmoid: 1 / (1 + Math.exp(-1)),
  tanh: Math.tanh(1),
  elu: 1,
  selu: 1.0507009873554805,
  gelu: 0.8413447460685429,
}

export async function* run(settings) {
  const x = tensor(
    numbers(1e6).map((v) => v * 4),
    [1000, 1000],
  )
  for (const [name, value] of Object.entries(expected)) {
    const parity = tidy(() => Math.abs(tensor([1])[name]().item() - value) < 1e-6)
    yield bandwidth(`ops ${name} 1000x1000`, () => tidy(() => void x[name]()), parity, settings)
  }
  const total = tidy(() => x.softmax().sum().item())
  yield bandwidth('ops softmax 1000x1000', () => tidy(() => void x.softmax()), Math.abs(total - 1000) < 1e-2, settings)
  x.dispose()
  yield normalization(settings)
}

/** The least an op does is to read and write each element. */
function bandwidth(name, f, parity, settings) {
  const us = fastest(f, settings)
  const bytes = 8e6 / (us / 1e6)
  return { case: name, us, GBs: bytes / 1e9, parity }
}

function normalization(settings) {
  const x = tensor(numbers(32 * 512), [32, 512], { requiresGrad: true })
  const gamma = tensor(new Float32Array(512).fill(1), [512], { requiresGrad: true })
  const beta = tensor(new Float32Array(512), [512], { requiresGrad: true })
  const gradient = tensor(numbers(32 * 512, 2), [32, 512])
  const step = () =>
    tidy(() => {
      const [y] = batchNormalization(x, gamma, beta, 1e-3)
      y.backward(gradient)
    })
  const parity = tidy(() => Math.abs(batchNormalization(x, gamma, beta, 1e-3)[0].mean().item()) < 1e-5)
  const us = fastest(step, settings)
  return { case: 'ops batchNormalization forward+backward 32x512', us, parity }
}
