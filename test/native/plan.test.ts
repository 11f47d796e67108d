import { describe, expect, it } from 'vitest'
import { type NativePlan, native } from '../../lib/native/binding.js'
import { elements } from '../helpers/elements.js'
import { planSpec } from '../helpers/plan-spec.js'
import { steps, trainPlan, trainSpec } from '../helpers/train-plan.js'
import { eagerSteps, none, start, weights } from './runs.js'

/** The code and message of what fn throws. */
function refusal(fn: () => unknown): { code: unknown; message: string } {
  try {
    fn()
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown }
    return { code, message }
  }
  throw new Error('nothing was thrown')
}

describe('a plan', () => {
  it('computes what eager ops compute, bit for bit', () => {
    const t = trainPlan()
    expect(native.planRun(t.plan, t.handles, steps, 0, t.rates)).toEqual({ status: 'done', steps })
    expect(weights(t)).toEqual(eagerSteps(0, steps))
  })

  it('computes the same as a job, and in several runs that begin at a step', async () => {
    const [a, b] = [trainPlan(), trainPlan()]
    const { job, end } = start(a.plan, a.handles, steps, 0, a.rates)
    expect(await end).toEqual({ status: 'done', steps })
    expect(job.steps).toBe(steps)
    native.planRun(b.plan, b.handles, 2, 0, b.rates.slice(0, 2))
    native.planRun(b.plan, b.handles, steps - 2, 2, b.rates.slice(2))
    expect(weights(a)).toEqual(weights(b))
    expect(weights(a)).toEqual(eagerSteps(0, steps))
  })

  it('writes its result of each step behind that of the step before', () => {
    const spec = planSpec({
      bindings: 2,
      buffers: [
        { shape: [3], binding: 0, stride: 3 },
        { shape: [3], binding: 1, stride: 3 },
      ],
      instructions: [{ op: 'neg', in: [0], out: [1] }],
    })
    const handles = Int32Array.of(
      native.create(
        0,
        [4, 3],
        Float32Array.from({ length: 12 }, (_, i) => i),
      ),
      native.create(0, [4, 3], new Float32Array(12)),
    )
    native.planRun(native.planCreate(spec), handles, 3, 1, none)
    const wanted = Float32Array.of(0, 0, 0, -3, -4, -5, -6, -7, -8, -9, -10, -11)
    expect(elements(handles[1] as number, new Float32Array(12))).toEqual(wanted)
  })

  it('takes no steps when told so', async () => {
    const t = trainPlan()
    expect(native.planRun(t.plan, t.handles, 0, 0, none)).toEqual({ status: 'done', steps: 0 })
    expect(await start(t.plan, t.handles, 0).end).toEqual({ status: 'done', steps: 0 })
  })

  it('withholds the update of a step that is not finite', async () => {
    for (const asynchronous of [false, true]) {
      const t = trainPlan()
      const x = elements(t.x, new Float32Array(120))
      const order = elements(t.order, new Int32Array(24))
      x[5 * (order[4 * 2 + 1] as number)] = Number.POSITIVE_INFINITY
      x[5 * (order[4 * 2 + 1] as number) + 1] = Number.NaN
      native.assign(t.x, native.create(0, [24, 5], x))
      const result = asynchronous
        ? await start(t.plan, t.handles, steps, 0, t.rates).end
        : native.planRun(t.plan, t.handles, steps, 0, t.rates)
      expect(result).toEqual({ status: 'notFinite', steps: 2 })
      expect(weights(t)[0]).toEqual(eagerSteps(0, 2)[0])
      expect(Number.isNaN(native.item(t.loss))).toBe(true)
    }
  })

  it('ends with the error of an op, and applies nothing of that step', async () => {
    const t = trainPlan()
    const order = elements(t.order, new Int32Array(24))
    order[9] = 24
    native.assign(t.order, native.create(1, [24], order))
    const expected = /gather \(instruction 0, step 2\): index 24 at position 1 is out of range/
    const job = start(t.plan, t.handles, steps, 0, t.rates)
    await expect(job.end).rejects.toThrow(expected)
    expect(job.job.steps).toBe(2)
    expect(weights(t)).toEqual(eagerSteps(0, 2))
    const again = refusal(() => native.planRun(t.plan, t.handles, steps, 0, t.rates))
    expect(again.code).toBe('ERR_ARGUMENT')
    expect(again.message).toMatch(expected)
  })

  it('checks a patched attribute before the step begins', () => {
    const t = trainPlan()
    t.rates[3] = Number.NaN
    expect(refusal(() => native.planRun(t.plan, t.handles, steps, 0, t.rates)).message).toMatch(
      /sgdUpdate \(instruction 7, step 3\): attributes must be numbers/,
    )
    expect(weights(t)).toEqual(eagerSteps(0, 3))
  })

  it('measures its instructions', () => {
    const t = trainPlan()
    expect(native.planTimes(t.plan)).toEqual(none)
    native.planProfile(t.plan, true)
    native.planRun(t.plan, t.handles, steps, 0, t.rates)
    const times = native.planTimes(t.plan)
    expect(times.length).toBe(9)
    expect(times.every((time) => time > 0 && time < 1e9)).toBe(true)
    native.planProfile(t.plan, false)
    native.planRun(t.plan, t.handles, steps, 0, t.rates)
    expect(native.planTimes(t.plan)).toEqual(times)
  })
})

