// What a slice of calls to the addon works with: the addon, its corpus, tensors and plans that are alive, jobs under way.
import { hostile } from './hostile.mjs'

const itemBytes = [4, 4, 1, 1]
export const sizeOf = (shape) => shape.reduce((product, dim) => product * dim, 1)
export const bytesOf = ({ dtype, shape }) => sizeOf(shape) * itemBytes[dtype]

export class World {
  /** Of plans and jobs; the youngest. */
  plans = []
  jobs = []
  /** Handles that may or may not be alive. */
  loose = []
  /** Whether something did not come to its end, and left its tensors. */
  interrupted = false
  /** Tensors that were made, but whose handles nobody can know. */
  lost = 0

  static async create(parts) {
    const { corpus, native, planSpec } = await import('../../build/test/campaign.mjs')
    const found = await corpus()
    // What the corpus was made with is freed by collections.
    let before = native.memory()
    for (let quiet = 0; quiet < 4; quiet++) {
      globalThis.gc?.()
      await new Promise((resolve) => setTimeout(resolve, 10))
      if (native.memory().tensors !== before.tensors) quiet = 0
      before = native.memory()
    }
    return new World({ ...parts, native, planSpec, corpus: found, before })
  }

  constructor(parts) {
    Object.assign(this, parts)
    this.opcodes = Object.keys(this.native.opcodes).length
    this.functions = Object.keys(this.native).filter((name) => typeof this.native[name] === 'function')
  }

  get goesOn() {
    return Date.now() < this.until
  }

  /** One call, written down and counted; what it returns, or undefined where it throws. */
  call(entry, description, f = () => this.native[entry]()) {
    this.count.begin(entry, description)
    let outcome = 'ok'
    try {
      return f()
    } catch (error) {
      outcome = error?.code ?? error?.name ?? 'thrown'
    } finally {
      this.count(entry, outcome)
    }
  }

  /** A tensor that nobody else holds: its handle, dtype and shape. Undefined where there is no room. */
  tensor(dtype, shape, fill = () => this.random.below(4)) {
    const bytes = new Uint8Array(bytesOf({ dtype, shape }))
    const numbers = dtype === 0 ? new Float32Array(bytes.buffer) : dtype === 1 ? new Int32Array(bytes.buffer) : bytes
    for (let i = 0; i < numbers.length; i++) numbers[i] = fill(i)
    const handle = this.call('create', `${dtype} [${shape}]`, () => this.native.create(dtype, shape, bytes))
    return handle === undefined ? undefined : { handle, dtype, shape }
  }

  handle() {
    const { random } = this
    switch (random.below(8)) {
      case 0:
        return random.below(2 ** 31)
      case 1:
        return this.loose.length > 0 ? random.pick(this.loose) : -1
      default:
        return random.pick(this.corpus.tensors).handle
    }
  }

  /** Whether a handle is one of the corpus, which stays. */
  isKept(handle) {
    return this.corpus.tensors.some((tensor) => tensor.handle === handle)
  }

  /** A value for an argument: { name, value }. */
  value() {
    const { random } = this
    switch (random.below(6)) {
      case 0:
        return named(this.handle())
      case 1:
        return { name: 'a plan', value: random.pick(this.plans) }
      case 2:
        return { name: 'a job', value: random.pick(this.jobs)?.job }
      default:
        return hostile(random)
    }
  }

  /** Runs a copy of a spec, and remembers what it gives. */
  op(spec, description = spec) {
    const copy = spec.slice()
    const result = this.call('run', description, () => this.native.run(copy))
    if (result !== undefined) this.loose.push(...copy.slice(0, spec[2]))
  }

  /** Remembers one of the plans, and forgets some. */
  keepPlan(plan) {
    if (plan !== undefined) this.plans.push(plan)
    if (this.plans.length > 20) this.native.planDispose(this.plans.shift())
  }

  /** planStart, whose job is waited for at the end. */
  start(description, plan, handles, steps, first, scalars) {
    const started = { job: undefined, settled: false }
    const settle = () => {
      started.settled = true
    }
    started.ended = new Promise((resolve) => {
      started.job = this.call('planStart', description, () =>
        this.native.planStart(plan, handles, steps, first, scalars, (error) => {
          this.count('a job', error === null ? 'ok' : (error.code ?? error.name))
          settle()
          resolve()
        }),
      )
    })
    if (started.job === undefined) return
    this.jobs.push(started)
    this.jobs = this.jobs.filter(({ settled }) => !settled)
    return started
  }

  /** Aborts the jobs and waits for them. */
  async settle() {
    const { jobs } = this
    this.jobs = []
    for (const { job } of jobs) this.call('job.abort', '', () => job.abort())
    await Promise.all(jobs.map(({ ended }) => ended))
  }

  /** Frees everything; what is left then has been lost. */
  async end() {
    await this.settle()
    for (const handle of this.loose) this.call('release', String(handle), () => this.native.release(handle))
    for (const plan of this.plans) this.call('planDispose', '', () => this.native.planDispose(plan))
    const left = () => {
      const { tensors, bytes } = this.native.memory()
      return {
        tensors: tensors - this.before.tensors - this.lost,
        bytes: this.lost > 0 ? 0 : bytes - this.before.bytes,
      }
    }
    // Jobs of terminated workers end with their present step, and plans that were made by chance with a collection.
    for (let tries = 0; tries < 100 && left().bytes > 0; tries++) {
      globalThis.gc?.()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const { tensors, bytes } = left()
    if (this.interrupted) return
    if (tensors > 0 || bytes > 0) throw new Error(`${tensors} tensors and ${bytes} bytes have not been given back`)
  }
}

const named = (value) => ({ name: String(value), value })
