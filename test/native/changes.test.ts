import { expect, it } from 'vitest'
import { runChild } from '../helpers/child.js'

// What changes while it is read.

it('an index that changes while a job reads rows by it is refused, not followed', async () => {
  const { status, signal, result } = await runChild(`
    const { native, planSpec } = myelin
    const n = 200_000
    const x = native.create(0, [4], new Float32Array(4))
    const index = native.create(1, [n], new Int32Array(n))
    const y = native.empty(0, [n])
    const buffers = [{ shape: [4], binding: 0 }, { shape: [n], dtype: 1, binding: 1 }, { shape: [n], binding: 2 }]
    const instructions = [{ op: 'gather', in: [0, 1], out: [2], attrs: [1, 4, 1] }]
    const plan = native.planCreate(planSpec({ bindings: 3, buffers, instructions }))
    const [far, near] = [new Int32Array(n).fill(2 ** 31 - 1), new Int32Array(n)]
    const codes = new Set()
    const until = Date.now() + 1500
    while (Date.now() < until) {
      let ended = false
      const end = new Promise((resolve) =>
        native.planStart(plan, Int32Array.of(x, index, y), 1000, 0, new Float64Array(), (error) => {
          ended = true
          codes.add(error === null ? 'done' : error.code)
          resolve()
        }))
      for (let i = 0; i < 20 && !ended; i++) native.write(index, 0, i % 2 === 0 ? far : near)
      native.write(index, 0, far)
      await end
      native.write(index, 0, near)
    }
    report([...codes])`)
  expect({ status, signal, result }).toEqual({ status: 0, signal: null, result: ['ERR_ARGUMENT'] })
})
