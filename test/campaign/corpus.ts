// What the library itself hands to the addon, as the campaign's start: specs of ops and of plans that are right.
import { gradients } from '../../lib/autodiff/backward.js'
import { compile } from '../../lib/graph/compile.js'
import { sequential } from '../../lib/model/index.js'
import { native } from '../../lib/native/binding.js'
import { layers } from '../../lib/nn/index.js'
import * as ops from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { arange, eye, linspace, randomNormal, randomUniform, tensor, zeros } from '../../lib/tensor/creation.js'
import { dtypeCodes } from '../../lib/tensor/dtype.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { trainSpec } from '../helpers/train-plan.js'
import { trainSteps } from '../helpers/train-steps.js'

export { planSpec } from '../helpers/plan-spec.js'
export { native }

export interface Corpus {
  ops: Float64Array[]
  plans: Float64Array[]
  /** Tensors that the specs of ops name, and some more: handle, code of the dtype, shape. */
  tensors: { handle: number; dtype: number; shape: readonly number[] }[]
}

/** Keeps the tensors alive that have been handed out as handles. */
const alive: Tensor[] = []

export async function corpus(): Promise<Corpus> {
  setSeed(1)
  const found: Corpus = { ops: [], plans: [trainSpec()], tensors: [] }
  const { run, planCreate } = native
  const shared = native.shareSpec(new Float64Array(new SharedArrayBuffer(8)))
  native.run = (spec = shared) => {
    found.ops.push(spec.slice(0, specLength(spec)))
    return run(spec)
  }
  native.planCreate = (spec) => {
    found.plans.push(spec.slice())
    return planCreate(spec)
  }
  try {
    everyOp()
    await everyPlan()
  } finally {
    Object.assign(native, { run, planCreate })
  }
  for (const dtype of ['float32', 'int32', 'uint8', 'bool'] as const)
    for (const shape of [[], [0], [1], [3], [2, 3], [3, 2], [2, 1, 3], [0, 3], [8], [24]])
      alive.push(zeros(shape, { dtype }))
  // A spec may name a tensor that has been freed; then it tests stale handles.
  found.tensors = alive
    .filter((x) => !x.disposed)
    .map(({ rawHandle, dtype, shape }) => ({ handle: rawHandle, dtype: dtypeCodes[dtype], shape }))
  return found
}

/** Every op with whatever arguments fit it, forward and backward. */
function everyOp(): void {
  const matrix = (values: number[][]): Tensor => tensor(values, undefined, { requiresGrad: true })
  const x = matrix([
    [0.5, 1, 1.5],
    [2, 0.25, 3],
  ])
  const y = matrix([
    [1, 2, 3],
    [0.5, 0.25, 2],
  ])
  const row = tensor([1, 2, 0.5], undefined, { requiresGrad: true })
  const index = tensor(Int32Array.from([1, 0]))
  const box = [
    [1, 0],
    [0, 2],
  ]
  const results: Tensor[] = []
  for (const args of [
    ...[[x], [x, y], [x, row], [index, index], [x, index], [x, row, row], [x, row, row, row, row], [index, 4]],
    ...[
      [x, 0, 1],
      [x, [3, 2]],
      [x, 'int32'],
      [[x, y], 1],
      [x, [0, 1], [2, 1]],
      [x, box],
      [row, [2, 3]],
    ],
  ])
    for (const op of Object.values<unknown>(ops))
      if (typeof op === 'function') results.push(...attempt(() => op(...args)))
  results.push(
    ops.where(ops.greater(x, 1), x, y),
    ops.matmul(x, y, { transposeB: true }),
    ops.dense(x, ops.transpose(x), null, 'tanh'),
    ops.dropout(x, 0.5),
    ops.gatherRows(tensor(Uint8Array.from([1, 2, 3, 4]), [2, 2]), index, 0.5),
    ops.permutation(9, { stream: 16, call: 1 }),
    ...[arange(5), eye(3), linspace(0, 1, 4), zeros([2]), randomNormal([5]), randomUniform([5])],
  )
  for (const result of [...results]) {
    if (!result.requiresGrad) continue
    const all = gradients(result, [x, y, row], { gradient: ops.add(zeros(result.shape), 1) })
    results.push(...all.filter((gradient) => gradient !== null))
  }
  const parameter = new Parameter(zeros([3]))
  ops.assignMovingAverage(parameter, row, 0.9)
  trainSteps(1)
  alive.push(...results, x, y, row, index, parameter)
}

/** A function, and steps of training with each optimizer. */
async function everyPlan(): Promise<void> {
  const f = compile((a: Tensor, b: Tensor) => ops.softmax(ops.relu(ops.matmul(a, b)).add(1).square()))
  alive.push(f(zeros([3, 4]), zeros([4, 5])))
  const [x, y] = [randomNormal([12, 6]), tensor(Int32Array.from({ length: 12 }, (_, i) => i % 3))]
  const makers = [optimizers.sgd, optimizers.rmsprop, optimizers.adam, optimizers.adagrad, optimizers.adadelta]
  for (const optimizer of [...makers, optimizers.adamax, optimizers.nadam, optimizers.lion]) {
    const model = sequential({
      layers: [
        layers.dense({ units: 7, activation: 'gelu', inputShape: [6], kernelRegularizer: 'l2' }),
        layers.batchNormalization(),
        layers.dropout({ rate: 0.3 }),
        layers.layerNormalization(),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    })
    model.compile({
      optimizer: optimizer({ learningRate: 0.1, clipNorm: 1 }),
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
    })
    await model.fit(x, y, { epochs: 1, batchSize: 4, verbose: 0 })
  }
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
