// Answers predictions over HTTP from a network that is being trained meanwhile, in the same process and on all cores: fit runs off the
// JavaScript thread, and a prediction waits for the training step at work at most.
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { datasets, layers, optimizers, sequential, setSeed } from 'myelin'

const usage = `Usage: node examples/server.mjs [options]

Trains 784 → Dense 512 ReLU → batch normalization → Dense 10 softmax on MNIST and answers while it does so:
  POST /predict with the 784 bytes of an image   → { "digit": 7, "probability": 0.99 }
  GET /                                          → { "epoch": 2, "loss": 0.21, "accuracy": 0.94 }

  --load         send requests to itself, and print their latency and what they cost the training
  --rate N       requests a second with --load (default 200)
  --seconds N    how long all of it takes (default 20)
  --port N       default: any that is free
  --help         this text`

const options = readOptions()
const { train, test } = await datasets.mnist()
const images = test.x.data()
const pixels = 28 * 28

setSeed(1)
const optimizer = optimizers.rmsprop({ learningRate: 1e-4 })
const model = sequential({
  layers: [
    layers.flatten({ inputShape: [28, 28] }),
    layers.rescaling({ scale: 1 / 255 }),
    layers.dense({ units: 512, activation: 'relu' }),
    layers.batchNormalization(),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
})
model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })

let progress = {}
const server = createServer(answer).listen(options.port, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()
if (options.load) await measure()
else {
  console.log(`http://127.0.0.1:${port} answers for ${options.seconds} s`)
  await trainFor(options.seconds)
}
server.close()
server.closeAllConnections()

async function answer(incoming, outgoing) {
  const send = (status, body) =>
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
  try {
    if (incoming.method === 'GET' && incoming.url === '/') return send(200, progress)
    if (incoming.method !== 'POST' || incoming.url !== '/predict') return send(404, { error: 'POST /predict or GET /' })
    const image = await readImage(incoming)
    return image === null ? send(400, { error: `an image has ${pixels} bytes` }) : send(200, classify(image))
  } catch (error) {
    return outgoing.headersSent ? outgoing.destroy() : send(500, { error: error.message })
  }
}

/** The request's body; null if it is not as long as an image. */
async function readImage(incoming) {
  const chunks = []
  let length = 0
  for await (const chunk of incoming) {
    length += chunk.length
    if (length > pixels) return null
    chunks.push(chunk)
  }
  return length === pixels ? new Uint8Array(Buffer.concat(chunks)) : null
}

function classify(image) {
  const output = model.predictSync({ data: image, shape: [1, 28, 28] })
  const probabilities = output.data()
  output.dispose()
  const digit = probabilities.indexOf(Math.max(...probabilities))
  return { digit, probability: probabilities[digit] }
}

/** Trains for some seconds; resolves to the steps a second. */
async function trainFor(seconds) {
  const [before, began] = [optimizer.iterations, performance.now()]
  await model.fit(train.x, train.y, {
    epochs: 1000,
    verbose: 0,
    signal: AbortSignal.timeout(seconds * 1000),
    callbacks: {
      onEpochEnd(epoch, { loss, accuracy }) {
        progress = { epoch: epoch + 1, loss, accuracy }
      },
    },
  })
  return ((optimizer.iterations - before) / (performance.now() - began)) * 1000
}

/** One load on the network at rest and in training, and training without it. */
async function measure() {
  const share = options.seconds / 5
  await loadFor(share / 4)
  const atRest = await loadFor(share)
  await trainFor(share / 4)
  const undisturbed = await trainFor(share * 1.25)
  const [loaded, inTraining] = await Promise.all([trainFor(share * 1.25), loadFor(share * 1.25)])
  console.log(`${options.rate} requests a second, latency in milliseconds`)
  report('at rest', atRest)
  report('in training', inTraining)
  const kept = ((100 * loaded) / undisturbed).toFixed(0)
  console.log(
    `training: ${undisturbed.toFixed(0)} steps/s alone, ${loaded.toFixed(0)} steps/s under this load (${kept} %)`,
  )
}

/** Sends requests at an even pace; resolves to the sorted latencies in milliseconds. */
async function loadFor(seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const pending = []
  const began = performance.now()
  for (let sent = 0; sent < seconds * options.rate; sent++) {
    const early = began + (sent * 1000) / options.rate - performance.now()
    if (early > 0) await sleep(early)
    const from = (sent % (images.length / pixels)) * pixels
    pending.push(ask(agent, images.subarray(from, from + pixels)))
  }
  const latencies = await Promise.all(pending)
  agent.destroy()
  return latencies.sort((a, b) => a - b)
}

async function ask(agent, image) {
  const began = performance.now()
  const outgoing = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/predict' }).end(image)
  const [incoming] = await once(outgoing, 'response')
  incoming.resume()
  await once(incoming, 'end')
  if (incoming.statusCode !== 200) throw new Error(`the server answered ${incoming.statusCode}`)
  return performance.now() - began
}

function report(name, latencies) {
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))].toFixed(2)
  console.log(
    `${name.padEnd(12)} median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}, longest ${at(1)} (${latencies.length} requests)`,
  )
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        load: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        rate: { type: 'string', default: '200' },
        seconds: { type: 'string', default: '20' },
        port: { type: 'string', default: '0' },
      },
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    const number = (name, least, most) => {
      const value = Number(values[name])
      if (/^\d+$/.test(values[name]) && value >= least && value <= most) return value
      throw new Error(`--${name} must be a whole number from ${least} to ${most}, got "${values[name]}"`)
    }
    return {
      load: values.load,
      rate: number('rate', 1, 100_000),
      seconds: number('seconds', 1, 86_400),
      port: number('port', 0, 65_535),
    }
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
