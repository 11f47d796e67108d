// Other threads: workers that end in the middle of what they do, and memory that another thread writes meanwhile.
import { Worker } from 'node:worker_threads'
import { oddNumbers } from './hostile.mjs'

const file = new URL('./addon-worker.mjs', import.meta.url)

/** Workers that are at work, load the addon, throw in a callback or exit, and are terminated at any moment. */
export async function endedWorkers({ random, count }) {
  const some = []
  for (let wanted = 1 + random.below(3); wanted > 0; wanted--) {
    const deed = random.pick(['acts', 'acts', 'load', 'long run', 'objects', 'callback', 'exit', 'little heap'])
    count.begin('worker', deed)
    try {
      some.push(start(deed, random, count))
    } catch (error) {
      // Node got no thread for it; those that have begun are ended as any.
      if (error.code !== 'ERR_WORKER_INIT_FAILED') throw error
      count('worker', error.code)
    }
  }
  for (const { worker, begun } of some) {
    if (random.once(4)) await new Promise((resolve) => setTimeout(resolve, random.below(60)))
    else await begun
    await new Promise((resolve) => setTimeout(resolve, random.below(30)))
    await worker.terminate()
    count('worker', 'ok')
  }
}

function start(deed, random, count) {
  const resourceLimits = deed === 'little heap' ? { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 } : {}
  const worker = new Worker(file, { workerData: { deed, seed: random.below(2 ** 31) }, resourceLimits })
  // What is thrown there on purpose.
  worker.on('error', (error) => count('worker', error.code ?? error.message))
  return { worker, begun: new Promise((resolve) => ['message', 'exit'].map((event) => worker.once(event, resolve))) }
}

/** Specs, handles, scalars and data that change between a check and their use. */
export async function sharedMemory(world) {
  const { native, random, corpus } = world
  const numbers = new Float64Array(new SharedArrayBuffer(8 * 1024))
  const integers = new Int32Array(new SharedArrayBuffer(4 * 64))
  const worker = new Worker(file, { workerData: { deed: 'write', seed: random.below(2 ** 31), numbers, integers } })
  world.count.begin('worker', 'write')
  await new Promise((resolve) => worker.once('message', resolve))
  const before = native.memory().tensors
  const end = Date.now() + 150
  while (Date.now() < end) {
    const spec = random.pick(corpus.ops)
    const plan = random.pick(corpus.plans)
    if (spec.length > 1024 || plan.length > 1024) continue
    const part = (length) => new Float64Array(numbers.buffer, 0, length)
    numbers.set(spec)
    const result = world.call('run', `shared ${spec}`, () => native.run(part(spec.length)))
    if (result !== undefined && result >= 0) native.release(result)
    numbers.set(plan)
    const created = world.call('planCreate', `shared ${plan}`, () => native.planCreate(part(plan.length)))
    world.keepPlan(created)
    const any = random.pick(world.plans)
    integers.fill(random.pick(corpus.tensors).handle)
    const handles = new Int32Array(integers.buffer, 0, random.below(8))
    world.call('planRun', 'shared', () => native.planRun(any, handles, random.below(3), 0, part(random.below(8))))
    const shape = random.some(3, () => random.below(6))
    const handle = world.call('create', 'shared', () => native.create(0, shape, part(random.below(40))))
    if (handle === undefined) continue
    world.call('write', 'shared', () => native.write(handle, random.pick(oddNumbers), part(random.below(40))))
    native.release(handle)
  }
  // The handles that an op gave lie in the shared spec, or something else does by now.
  world.lost += native.memory().tensors - before
  await worker.terminate()
}
