// Ops by their specs: made up, or right but for some numbers.
import { oddNumbers } from './hostile.mjs'
import { bytesOf, sizeOf } from './world.mjs'

/** A spec made up from nothing but the tensors that are alive. */
function invented({ random, corpus, opcodes }) {
  const [ins, outs, attributes] = [random.below(5), random.once(8) ? random.below(4) : 1, random.below(7)]
  const inputs = Array.from({ length: ins }, () => random.pick(corpus.tensors))
  const spec = [random.below(opcodes), ins, outs, attributes, ...inputs.map(({ handle }) => handle)]
  for (let i = 0; i < outs; i++) {
    const like =
      inputs[0] !== undefined && random.below(3) > 0 ? inputs[0].shape : random.some(3, () => random.below(4))
    spec.push(random.once(3) ? random.below(4) : 0, like.length, ...like)
  }
  for (let i = 0; i < attributes; i++) spec.push(random.once(2) ? random.below(4) : random.pick(oddNumbers))
  return Float64Array.from(spec)
}

/** A spec that was once right, with up to three numbers changed, or cut short. */
function mutated(world) {
  const { random, corpus } = world
  const spec = random.pick(corpus.ops).slice()
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = random.below(spec.length)
    const isHandle = at >= 4 && at < 4 + spec[1]
    spec[at] =
      isHandle && random.below(4) > 0 ? world.handle() : random.once(3) ? random.pick(spec) : random.pick(oddNumbers)
  }
  return random.once(20) ? spec.slice(0, random.below(spec.length + 1)) : spec
}

/** The spec in memory of some other kind. */
function housed(spec, random) {
  switch (random.below(8)) {
    case 0: {
      const shared = new Float64Array(new SharedArrayBuffer(8 * spec.length))
      shared.set(spec)
      return shared
    }
    case 1: {
      const buffer = new ArrayBuffer(8 * spec.length, { maxByteLength: 8 * spec.length + 64 })
      const array = new Float64Array(buffer)
      array.set(spec)
      buffer.resize(random.below(8 * spec.length + 64))
      return array
    }
    default:
      return spec
  }
}

export function specs(world) {
  const { native, random } = world
  for (let i = 0; i < 200 && world.goesOn; i++) {
    const spec = housed(random.once(2) ? invented(world) : mutated(world), random)
    const outs = spec[2]
    const result = world.call('run', spec, () => native.run(spec))
    if (result === undefined) continue
    for (let k = 0; k < outs; k++) native.release(spec[k])
  }
}

/** An op that is accepted gives the same again, whatever lay in the memory that it was given: it reads its inputs only. */
export function sameResults(world) {
  const { native, random } = world
  const known = new Map(world.corpus.tensors.map((tensor) => [tensor.handle, tensor]))
  for (let i = 0; i < 30 && world.goesOn; i++) {
    const spec = random.once(3) ? invented(world) : mutated(world)
    const inputs = [...new Set(spec.slice(4, 4 + spec[1]))].map((handle) => known.get(handle))
    if (!(spec[2] >= 0 && spec[2] <= 16) || inputs.includes(undefined)) continue
    const outputs = outputsOf(spec)
    if (outputs.length !== spec[2]) continue
    const before = inputs.map((tensor) => elements(native, tensor))
    const runs = [0xa5, 0x3c].map((pattern) => {
      soil(world, [...outputs, ...inputs].map(bytesOf), pattern)
      const copy = spec.slice()
      const result = world.call('run', spec, () => native.run(copy))
      const given = result === undefined ? [] : outputs.map((output, k) => ({ ...output, handle: copy[k] }))
      const found = [...given, ...inputs].map((tensor) => elements(native, tensor))
      for (const { handle } of given) native.release(handle)
      inputs.forEach((tensor, k) => {
        native.write(tensor.handle, 0, before[k])
      })
      return result === undefined ? null : found
    })
    if (runs[0] === null && runs[1] === null) continue
    if (runs[0] === null || runs[1] === null || runs[0].some((bytes, k) => !bytes.equals(runs[1][k])))
      throw new Error(`run gives other results where other things lay in memory: ${spec}`)
  }
}

/** Specs, and arguments of plans, of up to a million numbers. */
export function longSpecs(world) {
  const { native, random } = world
  const n = random.pick([1000, 30_000, 1_000_000])
  const { handle } = random.pick(world.corpus.tensors)
  const run = (kind, ...numbers) => {
    const spec = new Float64Array(numbers.reduce((sum, part) => sum + (part.length ?? 1), 0))
    let at = 0
    for (const part of numbers) {
      if (typeof part === 'number') spec[at++] = part
      else {
        spec.set(part, at)
        at += part.length
      }
    }
    world.call(kind, `${n} of ${handle}, ${spec.slice(0, 8)}`, () => native[kind](spec))
  }
  const opcode = random.below(world.opcodes)
  const handles = new Float64Array(n).fill(handle)
  run('run', opcode, n, 0, 1, handles, 0)
  run('run', opcode, n, 1, 1, handles, 0, 1, 3, 0)
  run('run', opcode, 1, 0, n, handle, handles)
  run('planCreate', 1, n, 0, 0, 0, 0, new Float64Array(3 * n))
  run(
    'planCreate',
    1,
    1,
    1,
    64,
    n,
    n,
    0,
    0,
    1,
    0,
    0,
    opcode,
    n,
    0,
    1,
    0,
    new Float64Array(n),
    0,
    0,
    new Float64Array(n),
  )
  const plan = random.pick(world.plans)
  world.call('planRun', `${n} handles`, () => native.planRun(plan, handles, 1, 0, new Float64Array(1)))
  world.call('planRun', `${n} scalars`, () => native.planRun(plan, new Int32Array(1), n, 0, handles))
}

/** dtype and shape of a spec's outputs, as far as they are there. */
function outputsOf(spec) {
  const outputs = []
  for (let i = 0, at = 4 + spec[1]; i < spec[2]; i++) {
    const rank = spec[at + 1]
    if (!(rank >= 0 && rank <= 8)) return []
    outputs.push({ dtype: spec[at], shape: [...spec.slice(at + 2, at + 2 + rank)] })
    at += 2 + rank
  }
  return outputs.every(({ dtype, shape }) => dtype in [0, 1, 2, 3] && sizeOf(shape) < 1e5) ? outputs : []
}

function elements(native, { handle, dtype, shape }) {
  const Kind = [Float32Array, Int32Array, Uint8Array, Uint8Array][dtype]
  const array = new Kind(sizeOf(shape))
  native.read(handle, 0, array)
  return Buffer.from(array.buffer)
}

/** Leaves bytes in the blocks that the next tensors of these sizes, and working memory, will be made of. */
function soil({ native }, sizes, pattern) {
  const handles = []
  for (const bytes of [...sizes, ...sizes, 64, 128, 192, 256, 512, 1024, 4096, 16384, 65536]) {
    try {
      const handle = native.empty(2, [bytes])
      handles.push(handle)
      native.write(handle, 0, new Uint8Array(bytes).fill(pattern))
    } catch {
      // No room: then that much is left as it was.
    }
  }
  for (const handle of handles) native.release(handle)
}
