// ONNX Runtime on the infer case: onnxruntime.mjs infer; prints rows as JSON lines.
import { createRequire } from 'node:module'
import { network } from './onnx.mjs'
import { start } from './start.mjs'

const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node')
const quick = process.argv.includes('--quick')
const threads = Number(process.env.THREADS)
const model = network(new Float32Array(start('weights.f32')), [784, 300, 100, 10])
const session = await InferenceSession.create(model, { intraOpNumThreads: threads })
const inputs = new Float32Array(start('x.f32'))
for (const batch of [1, 32, 1024, 10_000]) {
  const feeds = { x: new Tensor('float32', inputs.subarray(0, batch * 784), [batch, 784]) }
  const calls = Math.max(3, Math.floor((quick ? 4000 : 20_000) / batch))
  let best = Number.POSITIVE_INFINITY
  let first
  for (let repetition = 0; repetition < 7; repetition++) {
    const begin = performance.now()
    for (let i = 0; i < calls; i++) first = (await session.run(feeds)).y.data
    best = Math.min(best, (performance.now() - begin) / calls)
  }
  const row = { case: `infer b${batch}`, us: best * 1000, threads, first: Array.from(first.subarray(0, 10)) }
  console.log(JSON.stringify(row))
}
