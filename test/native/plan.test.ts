import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { type NativeJob, type NativePlan, type NativeResult, native } from '../../lib/native/binding.js'
import { bundle } from '../helpers/bundle.js'
import { planSpec } from '../helpers/plan-spec.js'
import { longPlan, plainly, steps, trainPlan, trainSpec } from '../helpers/train-plan.js'

const none = new Float64Array()

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

interface Started {
  job: NativeJob
  end: Promise<NativeResult>
}

function start(plan: NativePlan, handles: Int32Array, count: number, first = 0, scalars: Float64Array = none): Started {
  let job: NativeJob | undefined
  const end = new Promise<NativeResult>((resolve, reject) => {
    job = native.planStart(plan, handles, count, first, scalars, (error, result) =>
      error === null ? resolve(result as NativeResult) : reject(error),
    )
  })
  return { job: job as NativeJob, end }
}

/** Runs a module's text in a process of its own; `bundle` is what test/helpers/entry.ts exports. */
function child(text: string): string {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    env: { ...process.env, bundle },
    timeout: 50_000,
  })
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  return stdout
}

/** The bits of the training plan's results, of eager ops and of a run; both from the same start. */
const weights = (t: { w: number; loss: number; totals: number }): unknown[] => [
  native.read(t.w),
  native.read(t.loss),
  new Float64Array((native.read(t.totals) as Uint8Array).buffer),
]

function eagerSteps(from: number, to: number): unknown[] {
  const t = trainPlan()
  const run = (op: string, ins: number[], shapes: number[][], attrs: number[]): number => {
    const code = native.opcodes[op] as number
    const outs = shapes.flatMap((shape) => [0, shape.length, ...shape])
    return native.run(Float64Array.of(code, ins.length, shapes.length, attrs.length, ...ins, ...outs, ...attrs))
  }
  let loss = t.loss
  for (let step = from; step < to; step++) {
    const order = native.create(1, [4], (native.read(t.order) as Int32Array).slice(4 * step, 4 * step + 4))
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
    expect(native.read(handles[1] as number)).toEqual(Float32Array.of(0, 0, 0, -3, -4, -5, -6, -7, -8, -9, -10, -11))
  })

  it('takes no steps when told so', async () => {
    const t = trainPlan()
    expect(native.planRun(t.plan, t.handles, 0, 0, none)).toEqual({ status: 'done', steps: 0 })
    expect(await start(t.plan, t.handles, 0).end).toEqual({ status: 'done', steps: 0 })
  })

  it('withholds the update of a step that is not finite', async () => {
    for (const asynchronous of [false, true]) {
      const t = trainPlan()
      const x = native.read(t.x) as Float32Array
      const order = native.read(t.order) as Int32Array
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
    const order = native.read(t.order) as Int32Array
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
    refused(() => native.planCreate(none), 'ERR_ARGUMENT', /version/)
    refused(() => native.planCreate(Float64Array.of(...trainSpec(), 0)), 'ERR_ARGUMENT', /left over/)
    refused(() => native.planCreate([] as unknown as Float64Array), 'ERR_ARGUMENT', /Float64Array/)
  })

  it('an arena beyond the memory limit', () => {
    const spec = planSpec({ arena: 2 ** 45, bindings: 0, buffers: [], instructions: [] })
    refused(() => native.planCreate(spec), 'ERR_MEMORY', /35184372088832 bytes do not fit/)
  })

  it('whatever numbers come, without a crash', () => {
    const out = child(`
      const { fuzzPlans } = await import(process.env.bundle)
      for (const seed of [1, 2, 3]) console.log(JSON.stringify(fuzzPlans(seed, 10000)))`)
    for (const line of out.trim().split('\n')) {
      const { refused, created, ran } = JSON.parse(line)
      expect(refused).toBeGreaterThan(5000)
      expect(created).toBeGreaterThanOrEqual(ran)
      expect(ran).toBeGreaterThan(50)
    }
  })
})

