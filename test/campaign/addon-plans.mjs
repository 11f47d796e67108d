// Plans: right ones, right ones but for some words, and made-up ones, run here and as jobs.
import { oddNumbers } from './hostile.mjs'
import { sizeOf } from './world.mjs'

const shapes = [[], [1], [4], [4], [2, 4], [4, 4], [4, 4], [0], [4, 0], [2, 1, 4], [16]]

/** What a plan's spec says of its bindings and columns. */
function bindingsOf(spec) {
  const [, buffers, , , count, columns] = spec
  const bindings = Array.from({ length: count }, () => ({ dtype: 0, shape: [1] }))
  for (let i = 0, at = 6; i < buffers; i++) {
    const [kind, dtype, rank] = spec.slice(at, at + 3)
    const shape = [...spec.slice(at + 3, at + 3 + rank)]
    at += 3 + rank
    if (kind > 0) bindings[spec[at]] = { dtype, shape, stride: kind === 2 ? spec[at + 1] : undefined }
    at += kind === 2 ? 2 : 1
  }
  return { bindings, columns }
}

/** A spec of the corpus, and what it was before some of its numbers changed. */
function mutated({ random, corpus }) {
  const right = random.pick(corpus.plans)
  const numbers = [...right]
  for (let i = random.below(4); i > 0; i--) {
    const at = random.below(numbers.length)
    switch (random.below(7)) {
      case 0:
        numbers.splice(at, 1)
        break
      case 1:
        numbers.splice(at, 0, random.pick(oddNumbers))
        break
      case 2:
      case 3:
        numbers[at] = random.pick(numbers)
        break
      case 4:
        numbers[at] += random.pick([-1, 1, 64, -64])
        break
      default:
        numbers[at] = random.pick(oddNumbers)
    }
  }
  return { spec: Float64Array.from(random.once(50) ? numbers.slice(0, random.below(numbers.length)) : numbers), right }
}

/** One or two ops over a small arena and some bindings, which overlap in any way. */
function composed({ random, native, planSpec }) {
  const own = random.pick(shapes)
  const buffers = Array.from({ length: 1 + random.below(6) }, (_, i) => {
    const shape = random.below(3) > 0 ? own : random.pick(shapes)
    const dtype = random.below(5) < 3 ? 0 : random.below(4)
    switch (random.below(8)) {
      case 0:
        return { shape, dtype, binding: i, stride: random.below(5) }
      case 1:
      case 2:
      case 3:
        return { shape, dtype, binding: i }
      default:
        return { shape, dtype, offset: 64 * random.below(4) }
    }
  })
  const names = Object.keys(native.opcodes)
  const instructions = Array.from({ length: 1 + random.below(2) }, () => {
    const attrs = Array.from({ length: random.pick([0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 8]) }, () =>
      random.below(5) > 0 ? random.below(5) : random.pick(oddNumbers),
    )
    const ids = (most) => random.some(most, () => random.below(buffers.length))
    const patches = attrs.length > 0 && random.once(3) ? [[random.below(attrs.length), random.below(2)]] : []
    const out = random.below(5) > 0 ? [random.below(buffers.length)] : ids(4)
    return { op: random.pick(names), in: ids(4), out, attrs, patches, mustBeFinite: random.once(8) }
  })
  const spec = planSpec({ arena: 512, bindings: buffers.length, columns: 2, buffers, instructions })
  return { spec, right: spec }
}

/** A plan, with what it takes to run it; undefined where the spec is refused. */
function made(world, steps) {
  const { native, random } = world
  const { spec, right } = random.once(2) ? composed(world) : mutated(world)
  const plan = world.call('planCreate', spec, () => native.planCreate(spec))
  if (plan === undefined) return
  world.keepPlan(plan)
  const { bindings, columns } = bindingsOf(right)
  const tensors = bindings.map(({ dtype, shape, stride }) => {
    const whole = stride === undefined ? shape : [sizeOf(shape) + Math.min(1e5, stride * (steps + 2))]
    const odd = random.once(10)
    return world.tensor(dtype, whole, () => (odd ? random.pick(oddNumbers) : random.below(4)))
  })
  if (tensors.includes(undefined)) {
    for (const tensor of tensors) if (tensor !== undefined) native.release(tensor.handle)
    return
  }
  const handles = Int32Array.from(tensors, ({ handle }) => handle)
  if (random.once(20) && handles.length > 0) handles[random.below(handles.length)] = world.handle()
  if (random.once(10) && handles.length > 1) handles[0] = handles[1]
  const scalars = Float64Array.from({ length: Math.min(1e5, steps * columns) }, () =>
    random.once(3) ? random.pick(oddNumbers) : random.below(4),
  )
  return { plan, spec, tensors, handles, scalars, columns }
}

