// Values that no function expects, with a name each, for the record of the last call.
import { runInNewContext } from 'node:vm'

/** Numbers at which something begins or ends. */
export const oddNumbers = [
  ...[0, 1, 2, 3, 4, 5, 7, 8, 16, 63, 64, 128, 255, 256, 4096, 1e5, -0, -1, -2, 0.5, 1.5, 1e300, -1e300, 1e-300],
  ...[24, 31, 32, 40, 43, 46, 52, 53, 63, 64].flatMap((power) => [2 ** power, 2 ** power - 1, -(2 ** power)]),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
]

const arrays = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
]

const thrower = () => {
  throw new RangeError('thrown on purpose')
}
const traps = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, thrower]))

const makers = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  symbol: () => Symbol('s'),
  bigint: () => 1n,
  string: () => 'x',
  'number in a string': () => '1',
  function: () => () => 1,
  object: () => ({}),
  'nine axes': () => new Array(9).fill(1),
  'array of strings': () => ['x'],
  'array of holes': () => new Array(3),
  'array of 2³² - 1': () => new Array(2 ** 32 - 1),
  'proxy that throws': () => new Proxy([], traps),
  'proxy of an array': () => new Proxy([2, 2], {}),
  'proxy that was revoked': () => {
    const { proxy, revoke } = Proxy.revocable([], {})
    revoke()
    return proxy
  },
  'object that throws': () => ({
    valueOf: thrower,
    toString: thrower,
    get length() {
      return thrower()
    },
  }),
  'array that throws': () => Object.defineProperty([1, 2], 0, { get: thrower }),
  'array buffer': () => new ArrayBuffer(8),
  'data view': () => new DataView(new ArrayBuffer(8)),
  'array of another realm': () => runInNewContext('[2, 2]'),
  'typed array of another realm': () => runInNewContext('new Float64Array(4)'),
  detached: (random) => {
    const array = new (random.pick(arrays))(8)
    structuredClone(array.buffer, { transfer: [array.buffer] })
    return array
  },
  shrunk: (random) => {
    const buffer = new ArrayBuffer(128, { maxByteLength: 256 })
    const Kind = random.pick(arrays)
    const array = random.once(2) ? new Kind(buffer) : new Kind(buffer, 16, 8)
    buffer.resize(random.pick([0, 8, 16, 64, 256]))
    return array
  },
  shared: (random) => new (random.pick(arrays))(new SharedArrayBuffer(128)),
  growable: (random) => {
    const buffer = new SharedArrayBuffer(64, { maxByteLength: 256 })
    const array = new (random.pick(arrays))(buffer)
    buffer.grow(128)
    return array
  },
}

const names = Object.keys(makers)

/** One of them: { name, value }. */
export function hostile(random) {
  const kind = random.below(4)
  if (kind === 0) {
    const value = random.pick(oddNumbers)
    return { name: String(value), value }
  }
  if (kind === 1) {
    const value = random.some(4, () => random.below(5))
    return { name: `[${value}]`, value }
  }
  if (kind === 2) {
    const Kind = random.pick(arrays)
    const value = new Kind(random.below(33))
    return { name: `${Kind.name}(${value.length})`, value }
  }
  const name = random.pick(names)
  return { name, value: makers[name](random) }
}
