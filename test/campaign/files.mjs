import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Findings, faultOf } from './api/findings.mjs'
import { loadLibrary } from './api/library.mjs'
import { mutated } from './files/mutate.mjs'
import { Random } from './random.mjs'

/** Of a child: how much memory tensors may take. */
export const surroundings = () => ({ env: { MYELIN_MEMORY: '512m', MYELIN_THREADS: '1' } })

const allowed = ['ERR_FORMAT', 'ERR_DTYPE', 'ERR_MEMORY']

/** A folder that is in memory, on Linux. */
const memory = '/dev/shm'

/** The most milliseconds that one file may take, and bytes beyond those of tensors. */
const most = { time: 20_000, bytes: 1.5e9 }

/**
 * Loads files of models and weights in which something is not as it was written: each is read, or refused in the right way, and what was
 * there before is as it was.
 * @param until a time in milliseconds
 * @param count told of each file: begin(entry, description), then (entry, outcome)
 * @throws Error that tells each kind of failure once
 */
export async function slice({ seed, until, count }) {
  const myelin = await loadLibrary()
  myelin.setSeed(seed)
  const random = new Random(seed)
  const findings = new Findings()
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'campaign-files-'))
  // What the library has to say of a model that is loaded is no fault.
  process.removeAllListeners('warning')
  try {
    const files = await written(myelin, folder)
    const path = join(folder, 'mutated')
    const target = sequentialOf(myelin)
    while (Date.now() < until) {
      const [name, bytes] = random.pick(files)
      const { file, how } = mutated(bytes, random, random.pick(files)[1])
      writeFileSync(path, file)
      const load = name.startsWith('model') && !random.once(4) ? loadAsModel : loadAsWeights
      const entry = `${load.name} ${how.kind}`
      const description = `${name}: ${how.text}`
      count.begin(entry, description)
      const began = Date.now()
      const before = fingerprint(target)
      let outcome = 'read'
      try {
        await load(myelin, path, target, random)
        target.restore(target.first)
      } catch (error) {
        outcome = error?.code ?? error?.name ?? String(error)
        const fault = faultOf(error, myelin) ?? (allowed.includes(outcome) ? null : `is an ${outcome}`)
        if (fault !== null) findings.add(`${entry}: ${fault}`, description, error)
        else if (!isMeant(error)) findings.add(`${entry}: caused by ${error.cause.name}`, description, error.cause)
        if (fingerprint(target) !== before) findings.add(`${entry}: a model has changed`, description, error)
      }
      count(entry, outcome)
      if (Date.now() - began > most.time) findings.add(`${entry}: took ${Date.now() - began} ms`, description)
      const { rss } = process.memoryUsage()
      if (rss > most.bytes) findings.add(`${entry}: ${rss} bytes resident`, description)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  findings.throw()
}

/** Whether an error came of another one that is meant, or of JSON, text and files as Node reads them. */
function isMeant({ cause }) {
  if (cause === undefined || cause === null) return true
  if (cause.name === 'MyelinError') return isMeant(cause)
  return cause instanceof SyntaxError || cause.code === 'ERR_ENCODING_INVALID_ENCODED_DATA' || 'syscall' in cause
}

async function loadAsModel(myelin, path) {
  const model = await myelin.loadModel(path)
  for (const weight of model.weights) weight.dispose()
}

async function loadAsWeights(_myelin, path, target, random) {
  const options = {}
  if (random.once(2)) options.byName = true
  if (random.once(2)) options.skipMismatch = true
  if (random.once(4)) options.mapping = { a: 'a', b: 'b' }
  await target.loadWeights(path, options)
}

/** Files as they are written: [name, bytes]. */
async function written(myelin, folder) {
  const models = { sequential: sequentialOf(myelin), functional: functionalOf(myelin) }
  const files = []
  for (const [name, model] of Object.entries(models)) {
    const [x, y] = [myelin.randomNormal([8, 3]), myelin.randomNormal([8, 2])]
    model.compile({ optimizer: name === 'functional' ? 'adam' : 'sgd', loss: 'mse', metrics: ['mae'] })
    await model.fit(x, y, { verbose: 0 })
    for (const [kind, save] of Object.entries({ model: 'save', weights: 'saveWeights' })) {
      const path = join(folder, `${kind}-${name}`)
      await model[save](path)
      files.push([`${kind} ${name}`, readFileSync(path)])
    }
  }
  files.push(['weights of PyTorch', readFileSync(new URL('../golden/python.safetensors', import.meta.url))])
  return files
}

function sequentialOf({ sequential, layers }) {
  const model = sequential({
    name: 's',
    inputShape: [3],
    layers: [
      layers.dense({ name: 'a', units: 4, activation: 'relu', kernelRegularizer: 'l2' }),
      layers.batchNormalization({ name: 'b' }),
      layers.reshape({ targetShape: [2, 2] }),
      layers.layerNormalization(),
      layers.flatten(),
      layers.dropout({ rate: 0.2, seed: 3 }),
      layers.dense({ name: 'c', units: 2 }),
    ],
  })
  model.first = model.state()
  return model
}

function functionalOf({ model, sequential, input, layers }) {
  const x = input({ shape: [3], name: 'x' })
  const shared = layers.dense({ name: 'shared', units: 3, activation: 'tanh' })
  const inner = sequential({ name: 'inner', layers: [layers.prelu(), layers.groupNormalization({ groups: 1 })] })
  const sum = layers.add().apply([shared.apply(x), inner.apply(shared.apply(x)), x])
  return model({
    name: 'f',
    inputs: x,
    outputs: layers.dense({ units: 2 }).apply(layers.concatenate().apply([sum, x])),
  })
}

const fingerprint = (model) =>
  model.weights.map((weight) => Buffer.from(weight.data().buffer).toString('latin1')).join('|')
