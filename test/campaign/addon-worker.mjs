// What a worker of addon-workers.mjs does until it is terminated.
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { oddNumbers } from './hostile.mjs'
import { Random } from './random.mjs'

const { deed, seed, numbers, integers } = workerData
const random = new Random(seed)
const count = () => {}
count.begin = () => {}

const deeds = {
  async acts() {
    const { acts } = await import('./addon-acts.mjs')
    const { World } = await import('./world.mjs')
    const world = await World.create({ random, until: Number.POSITIVE_INFINITY, count, narrow: false })
    parentPort.postMessage('begun')
    const own = acts.filter(({ roomy = false }) => !roomy)
    for (;;) await random.pick(own).act(world)
  },
  load() {
    createRequire(import.meta.url)('../../build/Release/myelin.node')
  },
  async objects() {
    const { native } = await import('../../build/test/campaign.mjs')
    parentPort.postMessage('begun')
    for (;;) {
      native.memory()
      native.info()
      native.release(native.create(0, [2], new Float32Array(2)))
    }
  },
  'little heap'() {
    const native = createRequire(import.meta.url)('../../build/Release/myelin.node')
    parentPort.postMessage('begun')
    const kept = []
    for (;;) kept.push(native.memory(), native.info())
  },
  async 'long run'() {
    const { native, plan, handles } = await ownPlan()
    parentPort.postMessage('begun')
    native.planRun(plan, handles, 2 ** 32 - 1, 0, new Float64Array())
  },
  async callback() {
    const { native, plan, handles } = await ownPlan()
    parentPort.postMessage('begun')
    const start = (steps) => native.planStart(plan, handles, steps, 0, new Float64Array(), again)
    const again = () => {
      if (random.once(20)) throw new Error('thrown on purpose')
      start(random.below(100))
    }
    for (let i = 0; i < 20; i++) start(i)
  },
  async exit() {
    const { native, plan, handles } = await ownPlan()
    native.planStart(plan, handles, 2 ** 31, 0, new Float64Array(), () => {})
    native.planStart(plan, handles, 2, 0, new Float64Array(), () => process.exit())
    const shape = Object.defineProperty([1, 2], 1, { get: () => process.exit() })
    parentPort.postMessage('begun')
    setTimeout(() => native.empty(0, shape), random.below(3))
  },
  write() {
    parentPort.postMessage('begun')
    for (;;) {
      for (let i = 0; i < 200; i++) {
        const at = random.below(numbers.length)
        const before = numbers[at]
        numbers[at] = random.pick(oddNumbers)
        integers[random.below(integers.length)] = random.pick(oddNumbers)
        numbers[at] = before
      }
    }
  },
}
await deeds[deed]()

/** A plan of short steps on one tensor. */
async function ownPlan() {
  const { native, planSpec } = await import('../../build/test/campaign.mjs')
  const instructions = [{ op: 'relu', in: [0], out: [0] }]
  const plan = native.planCreate(planSpec({ bindings: 1, buffers: [{ shape: [64], binding: 0 }], instructions }))
  return { native, plan, handles: Int32Array.of(native.create(0, [64], new Float32Array(64))) }
}
