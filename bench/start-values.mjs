// Start values of every implementation of a case: weights, inputs, the order of the samples, as raw files in a folder of their own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { library } from './build.mjs'

/** Calls f with the environment in which all find these arrays, by file name. */
export async function withStartValues(arrays, f) {
  const folder = mkdtempSync(join(tmpdir(), 'myelin-bench-'))
  try {
    for (const [file, array] of Object.entries(arrays)) writeFileSync(join(folder, file), array)
    return await f({ START: folder })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The kernels of 784 - 512 - 10, and an order of MNIST's samples. */
export function mlpStart() {
  library.setSeed(1)
  return { 'w1.f32': glorot(784, 512), 'w2.f32': glorot(512, 10), 'order.i32': shuffled(60_000) }
}

function glorot(fanIn, fanOut) {
  const bound = Math.sqrt(6 / (fanIn + fanOut))
  const values = library.randomUniform([fanIn, fanOut], { min: -bound, max: bound })
  const data = values.data()
  values.dispose()
  return data
}

/** The numbers from 0 to n - 1 in a fixed disorder. */
function shuffled(n) {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  let state = 1
  for (let i = n - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
  return order
}
