import { expect, it } from 'vitest'
import { runChild } from '../helpers/child.js'
import type { FuzzReport } from '../helpers/fuzz.js'

it.each([1, 2])('survives 150,000 random specs, seed %d', async (seed) => {
  const { status, signal, result, stderr } = await runChild(`report(myelin.fuzz(${seed}, 150_000))`, {
    env: { MYELIN_MEMORY: '32m' },
  })
  expect({ status, signal }, `seed ${seed}: ${stderr}`).toEqual({ status: 0, signal: null })
  const { succeeded, refused, strange, leakedTensors, leakedBytes } = result as FuzzReport
  expect({ strange, leakedTensors, leakedBytes }).toEqual({ strange: [], leakedTensors: 0, leakedBytes: 0 })
  expect(succeeded).toBeGreaterThan(5_000)
  expect(refused).toBeGreaterThan(50_000)
})
