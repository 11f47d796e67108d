import { type NativePlan, native } from '../../lib/native/binding.js'
import { planSpec } from './plan-spec.js'

const [rows, features, units, batch] = [24, 5, 3, 4] as const
export const steps = rows / batch

const wave = (n: number, scale = 1): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => scale * Math.sin(3 * i + 1))

/** The numbers that an update reads behind its rule's: apply, scale, limit, decay, scaled. */
export const plainly = [1, 1, Number.POSITIVE_INFINITY, 0, 0] as const

/** One linear layer with relu, the sum of its outputs as loss, one gradient step: small, but with every kind of buffer. */
export const trainSpec = (): Float64Array =>
  planSpec({
    arena: 640,
    bindings: 5,
    columns: 1,
    buffers: [
      { shape: [rows, features], binding: 0 },
      { shape: [batch], dtype: 1, binding: 1, stride: batch },
      { shape: [features, units], binding: 2 },
      { shape: [], binding: 3 },
      { shape: [8], dtype: 2, binding: 4 },
      { shape: [batch, features], offset: 0 },
      { shape: [batch, units], offset: 128 },
      { shape: [batch, units], offset: 192 },
      { shape: [features, units], offset: 256 },
    ],
    instructions: [
      { op: 'gather', in: [0, 1], out: [5], attrs: [1, rows, features] },
      { op: 'matmul', in: [5, 2], out: [6], attrs: [0, 0, 0, 0] },
      { op: 'relu', in: [6], out: [6] },
      { op: 'sum', in: [6], out: [3], attrs: [1, batch * units, 1], mustBeFinite: true },
      { op: 'fill', out: [7], attrs: [1] },
      { op: 'reluGrad', in: [6, 7], out: [7] },
      { op: 'matmul', in: [5, 7], out: [8], attrs: [1, 0, 0, 0] },
      { op: 'sgdUpdate', in: [2, 8], attrs: [0, 0, 0, ...plainly], patches: [[0, 0]] },
      { op: 'accumulate', in: [4, 3], attrs: [0.5] },
    ],
  })

export interface TrainPlan {
  plan: NativePlan
  x: number
  order: number
  w: number
  loss: number
  totals: number
  handles: Int32Array
  /** One learning rate a step. */
  rates: Float64Array
}

export function trainPlan(): TrainPlan {
  const x = native.create(0, [rows, features], wave(rows * features))
  const order = native.create(
    1,
    [rows],
    Int32Array.from({ length: rows }, (_, i) => (i * 7) % rows),
  )
  const w = native.create(0, [features, units], wave(features * units, 0.5))
  const loss = native.create(0, [], new Float32Array(1))
  const totals = native.create(2, [8], new Uint8Array(8))
  const rates = Float64Array.from({ length: steps }, (_, i) => 0.01 / (i + 1))
  return {
    plan: native.planCreate(trainSpec()),
    x,
    order,
    w,
    loss,
    totals,
    rates,
    handles: Int32Array.of(x, order, w, loss, totals),
  }
}

/** Relu over and over, in place: a plan whose steps take about as long as is asked for. */
export function longPlan(instructions: number): { plan: NativePlan; handles: Int32Array } {
  const plan = native.planCreate(
    planSpec({
      bindings: 1,
      buffers: [{ shape: [100_000], binding: 0 }],
      instructions: Array.from({ length: instructions }, () => ({ op: 'relu', in: [0], out: [0] })),
    }),
  )
  return { plan, handles: Int32Array.of(native.create(0, [100_000], new Float32Array(100_000))) }
}