describe('a plan refuses', () => {
  const refused = (fn: () => unknown, code: string, message: RegExp): void => {
    const got = refusal(fn)
    expect(got.message).toMatch(message)
    expect(got.code).toBe(code)
  }

  it('a run that does not fit, and changes nothing', () => {
    const t = trainPlan()
    const { plan, handles, rates } = t
    const run = (h: Int32Array, count: number, first: number, scalars: Float64Array) => () =>
      native.planRun(plan, h, count, first, scalars)
    const at = (i: number, handle: number): Int32Array => handles.with(i, handle)
    refused(run(handles, steps, 0, none), 'ERR_ARGUMENT', /scalars must be steps × 1/)
    refused(run(handles, steps, 1, rates), 'ERR_ARGUMENT', /tensor 1 ends before step 6/)
    refused(run(handles, 1, 2 ** 52, rates.slice(0, 1)), 'ERR_ARGUMENT', /tensor 1 ends before step/)
    refused(run(handles.slice(1), steps, 0, rates), 'ERR_ARGUMENT', /takes 5 tensors, not 4/)
    refused(run(at(2, t.x), steps, 0, rates), 'ERR_ARGUMENT', /tensor 2 has 120 elements; the plan was made for 15/)
    refused(run(at(1, t.x), steps, 0, rates), 'ERR_ARGUMENT', /tensor 1 is not of the dtype/)
    refused(run(at(0, 2 ** 30), steps, 0, rates), 'ERR_DISPOSED', /tensor 0 has been disposed/)
    for (const count of [-1, 0.5, Number.NaN, 2 ** 33])
      refused(run(handles, count, 0, rates), 'ERR_ARGUMENT', /a run takes/)
    expect(weights(t)).toEqual(weights(trainPlan()))
    expect(refusal(() => native.planRun({} as NativePlan, handles, steps, 0, rates)).code).toBe('ERR_ARGUMENT')
    native.planDispose(plan)
    refused(run(handles, steps, 0, rates), 'ERR_DISPOSED', /plan has been disposed/)
    expect(native.planDispose(plan)).toBe(false)
  })

  it('two tensors in one memory if it writes one of them', () => {
    const spec = planSpec({
      bindings: 2,
      buffers: [0, 1].map((binding) => ({ shape: [4], binding })),
      instructions: [{ op: 'relu', in: [0], out: [1] }],
    })
    const x = native.create(0, [4], new Float32Array(4))
    const both = Int32Array.of(x, native.alias(x, [2, 2]))
    refused(
      () => native.planRun(native.planCreate(spec), both, 1, 0, none),
      'ERR_ARGUMENT',
      /tensor 1, .* shares its memory/,
    )
  })

  it('specs that make no sense', () => {
    const relu = { op: 'relu', in: [0], out: [1] }
    const refuse = (buffers: Parameters<typeof planSpec>[0]['buffers'], message: RegExp, instruction = relu): void =>
      refused(
        () =>
          native.planCreate(planSpec({ arena: 256, bindings: 1, columns: 1, buffers, instructions: [instruction] })),
        'ERR_ARGUMENT',
        message,
      )
    const x = { shape: [4], offset: 0 }
    refuse([x, { shape: [4], offset: 32 }], /buffer 1 does not lie in the arena/)
    refuse([x, { shape: [65], offset: 0 }], /buffer 1 does not lie in the arena/)
    refuse([x, { shape: [4], binding: 1 }], /buffer 1 is bound to an unknown binding/)
    refuse(
      [
        { shape: [4], binding: 0 },
        { shape: [4], binding: 0, stride: 4 },
      ],
      /writes a stepped binding that other buffers are bound to/,
    )
    refuse(
      [
        { shape: [32], offset: 0 },
        { shape: [32], offset: 64 },
      ],
      /overlaps/,
    )
    refuse([x, { shape: [5], offset: 64 }], /instruction 0 \(relu\): /)
    refuse([x], /instruction 0 is malformed/)
    refuse([x, { shape: [2 ** 32 - 1, 2 ** 32 - 1, 0], offset: 64 }], /buffer 1 is malformed/)
    const indices = { shape: [4], dtype: 1, offset: 0 }
    refuse([{ shape: [4], binding: 0 }, indices, x], /gather.*overlaps/, { op: 'gather', in: [0, 1], out: [2] })
    const totals = { shape: [16], dtype: 2, offset: 0 }
    refuse([totals, indices], /accumulateCounts.*share memory/, { op: 'accumulateCounts', in: [0, 1], out: [] })
    refused(() => native.planCreate(none), 'ERR_ARGUMENT', /version/)
    refused(() => native.planCreate(Float64Array.of(...trainSpec(), 0)), 'ERR_ARGUMENT', /left over/)
    refused(() => native.planCreate([] as unknown as Float64Array), 'ERR_ARGUMENT', /Float64Array/)
  })

  it('an arena beyond the memory limit', () => {
    const spec = planSpec({ arena: 2 ** 45, bindings: 0, buffers: [], instructions: [] })
    refused(() => native.planCreate(spec), 'ERR_MEMORY', /35184372088832 bytes do not fit/)
  })
})
