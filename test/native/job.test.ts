import { describe, expect, it } from 'vitest'
import { native } from '../../lib/native/binding.js'
import { elements } from '../helpers/elements.js'
import { planSpec } from '../helpers/plan-spec.js'
import { longPlan, steps, trainPlan } from '../helpers/train-plan.js'
import { child, eagerSteps, none, start, weights } from './runs.js'

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
    const [a, b] = [longPlan(400), longPlan(400)]
    const jobs = [
      start(a.plan, a.handles, forever),
      start(b.plan, b.handles, forever),
      start(a.plan, a.handles, forever),
    ]
    // The system may put a thread aside, which is then not in line. So not each stretch of turns has to be even, but three
    // in a row sooner or later: with an unfair lock nine in ten are not.
    const unevenness = async (): Promise<number> => {
      const before = jobs.map(({ job }) => job.steps)
      const turns = (): number[] => jobs.map(({ job }, i) => job.steps - (before[i] as number))
      while (Math.min(...turns()) < 30) await new Promise((resolve) => setTimeout(resolve, 1))
      const counts = turns()
      return Math.max(...counts) - Math.min(...counts)
    }
    const stretches: number[] = []
    for (let even = 0; even < 3 && stretches.length < 50; ) {
      stretches.push(await unevenness())
      even = (stretches.at(-1) as number) <= 6 ? even + 1 : 0
    }
    expect(stretches.slice(-3).filter((stretch) => stretch > 6)).toEqual([])
    for (const { job } of jobs) job.abort()
    for (const { end } of jobs) expect((await end).status).toBe('aborted')
  })

  it('of few steps is answered, and an aborted one ends, while dozens of others are at work', async () => {
    const plans = Array.from({ length: 50 }, () => longPlan(20))
    const jobs = plans.map(({ plan, handles }) => start(plan, handles, forever))
    while (jobs.some(({ job }) => job.steps < 2)) await new Promise((resolve) => setTimeout(resolve, 1))
    const total = (): number => jobs.reduce((sum, { job }) => sum + job.steps, 0)
    const { plan, handles } = longPlan(1)
    const answer = async (): Promise<number> => {
      const before = total()
      expect(await start(plan, handles, 1).end).toEqual({ status: 'done', steps: 1 })
      return total() - before
    }
    const abort = async (): Promise<number> => {
      const last = start(plan, handles, forever)
      const before = total()
      last.job.abort()
      expect((await last.end).status).toBe('aborted')
      return total() - before
    }
    // The present step of another job, and one more between two fresh ones; the rest is the way back to this thread, which
    // the system may put aside, so the least of some tries counts: were it in line behind the others, each would take 50.
    for (const way of [answer, abort]) {
      const others: number[] = []
      for (let i = 0; i < 10; i++) others.push(await way())
      expect(Math.min(...others)).toBeLessThan(25)
    }
    for (const { job } of jobs) job.abort()
    for (const { end } of jobs) expect((await end).status).toBe('aborted')
  })

  it('is not held up for ever by others of one step each', async () => {
    const long = longPlan(1)
    const { job, end } = start(long.plan, long.handles, 300)
    let ended = false
    void end.then(() => {
      ended = true
    })
    const short = longPlan(1)
    let answered = 0
    const ask = async (): Promise<void> => {
      while (!ended) {
        await start(short.plan, short.handles, 1).end
        answered++
      }
    }
    await Promise.all(Array.from({ length: 20 }, ask))
    expect(job.steps).toBe(300)
    expect(answered).toBeGreaterThan(0)
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
      const values = elements(y, new Float32Array(1_000_000))
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
