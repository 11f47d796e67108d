import { expect, it } from 'vitest'
import { runChild } from '../helpers/child.js'

// Whose thread ends while the addon is at work, or who changes what it reads: the process goes on.

/** In a child: workers that run a body with the addon as `native`, terminated at some moment after it began. */
const workers = (count: number, body: string): string => `
  const { Worker } = await import('node:worker_threads')
  const text = \`
    import { parentPort } from 'node:worker_threads'
    import { native, planSpec } from \${JSON.stringify(bundleUrl)}
    parentPort.postMessage('begun')
    ${body}\`
  for (let i = 0; i < ${count}; i++) {
    const worker = new Worker(text, { eval: true })
    await new Promise((resolve) => worker.once('message', resolve))
    await new Promise((resolve) => setTimeout(resolve, i % 4))
    await worker.terminate()
  }
  report('survived')`

it.each([
  ['what makes objects', 'for (;;) native.memory()'],
  ['what makes tensors', 'for (;;) native.release(native.create(0, [2], new Float32Array(2)))'],
  ['what throws', 'for (;;) try { native.item(-1) } catch {}'],
])('a worker may be terminated in %s', async (_, body) => {
  const { status, signal, result, stderr } = await runChild(workers(12, body))
  expect({ status, signal, result, stderr }).toEqual({ status: 0, signal: null, result: 'survived', stderr: '' })
})

it('a run of many steps ends with its worker', async () => {
  const body = `
    const buffers = [{ shape: [8], offset: 0 }]
    const plan = native.planCreate(planSpec({ arena: 64, bindings: 0, buffers, instructions: [{ op: 'relu', in: [0], out: [0] }] }))
    native.planRun(plan, new Int32Array(), 2 ** 32 - 1, 0, new Float64Array())`
  const start = performance.now()
  expect(await runChild(workers(1, body))).toMatchObject({ status: 0, result: 'survived' })
  expect(performance.now() - start).toBeLessThan(10_000)
})

it('what the benchmark of the machine takes counts in MYELIN_MEMORY', async () => {
  const env = { MYELIN_MEMORY: '8m', MYELIN_THREADS: '2' }
  const { result } = await runChild('report(myelin.native.machinePeak())', { env })
  expect(result).toEqual({ flops: expect.any(Number), cacheBytes: expect.any(Number), memoryBytes: 0 })
})
