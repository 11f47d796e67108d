// Matrix products, m x n x k, at the shapes of training and at squares.
import { library } from '../build.mjs'
import { everywhere, fastest, numbers, peak } from '../measure.mjs'

const { matmul, tensor, tidy } = library

const shapes = [
  { m: 32, n: 512, k: 784 },
  { m: 784, n: 512, k: 32, transposeA: true },
  { m: 32, n: 784, k: 512, transposeB: true },
  { m: 32, n: 10, k: 512 },
  { m: 1, n: 512, k: 784 },
  { m: 128, n: 512, k: 512 },
  { m: 256, n: 256, k: 256 },
  { m: 512, n: 512, k: 512 },
  { m: 1024, n: 1024, k: 1024 },
  { m: 2048, n: 2048, k: 2048, long: true },
  { m: 10000, n: 512, k: 784, long: true },
]

export async function* run(settings) {
  const chosen = shapes.filter((shape) => !(settings.quick && shape.long))
  yield* everywhere(function* () {
    for (const shape of chosen) yield measure(shape, settings)
  })
}

function measure({ m, n, k, transposeA = false, transposeB = false }, settings) {
  const a = tensor(numbers(m * k, 1), transposeA ? [k, m] : [m, k])
  const b = tensor(numbers(k * n, 2), transposeB ? [n, k] : [k, n])
  const product = () => matmul(a, b, { transposeA, transposeB })
  const parity = tidy(() => agrees(product().data(), { a: a.data(), b: b.data(), m, n, k, transposeA, transposeB }))
  const us = fastest(() => void tidy(() => void product()), settings)
  a.dispose()
  b.dispose()
  const flops = (2 * m * n * k) / (us / 1e6)
  return {
    case: `gemm ${m}x${n}x${k}`,
    us,
    gflops: flops / 1e9,
    ofPeak: flops / peak().flops,
    parity,
  }
}

/** Whether some elements of the product are those of a product in double. */
function agrees(c, { a, b, m, n, k, transposeA, transposeB }) {
  for (let check = 0; check < 50; check++) {
    const i = (check * 7919) % m
    const j = (check * 104729) % n
    let sum = 0
    for (let l = 0; l < k; l++) sum += a[transposeA ? l * m + i : i * k + l] * b[transposeB ? j * k + l : l * n + j]
    if (!(Math.abs(c[i * n + j] - sum) <= 2e-6 * k)) return false
  }
  return true
}
