// MNIST for the JavaScript peers, from the folder in MNIST.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** The first n training images, in [0, 1], Float32Array [n * 784], and their classes. */
export function mnist(n) {
  const pixels = read('train-images-idx3-ubyte', 16)
  const x = new Float32Array(n * 784)
  for (let i = 0; i < x.length; i++) x[i] = pixels[i] / 255
  return { x, y: read('train-labels-idx1-ubyte', 8).subarray(0, n) }
}

function read(name, header) {
  const path = join(process.env.MNIST, name)
  const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`))
  return bytes.subarray(header)
}