describe('a job', () => {
  const forever = 2 ** 31

  it('stops between two steps when it is aborted, and tells of its steps', async () => {
    const { plan, handles } = longPlan(20)
    const { job, end } = start(plan, handles, forever)
    while (job.steps < 3) await new Promise((resolve) => setTimeout(resolve, 1))
    job.abort()
    const result = await end
    expect(result).toEqual({ status: 'aborted', steps: job.steps })
    expect(result.steps).toBeLessThan(forever)
  })

  it('takes turns with another, of another plan or the same', async () => {
    const [a, b] = [longPlan(10), longPlan(10)]
    const jobs = [
      start(a.plan, a.handles, forever),
      start(b.plan, b.handles, forever),
      start(a.plan, a.handles, forever),
    ]
    while (jobs.some(({ job }) => job.steps < 1)) await new Promise((resolve) => setTimeout(resolve, 1))
    const started = jobs.map(({ job }) => job.steps)
    while (jobs.some(({ job }, i) => job.steps < (started[i] as number) + 20))
      await new Promise((resolve) => setTimeout(resolve, 1))
    const counts = jobs.map(({ job }, i) => job.steps - (started[i] as number))
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(Math.max(...counts) / 2 + 10)
    for (const { job } of jobs) job.abort()
    for (const { end } of jobs) expect((await end).status).toBe('aborted')
  })

  it('computes the same beside others', async () => {
    const noise = longPlan(5)
    const { job, end } = start(noise.plan, noise.handles, forever)
    const plans = Array.from({ length: 40 }, trainPlan)
    const shared = (plans[0] as (typeof plans)[0]).plan
    await Promise.all(plans.map((t, i) => start(i % 2 === 0 ? shared : t.plan, t.handles, steps, 0, t.rates).end))
    job.abort()
    await end
    const wanted = eagerSteps(0, steps)
    for (const t of plans) expect(weights(t)).toEqual(wanted)
  })

  it('lets whole steps be read while it runs', async () => {
    // Both halves of y come from one x, which counts the steps.
    const spec = planSpec({
      arena: 4_000_000,
      bindings: 1,
      buffers: [
        { shape: [1_000_000], binding: 0 },
        { shape: [1_000_000], offset: 0 },
      ],
      instructions: [
        { op: 'fill', out: [1], attrs: [1] },
        { op: 'add', in: [0, 1], out: [0] },
      ],
    })
    const y = native.create(0, [1_000_000], new Float32Array(1_000_000))
    const { job, end } = start(native.planCreate(spec), Int32Array.of(y), forever)
    for (let i = 0; i < 20; i++) {
      const values = native.read(y)
      const before = job.steps
      expect(values.every((value) => value === values[0])).toBe(true)
      expect(values[0]).toBeLessThanOrEqual(before + 1)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    job.abort()
    await end
  })

  it('goes on when its plan and tensors are disposed of', async () => {
    const t = trainPlan()
    const noise = longPlan(20)
    const first = start(noise.plan, noise.handles, forever)
    const second = start(t.plan, t.handles, steps, 0, t.rates)
    native.planDispose(t.plan)
    native.planDispose(noise.plan)
    for (const handle of [...t.handles, ...noise.handles]) native.release(handle)
    const fill = Array.from({ length: 50 }, () => native.create(0, [24, 5], new Float32Array(120).fill(Number.NaN)))
    expect(await second.end).toEqual({ status: 'done', steps })
    for (const handle of fill) native.release(handle)
    first.job.abort()
    expect((await first.end).status).toBe('aborted')
  })

  it('takes a new table of scalars from the next step on', async () => {
    const spec = planSpec({
      bindings: 1,
      columns: 1,
      buffers: [{ shape: [500_000], binding: 0 }],
      instructions: [{ op: 'fill', out: [0], attrs: [0], patches: [[0, 0]] }],
    })
    const count = 1_000_000
    const y = native.create(0, [500_000], new Float32Array(500_000))
    const { job, end } = start(native.planCreate(spec), Int32Array.of(y), count, 0, new Float64Array(count).fill(1))
    expect(() => job.setScalars(none)).toThrow(/setScalars/)
    job.setScalars(new Float64Array(count).fill(2))
    const from = job.steps
    while (job.steps < from + 2) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(native.item(y)).toBe(2)
    job.abort()
    await end
    job.setScalars(none)
    expect(() => job.abort.call({})).toThrow(/not a job/)
  })

  it('does not lose an exception that its callback throws', () => {
    const text = `
      const { longPlan, native } = await import(process.env.bundle)
      const { plan, handles } = longPlan(1)
      process.on('uncaughtException', (error) => console.log(error.message))
      native.planStart(plan, handles, 3, 0, new Float64Array(), () => { throw new Error('mine') })`
    expect(child(text)).toBe('mine\n')
  })

  it('ends with the process', () => {
    const text = `
      const { longPlan, native } = await import(process.env.bundle)
      const { plan, handles } = longPlan(50)
      native.planStart(plan, handles, 2 ** 31, 0, new Float64Array(), () => console.log('settled'))
      setTimeout(() => process.exit(0), 20)`
    for (let i = 0; i < 5; i++) expect(child(text)).toBe('')
  })

  it('survives the termination of its worker in mid-step, many times, where nobody else holds the addon', () => {
    const worker = `
      Promise.all([import('node:worker_threads'), import(process.env.bundle)]).then((modules) => {
        const [{ parentPort }, { longPlan, native, trainPlan }] = modules
        const { plan, handles } = longPlan(40)
        const again = () => {
          const t = trainPlan()
          native.planStart(t.plan, t.handles, t.rates.length, 0, t.rates, again)
        }
        again()
        for (let i = 0; i < 3; i++) native.planStart(plan, handles, 2 ** 31, 0, new Float64Array(), () => {})
        parentPort.postMessage('running')
      })`
    const text = `
      import { Worker } from 'node:worker_threads'
      for (let i = 0; i < 40; i++) {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
        await new Promise((resolve) => setTimeout(resolve, i % 5))
        await worker.terminate()
      }
      const { native } = await import(process.env.bundle)
      await new Promise((resolve) => setTimeout(resolve, 100))
      console.log(native.memory().bytes)`
    expect(child(text)).toBe('0\n')
  })
})
