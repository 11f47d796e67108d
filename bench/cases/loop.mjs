// The event loop while fit trains on all cores: how late a timer is, and how a server answers a request a millisecond.
import { createServer, get } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { library } from '../build.mjs'
import { mlpNetwork } from '../network.mjs'
import { mlpStart } from '../start-values.mjs'

export const start = mlpStart

export async function* run({ quick }) {
  const { train } = await library.datasets.mnist()
  const model = mlpNetwork()
  const controller = new AbortController()
  const options = { epochs: 1000, verbose: 0, signal: controller.signal }
  const began = performance.now()
  const training = model.fit(train.x, train.y, options)
  await new Promise((resolve) => setImmediate(resolve))
  const compilation = performance.now() - began
  await sleep(200)

  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await sleep(quick ? 2000 : 10_000)
  delay.disable()
  // The histogram counts the timer's own millisecond too.
  const late = (percentile) => Math.max(0, delay.percentile(percentile) / 1e6 - 1)
  yield {
    case: 'loop delay',
    p50Ms: late(50),
    p99Ms: late(99),
    maxMs: Math.max(0, delay.max / 1e6 - 1),
    compilationMs: compilation,
  }
  yield { case: 'loop requests', ...(await serve(quick ? 2000 : 10_000)) }
  controller.abort()
  await training
}

/** Asks a server of this process once a millisecond. */
async function serve(milliseconds) {
  const server = createServer((_, response) => response.end('ok'))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const times = []
  const pending = []
  const end = performance.now() + milliseconds
  while (performance.now() < end) {
    pending.push(ask(port).then((time) => times.push(time)))
    await sleep(1)
  }
  await Promise.all(pending)
  server.close()
  server.closeAllConnections()
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))]
  return { requests: times.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}

function ask(port) {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.resume()
      response.once('end', () => resolve(performance.now() - start))
    }).once('error', reject)
  })
}
