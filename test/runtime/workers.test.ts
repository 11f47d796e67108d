import { expect, it } from 'vitest'
import { native } from '../../lib/native/binding.js'
import { runChild, startWorker, workerResult } from '../helpers/child.js'
import { trainSteps } from '../helpers/train-steps.js'

it('two workers train at once and get what the main thread gets; their memory comes back', async () => {
  const wanted = [trainSteps(50, 1), trainSteps(50, 2)]
  const { bytes } = native.memory()
  const results = [1, 2].map((seed) =>
    workerResult(startWorker('post(myelin.trainSteps(50, workerData)); myelin.zeros([1e6])', seed)),
  )
  expect([trainSteps(50, 1), await Promise.all(results)]).toEqual([wanted[0], wanted])
  expect(native.memory().bytes).toBe(bytes)
})

it('a worker does not see the tensors of another', async () => {
  const mine = native.create(0, [1], new Float32Array(1))
  const seen = await workerResult(
    startWorker(
      'let code; try { myelin.native.read(workerData, 0, new Float32Array(1)) } catch (e) { code = e.code } post([code, myelin.native.memory().tensors])',
      mine,
    ),
  )
  expect(seen).toEqual(['ERR_DISPOSED', 0])
  native.release(mine)
})

it('workers terminated in the middle of a long loop of ops give their memory back', async () => {
  const { bytes } = native.memory()
  for (let i = 0; i < 12; i++) {
    const worker = startWorker('post("started"); for (;;) myelin.trainSteps(5, workerData)', i)
    await new Promise((resolve) => worker.once('message', resolve))
    await new Promise((resolve) => setTimeout(resolve, i * 7))
    await worker.terminate()
  }
  expect(native.memory().bytes).toBe(bytes)
  expect(Number.isFinite(trainSteps(5).loss)).toBe(true)
})

it('an addon that only workers load survives their end and their termination, and loads again', async () => {
  const { status, signal, result, stderr } = await runChild(
    `
    import { Worker } from 'node:worker_threads'
    const script = 'const { parentPort, workerData } = require("node:worker_threads");' +
      'import(workerData.url).then((myelin) => { let last; do { last = myelin.trainSteps(5) } while (workerData.forever && (parentPort.postMessage(0), true)); parentPort.postMessage(last.hash) })'
    const start = (forever) => new Worker(script, { eval: true, execArgv: [], workerData: { url: bundleUrl, forever } })
    const once = (worker, event) => new Promise((resolve) => worker.once(event, resolve))
    const hashes = []
    for (let i = 0; i < 4; i++) {
      const worker = start(i % 2 === 1)
      const exit = once(worker, 'exit') // may come together with the last message
      const message = await once(worker, 'message')
      if (i % 2 === 1) worker.terminate()
      else hashes.push(message)
      await exit
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const myelin = await import(bundleUrl)
    hashes.push(myelin.trainSteps(5).hash)
    report({ different: new Set(hashes).size, bytes: myelin.native.memory().bytes })
    `,
    { load: false },
  )
  expect({ status, signal }, stderr).toEqual({ status: 0, signal: null })
  expect(result).toEqual({ different: 1, bytes: 0 })
})
