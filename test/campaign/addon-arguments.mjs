// Functions by what they are called with.
import { isFloat64Array } from 'node:util/types'
import { oddNumbers } from './hostile.mjs'
import { sizeOf } from './world.mjs'

/** Seconds of work each, so that they are called rarely. */
const slow = new Set(['machinePeak'])

/** Functions, and methods of jobs, with any values at all. */
export function anyArguments(world) {
  const { native, random } = world
  for (let i = 0; i < 50 && world.goesOn; i++) {
    const values = random.some(6, () => world.value())
    const args = values.map(({ value }) => value)
    const names = values.map(({ name }) => name).join(', ')
    if (random.once(8)) {
      const job = random.pick(world.jobs)?.job ?? {}
      const method = random.pick(['abort', 'setScalars'])
      world.call(`job.${method}`, names, () => job[method].apply(random.once(2) ? job : args[0], args))
      world.call('job.steps', names, () => Reflect.get(job, 'steps', random.once(2) ? job : Object(args[0])))
    } else {
      const entry = random.pick(world.functions)
      if (slow.has(entry) && !random.once(200)) continue
      if (entry === 'release' && world.isKept(args[0])) continue
      if (
        entry === 'releaseAll' &&
        isFloat64Array(args[0]) &&
        Array.prototype.some.call(args[0], (handle) => world.isKept(handle))
      )
        continue
      // A few threads: each takes its time to begin.
      if (entry === 'setThreads') args[0] = random.once(2) ? args[0] : 1 + random.below(8)
      const result = world.call(entry, names, () => native[entry](...args))
      if (typeof result === 'number' && entry !== 'item') world.loose.push(result)
      if (entry === 'planCreate') world.keepPlan(result)
    }
  }
}

/** Shapes whose getters dispose of the tensor, call the addon again, or take the data away. */
export function shapesThatDoThings(world) {
  const { native, random } = world
  const tensor = world.tensor(0, [6])
  if (tensor === undefined) return
  const buffer = new ArrayBuffer(24, { maxByteLength: 4096 })
  const data = new Float32Array(buffer)
  const deeds = {
    'releases the tensor': () => native.release(tensor.handle),
    'detaches the data': () => structuredClone(buffer, { transfer: [buffer] }),
    'shrinks the data': () => buffer.resize(random.pick([0, 4, 20])),
    'grows the data': () => buffer.resize(4096),
    'makes tensors': () => random.some(50, () => world.loose.push(native.empty(0, [6]))),
    'calls itself': () => world.loose.push(native.alias(tensor.handle, [2, 3])),
    'runs an op': () => world.op(random.pick(world.corpus.ops)),
    'gives back memory': () => native.giveBackMemory(),
    throws: () => {
      throw new RangeError('thrown on purpose')
    },
  }
  const deed = random.pick(Object.keys(deeds))
  const shape = [2, 3]
  let done = false
  Object.defineProperty(shape, random.below(2), {
    get() {
      if (!done) {
        done = true
        deeds[deed]()
      }
      if (random.once(3)) shape.length = random.below(4)
      return random.pick([2, 3, 6])
    },
  })
  const results = [
    world.call('create', `a shape that ${deed}`, () => native.create(random.below(4), shape, data)),
    world.call('alias', `a shape that ${deed}`, () => native.alias(tensor.handle, shape)),
    world.call('empty', `a shape that ${deed}`, () => native.empty(0, shape)),
  ]
  world.loose.push(tensor.handle, ...results.filter((handle) => handle !== undefined))
}

/** Calls from where the stack is at its end. */
export function deepStack(world) {
  const { native, random } = world
  const { handle } = random.pick(world.corpus.tensors)
  const made = []
  const entries = {
    memory: () => native.memory(),
    info: () => native.info(),
    item: () => native.item(handle),
    alias: () => made.push(native.alias(handle, random.pick(world.corpus.tensors).shape)),
    empty: () => made.push(native.empty(0, [2])),
    run: () => native.run(new Float64Array(8)),
    planCreate: () => native.planCreate(random.pick(world.corpus.plans)),
    planTimes: () => native.planTimes(random.pick(world.plans)),
  }
  const entry = random.pick(Object.keys(entries))
  let left = 200
  const gradientStep = () => {
    try {
      gradientStep()
    } catch (error) {
      if (left-- > 0) world.call(entry, 'at the end of the stack', entries[entry])
      throw error
    }
  }
  try {
    gradientStep()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  for (const one of made) native.release(one)
}

/** read, write, item, assign and alias at and over the edges of a tensor. */
export function copies(world) {
  const { native, random } = world
  const dtype = random.below(4)
  const shape = random.some(4, () => random.below(random.once(20) ? 300 : 5))
  const tensor = world.tensor(dtype, shape)
  if (tensor === undefined) return
  const { handle } = tensor
  const Kind = [Float32Array, Int32Array, Uint8Array, Uint8Array][dtype]
  const size = sizeOf(shape)
  for (let i = 0; i < 30; i++) {
    const count = random.once(3) ? random.below(size + 3) : random.below(4)
    const offset = random.once(3) ? random.pick(oddNumbers) : random.below(size + 3)
    const buffer = random.once(4)
      ? new SharedArrayBuffer(4 * count + 8)
      : new ArrayBuffer(4 * count + 8, { maxByteLength: 4 * count + 4096 })
    const array = random.once(5)
      ? world.value().value
      : random.once(3)
        ? new Kind(buffer)
        : new Kind(buffer, Kind.BYTES_PER_ELEMENT * random.below(2), count)
    if (buffer instanceof ArrayBuffer && random.once(3)) buffer.resize(random.below(4 * count + 4096))
    const given = random.once(8) ? world.handle() : handle
    const words = `[${shape}] of ${dtype}, ${offset}, ${count} elements`
    world.call('write', words, () => native.write(given, offset, array))
    world.call('read', words, () => native.read(given, offset, array))
    if (!random.once(4)) continue
    world.call('item', words, () => native.item(given))
    world.call('assign', words, () => native.assign(given, random.once(2) ? handle : world.handle()))
    const alias = world.call('alias', words, () =>
      native.alias(
        given,
        random.some(3, () => random.below(5)),
      ),
    )
    if (alias !== undefined) world.loose.push(alias)
  }
  world.call('release', '', () => native.release(handle))
}

/** As many tensors as there is room for, then what is left of the slice's calls, then all freed. */
export function memory(world) {
  const { native, random } = world
  const kept = []
  const shape = [random.pick([16, 1024, 2 ** 20, 2 ** 23])]
  while (kept.length < 3000 && world.goesOn) {
    const handle = world.call('empty', `[${shape}]`, () => native.empty(0, shape))
    if (handle === undefined) break
    kept.push(handle)
  }
  for (let i = 0; i < 50; i++) {
    world.op(random.pick(world.corpus.ops), 'where there is no room')
    const plan = world.call('planCreate', 'where there is no room', () =>
      native.planCreate(random.pick(world.corpus.plans)),
    )
    world.keepPlan(plan)
  }
  for (const handle of kept) world.call('release', String(handle), () => native.release(handle))
  if (random.once(2)) world.call('giveBackMemory')
  world.call('memory')
  // Tensors that were made of nothing.
  while (world.loose.length > 200) {
    const handle = world.loose.pop()
    world.call('release', String(handle), () => native.release(handle))
  }
}
