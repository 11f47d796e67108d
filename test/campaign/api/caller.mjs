import { callsOf, isClass } from './calls.mjs'
import { faultOf, outcomeOf } from './findings.mjs'
import { inTime } from './in-time.mjs'
import { mutate, tensorsOf } from './mutate.mjs'
import { hostileValues } from './values.mjs'

/** Milliseconds that a call may take. */
const patience = 10_000

/** Single calls of exports and members, each judged by how it ends and by what it leaves behind. */
export class Caller {
  constructor({ myelin, world, random, findings, count, slowness }) {
    Object.assign(this, { myelin, world, random, findings, count, slowness })
    this.calls = callsOf(myelin, world, random)
    this.hostile = hostileValues(random, world.own())
  }

  async one() {
    const { random, count } = this
    const { entry, make, bases } = random.pick(this.calls)
    const { call, self } = make()
    const base = random.pick(bases)()
    const { args, done } = mutate(base, this.hostile, random)
    const description = `${sketch(base)} ${done}`
    count.begin(entry, description)
    const unpollute = random.once(30) ? pollute(random) : null
    const outcome = await this.judge(
      { entry, call, self, args, asTheyAre: done === 'as they are' },
      `${entry}(${description})`,
    )
    unpollute?.()
    count(entry, outcome)
  }

  /** Makes a call; resolves to how it ended. */
  async judge({ entry, call, self, args, asTheyAre }, description) {
    const before = this.tensorsBeside(self)
    const began = process.cpuUsage()
    let result
    try {
      result = call(...args)
    } catch (error) {
      const left = this.tensorsBeside(self) - before
      if (left > 0)
        this.findings.add(`left ${left} tensors behind: "${String(error?.message).slice(0, 80)}"`, description, error)
      return this.refused(error, description)
    } finally {
      // The machine may do other things meanwhile.
      const took = process.cpuUsage(began).user / 1000
      if (took > patience * this.slowness) this.findings.add(`took ${Math.round(took)} ms`, description)
    }
    try {
      if (asTheyAre && isOp(entry, result, this.myelin)) this.compare(call, args, result, description)
      await this.follow(result, self, args, description)
      return 'ok'
    } catch (error) {
      // A caller's own promise may never settle.
      return /never settles/.test(description) ? 'never' : this.refused(error, `${description} and what it gave`)
    } finally {
      await self?.onTrainEnd?.()
    }
  }

  /** The tensors there are, but for the weights of the object: what is built for what it then refuses stays built. */
  tensorsBeside(self) {
    return this.myelin.runtime.memory().tensors - (self?.weights?.length ?? 0)
  }

  refused(error, description) {
    const fault = faultOf(error, this.myelin)
    if (fault !== null) this.findings.add(fault, description, error)
    return outcomeOf(error)
  }

  /** An op compiled gives the same bits. */
  compare(call, args, result, description) {
    const { Tensor, compile } = this.myelin
    const at = args.flatMap((arg, i) => (arg instanceof Tensor ? [i] : []))
    const compiled = compile((...inputs) =>
      call(...args.map((arg, i) => (at.includes(i) ? inputs[at.indexOf(i)] : arg))),
    )
    const again = compiled(...at.map((i) => args[i]))
    const [wanted, got] = [result, again].map((tensor) => `${tensor.dtype} ${tensor.shape}: ${tensor.data()}`)
    if (wanted !== got)
      this.findings.add(
        'compiled is not what it is eagerly',
        `${description}: ${wanted.slice(0, 80)} ${got.slice(0, 80)}`,
      )
    again.dispose()
    compiled.dispose()
  }

  /** Uses what a call gave, as a caller would, and frees it. */
  async follow(given, self, args, description) {
    const own = new Set(tensorsOf(args))
    const most = (/never settles/.test(description) ? 100 : patience) * this.slowness
    const called = typeof given === 'function' && !isClass(given) ? given(...this.someArguments()) : given
    const result = await inTime(called, most)
    if (typeof result !== 'object' || result === null || result === self || args.includes(result)) return
    if (Symbol.asyncIterator in result) await this.read(result, own, most)
    if ('ensureBuilt' in result && 'call' in result) this.useLayer(result)
    for (const tensor of tensorsOf(result)) {
      this.checkTensor(tensor, description)
      if (!own.has(tensor)) tensor.dispose()
    }
  }

  someArguments() {
    const { random, world, hostile } = this
    const { x, row } = world
    return random.pick([
      () => [],
      () => [x()],
      () => [[2, 3]],
      () => [x(), row()],
      () => [3],
      () => [hostile().value],
    ])()
  }

  async read(elements, own, most) {
    const iterator = elements[Symbol.asyncIterator]()
    for (let i = 0; i < 4; i++) {
      const { done, value } = await inTime(iterator.next(), most)
      if (done) return
      for (const tensor of tensorsOf(value)) if (!own.has(tensor)) tensor.dispose()
    }
    await inTime(iterator.return?.(), most)
  }

  useLayer(layer) {
    if (layer.built !== false) return
    const output = layer.apply(this.world.x())
    for (const tensor of tensorsOf([output])) tensor.dispose()
    for (const weight of layer.weights) weight.dispose()
  }

  checkTensor(tensor, description) {
    if (tensor.handle < 0) return
    const { shape, size, dtype } = tensor
    const whole = shape.reduce((n, m) => n * m, 1) === size && ['float32', 'int32', 'uint8', 'bool'].includes(dtype)
    if (!whole || (size < 1e5 && tensor.data().length !== size))
      this.findings.add('gave a tensor that is none', `${description}: ${shape} ${size} ${dtype}`)
  }
}

/** Gives every object a property that options and data are known by; returns what takes it back. */
function pollute(random) {
  const name = random.pick(['polluted', 'units', 'shape', 'data', 'dtype', 'rawHandle', 'signal', 'seed', 'x', 'loss'])
  Object.defineProperty(Object.prototype, name, { value: 1, writable: true, enumerable: true, configurable: true })
  return () => delete Object.prototype[name]
}

/** Whether it is an op without chance whose result has elements to compare. */
const isOp = (entry, result, { Tensor, matmul }) =>
  matmul !== undefined &&
  result instanceof Tensor &&
  result.handle >= 0 &&
  result.size < 1e4 &&
  (/^[a-z]\w*$/.test(entry) || /^losses\./.test(entry)) &&
  !/random|dropout|rrelu|tidy|noGrad|zeros|ones|full|eye|arange|linspace|tensor/i.test(entry)

/** Right arguments in few words. */
function sketch(value, depth = 0) {
  if (typeof value === 'function') return 'f'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value))
    return depth > 2 || value.length > 8
      ? `[… ${value.length}]`
      : `[${value.map((part) => sketch(part, depth + 1)).join(', ')}]`
  const { name } = value.constructor
  if (Object.getPrototypeOf(value) !== Object.prototype) return 'shape' in value ? `${name}[${value.shape}]` : name
  return `{ ${Object.entries(value)
    .map(([key, part]) => `${key}: ${depth > 2 ? '…' : sketch(part, depth + 1)}`)
    .join(', ')} }`
}
