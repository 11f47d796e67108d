import { gradients } from '../../lib/autodiff/backward.js'
import { native } from '../../lib/native/binding.js'
import * as ops from '../../lib/ops/index.js'
import { arange, eye, linspace, randomNormal, randomUniform, tensor, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { trainSteps } from './train-steps.js'

type Random = (n: number) => number

/** Whole numbers below n from a seed (mulberry32). */
function generator(seed: number): Random {
  let state = seed >>> 0
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}

const odd = [
  0,
  1,
  2,
  3,
  4,
  5,
  8,
  -1,
  -2,
  0.5,
  -0,
  255,
  256,
  1e5,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
  -(2 ** 53),
  1e300,
  -1e300,
  1e-300,
  Number.NaN,
  Infinity,
  -Infinity,
]

/** Every op with whatever arguments fit it, forward and backward: the specs of what crosses to C++, and the tensors that keep their handles alive. */
function corpus(): { specs: Float64Array[]; alive: Tensor[] } {
  const specs: Float64Array[] = []
  const alive: Tensor[] = []
  const run = native.run.bind(native)
  native.run = (spec) => {
    specs.push(spec.slice(0, specLength(spec)))
    return run(spec)
  }
  const x = tensor(
    [
      [0.5, 1, 1.5],
      [2, 0.25, 3],
    ],
    undefined,
    { requiresGrad: true },
  )
  const y = tensor(
    [
      [1, 2, 3],
      [0.5, 0.25, 2],
    ],
    undefined,
    { requiresGrad: true },
  )
  const row = tensor([1, 2, 0.5], undefined, { requiresGrad: true })
  const index = tensor(Int32Array.from([1, 0]))
  const candidates = [
    [x],
    [x, y],
    [x, row],
    [index, index],
    [x, index],
    [x, row, row],
    [x, row, row, row, row],
    [index, 4],
    [x, 0, 1],
  ]
  for (const args of [
    ...candidates,
    [x, [3, 2]],
    [x, 'int32'],
    [[x, y], 1],
    [x, [0, 1], [2, 1]],
    [
      x,
      [
        [1, 0],
        [0, 2],
      ],
    ],
    [row, [2, 3]],
  ])
    for (const op of Object.values<unknown>(ops))
      if (typeof op === 'function') alive.push(...attempt(() => op(...args)))
  alive.push(
    ops.where(ops.greater(x, 1), x, y),
    ops.matmul(x, y, { transposeB: true }),
    ops.dense(x, ops.transpose(x), null, 'tanh'),
    ops.dropout(x, 0.5),
    ops.gatherRows(tensor(Uint8Array.from([1, 2, 3, 4]), [2, 2]), index, 0.5),
    ops.permutation(9, { stream: 16, call: 1 }),
    ...[arange(5), eye(3), linspace(0, 1, 4), zeros([2]), randomNormal([5]), randomUniform([5])],
  )
  for (const result of [...alive]) {
    if (!result.requiresGrad) continue
    const found = gradients(result, [x, y, row], { gradient: ops.add(zeros(result.shape), 1) })
    alive.push(...found.filter((gradient) => gradient !== null))
  }
  const parameter = new Parameter(zeros([3]))
  ops.assignMovingAverage(parameter, row, 0.9)
  trainSteps(1)
  native.run = run
  // A spec may name a tensor that has been freed; then it tests stale handles.
  return { specs, alive: [...alive, x, y, row, index, parameter] }
}

/** The tensors that fn gives; none where the arguments do not fit the op. */
function attempt(fn: () => unknown): Tensor[] {
  try {
    return [fn()].flat().filter((result) => result instanceof Tensor)
  } catch {
    return []
  }
}

/** How much of the array a spec takes: opcode, three counts, handles, outputs and attributes. */
function specLength(spec: Float64Array): number {
  const [ins, outs, attributes] = [spec[1] as number, spec[2] as number, spec[3] as number]
  let at = 4 + ins
  for (let i = 0; i < outs; i++) at += 2 + (spec[at + 1] as number)
  return at + attributes
}

/** A spec made up from nothing but the tensors that are alive. */
function invented(random: Random, alive: readonly Tensor[], opcodes: number): Float64Array {
  const [ins, outs, attributes] = [random(5), random(8) === 0 ? random(4) : 1, random(7)]
  const inputs = Array.from({ length: ins }, () => alive[random(alive.length)] as Tensor)
  const spec = [random(opcodes), ins, outs, attributes, ...inputs.map(({ rawHandle }) => rawHandle)]
  for (let i = 0; i < outs; i++) {
    const like =
      inputs[0] !== undefined && random(3) > 0 ? inputs[0].shape : Array.from({ length: random(4) }, () => random(4))
    spec.push(random(3) === 0 ? random(4) : 0, like.length, ...like)
  }
  for (let i = 0; i < attributes; i++) spec.push(random(2) === 0 ? random(4) : (odd[random(odd.length)] as number))
  return Float64Array.from(spec)
}

/** A spec that was once right, with one to three numbers changed, or cut short. */
function mutated(random: Random, specs: readonly Float64Array[], alive: readonly Tensor[]): Float64Array {
  const spec = (specs[random(specs.length)] as Float64Array).slice()
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(spec.length)
    const isHandle = at >= 4 && at < 4 + (spec[1] as number)
    spec[at] =
      isHandle && random(4) > 0
        ? (alive[random(alive.length)] as Tensor).rawHandle
        : (odd[random(odd.length)] as number)
  }
  return random(20) === 0 ? spec.slice(0, random(spec.length + 1)) : spec
}

export interface FuzzReport {
  succeeded: number
  refused: number
  /** Errors without a code of ours: there should be none. */
  strange: string[]
  /** What was not given back. */
  leakedTensors: number
  leakedBytes: number
}

/** Calls native.run with n seeded random specs, half invented, half mutated. */
export function fuzz(seed: number, n: number): FuzzReport {
  const random = generator(seed)
  const { specs, alive } = corpus()
  for (const dtype of ['float32', 'int32', 'uint8', 'bool'] as const)
    for (const shape of [[], [0], [1], [3], [2, 3], [3, 2], [2, 1, 3], [0, 3]]) alive.push(zeros(shape, { dtype }))
  const opcodes = Object.keys(native.opcodes).length
  const before = native.memory()
  const report: FuzzReport = { succeeded: 0, refused: 0, strange: [], leakedTensors: 0, leakedBytes: 0 }
  for (let i = 0; i < n; i++) {
    const spec = i % 2 === 0 ? invented(random, alive, opcodes) : mutated(random, specs, alive)
    const outputs = Number(spec[2])
    try {
      native.run(spec)
      for (let k = 0; k < outputs; k++) native.release(spec[k] as number)
      report.succeeded++
    } catch (error) {
      report.refused++
      const { code, message } = error as { code?: string; message: string }
      if (code === undefined || !code.startsWith('ERR_')) report.strange.push(message)
    }
  }
  const after = native.memory()
  return { ...report, leakedTensors: after.tensors - before.tensors, leakedBytes: after.bytes - before.bytes }
}
