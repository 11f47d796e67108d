// Start of every JavaScript implementation of the mlp case.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** n training images in the common order, in [0, 1], [n * 784], and their classes. */
export function samples(n) {
  const pixels = mnist('train-images-idx3-ubyte', 16)
  const labels = mnist('train-labels-idx1-ubyte', 8)
  const order = new Int32Array(start('order.i32'))
  const x = new Float32Array(n * 784)
  const y = new Uint8Array(n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < 784; j++) x[i * 784 + j] = pixels[order[i] * 784 + j] / 255
    y[i] = labels[order[i]]
  }
  return { x, y }
}

/** The kernels, [784, 512] and [512, 10]. */
export const kernels = () => ['w1.f32', 'w2.f32'].map((name) => new Float32Array(start(name)))

/** A file of the case, as an ArrayBuffer. */
export function start(name) {
  const bytes = readFileSync(join(process.env.START, name))
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
}

function mnist(name, header) {
  const path = join(process.env.MNIST, name)
  const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`))
  return bytes.subarray(header)
}
