import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import { type NativeJob, type NativePlan, type NativeResult, native } from '../../lib/native/binding.js'
import { bundle } from '../helpers/bundle.js'
import { elements } from '../helpers/elements.js'
import { plainly, trainPlan } from '../helpers/train-plan.js'

// What the tests of plans and of jobs share: runs of the training plan, and of modules in processes of their own.

export const none = new Float64Array()

/** A job, and what it comes to. */
interface Started {
  job: NativeJob
  end: Promise<NativeResult>
}

/** Starts a plan's steps off this thread. */
export function start(
  plan: NativePlan,
  handles: Int32Array,
  count: number,
  first = 0,
  scalars: Float64Array = none,
): Started {
  let job: NativeJob | undefined
  const end = new Promise<NativeResult>((resolve, reject) => {
    job = native.planStart(plan, handles, count, first, scalars, (error, result) =>
      error === null ? resolve(result as NativeResult) : reject(error),
    )
  })
  return { job: job as NativeJob, end }
}

/** Runs a module's text in a process of its own; `bundle` is what test/helpers/entry.ts exports. */
export function child(text: string): string {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    env: { ...process.env, bundle },
    timeout: 50_000,
  })
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  return stdout
}

/** The bits of the training plan's results, of eager ops and of a run; both from the same start. */
export const weights = (t: { w: number; loss: number; totals: number }): unknown[] => [
  elements(t.w, new Float32Array(15)),
  elements(t.loss, new Float32Array(1)),
  new Float64Array(elements(t.totals, new Uint8Array(8)).buffer),
]

/** The same after steps of eager ops. */
export function eagerSteps(from: number, to: number): unknown[] {
  const t = trainPlan()
  const run = (op: string, ins: number[], shapes: number[][], attrs: number[]): number => {
    const code = native.opcodes[op] as number
    const outs = shapes.flatMap((shape) => [0, shape.length, ...shape])
    return native.run(Float64Array.of(code, ins.length, shapes.length, attrs.length, ...ins, ...outs, ...attrs))
  }
  let loss = t.loss
  for (let step = from; step < to; step++) {
    const order = native.create(1, [4], elements(t.order, new Int32Array(24)).slice(4 * step, 4 * step + 4))
    const batch = run('gather', [t.x, order], [[4, 5]], [1, 24, 5])
    const y = run('relu', [run('matmul', [batch, t.w], [[4, 3]], [0, 0, 0, 0])], [[4, 3]], [])
    loss = run('sum', [y], [[]], [1, 12, 1])
    const dy = run('reluGrad', [y, run('fill', [], [[4, 3]], [1])], [[4, 3]], [])
    const dw = run('matmul', [batch, dy], [[5, 3]], [1, 0, 0, 0])
    run('sgdUpdate', [t.w, dw], [], [t.rates[step] as number, 0, 0, ...plainly])
    run('accumulate', [t.totals, loss], [], [0.5])
  }
  return weights({ ...t, loss })
}