export function runs(world) {
  const { native, random } = world
  for (let i = 0; i < 20 && world.goesOn; i++) {
    const steps = random.below(random.once(10) ? 50 : 4)
    const it = made(world, steps)
    if (it === undefined) continue
    const { plan, spec, tensors, handles, scalars } = it
    if (random.once(4)) world.call('planProfile', '', () => native.planProfile(plan, random.once(2)))
    const first = random.once(10) ? random.pick(oddNumbers) : random.below(3)
    world.call('planRun', `${steps} from ${first}, ${spec}`, () => native.planRun(plan, handles, steps, first, scalars))
    if (random.once(4)) world.call('planTimes', '', () => native.planTimes(plan))
    if (random.once(2)) world.call('planDispose', '', () => native.planDispose(plan))
    for (const { handle } of tensors) native.release(handle)
  }
}

/** Jobs that are disturbed in every way while they run. */
export async function jobs(world) {
  const { native, random } = world
  for (let i = 0; i < 10 && world.goesOn; i++) {
    const steps = random.pick([0, 1, 3, 50, 2000])
    const it = made(world, steps)
    if (it === undefined) continue
    const { plan, spec, tensors, handles, scalars, columns } = it
    const many = columns === 0 && random.once(2) ? random.pick([2 ** 31, 2 ** 32 - 1]) : steps
    const started = world.start(`${many} steps, ${spec}`, plan, handles, many, random.below(2), scalars)
    for (let k = random.below(10); k > 0; k--) {
      disturb(world, it, started?.job)
      if (random.once(4)) await new Promise((resolve) => setTimeout(resolve, random.below(2)))
    }
    for (const { handle } of tensors) world.call('release', '', () => native.release(handle))
  }
  await world.settle()
}

function disturb(world, { plan, tensors, scalars }, job) {
  const { native, random } = world
  const deeds = {
    setThreads: () => native.setThreads(1 + random.below(8)),
    setInstructionSet: () => native.setInstructionSet(random.pick(['avx2', 'baseline', 'avx512'])),
    planDispose: () => native.planDispose(plan),
    planProfile: () => native.planProfile(plan, random.once(2)),
    planTimes: () => native.planTimes(plan),
    'job.abort': () => job.abort(),
    'job.steps': () => job.steps,
    'job.setScalars': () =>
      job.setScalars(scalars.map(() => (random.once(2) ? random.pick(oddNumbers) : random.below(4)))),
    release: () => native.release(random.pick(tensors).handle),
    write: () => {
      const { handle, dtype, shape } = random.pick(tensors)
      const Kind = [Float32Array, Int32Array, Uint8Array, Uint8Array][dtype]
      native.write(
        handle,
        0,
        Kind.from({ length: sizeOf(shape) }, () => random.pick(oddNumbers)),
      )
    },
    assign: () => native.assign(random.pick(tensors).handle, random.pick(tensors).handle),
    item: () => native.item(random.pick(tensors).handle),
    run: () => world.op(random.pick(world.corpus.ops)),
    giveBackMemory: () => native.giveBackMemory(),
    memory: () => native.memory(),
    info: () => native.info(),
  }
  const entry = random.pick(Object.keys(deeds))
  world.call(entry, 'while a job runs', deeds[entry])
  if (random.once(50)) globalThis.gc?.()
}

/** Many jobs of one plan, aborted in any order, whose callbacks throw or start others. */
export async function manyJobs(world) {
  const { random } = world
  const it = made(world, 0)
  if (it === undefined) return
  const started = Array.from({ length: 1 + random.below(60) }, () =>
    world.start(
      'one of many',
      it.plan,
      it.handles,
      it.columns > 0 ? 0 : random.pick([0, 1, 2 ** 31]),
      0,
      new Float64Array(),
    ),
  )
  for (const one of started.sort(() => random.below(3) - 1)) {
    if (one !== undefined) world.call('job.abort', 'one of many', () => one.job.abort())
    if (random.once(10)) await new Promise((resolve) => setImmediate(resolve))
  }
  await world.settle()
  for (const { handle } of it.tensors) world.native.release(handle)
}
