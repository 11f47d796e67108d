import { createContext, runInContext } from 'node:vm'

// What callers hand over by mistake or by malice. Each kind has a label, by which a report names it.

/** An error of the caller's own, which may come out of any call that touches what throws it. */
export class Thrown extends Error {
  name = 'Thrown'
}

export const toss = () => {
  throw new Thrown('tossed')
}

const realm = createContext({})
const foreign = (code) => runInContext(code, realm)

const numbers = [
  ...[0, -0, 1, 2, 3, 5, 16, -1, -2, 0.5, 1e-300, 1e300, -1e300, Number.NaN, Infinity, -Infinity],
  ...[255, 256, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 31), -(2 ** 53)],
]

const texts = [
  ...['', ' ', 'relu', 'sgd', 'mse', 'acc', 'loss', 'val_loss', 'float32', 'int32', 'bool', 'heNormal', 'min', 'NaN'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'length', '\0', '\ud800', '😀', '../..'],
]

/** @param random a Random @param own makes values of the library, by label: tensors, models, … */
export function hostileValues(random, own) {
  const kinds = { ...primitives(random), ...functions, ...objects(random), ...arrays(random), ...buffers, ...own }
  const labels = Object.keys(kinds)
  return () => {
    const label = random.pick(labels)
    const value = kinds[label]()
    return { label: isShort(value) ? `${typeof value} ${String(value)}` : label, value }
  }
}

const isShort = (value) =>
  typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length < 40)

const primitives = (random) => ({
  'a number': () => random.pick(numbers),
  'another number': () => random.pick(numbers),
  'a text': () => random.pick(texts),
  'a long text': () => 'x'.repeat(1e6),
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  'a bigint': () => random.pick([0n, 1n, 2n ** 4000n]),
  'a symbol': () => Symbol('s'),
})

const functions = {
  'a function of nothing': () => () => {},
  'a function that gives back': () => (x) => x,
  'a function that throws': () => toss,
  'a function that gives NaN': () => () => Number.NaN,
  'an async function': () => async () => 1,
  'an async function that throws': () => async () => toss(),
  'a generator function': () =>
    function* numbers() {
      yield 1
    },
  'a class': () => class Mine {},
  'a foreign function': () => foreign('(x) => x'),
  'a proxy of a function': () => new Proxy(() => {}, {}),
}

const getter = (object, name, get = toss) => Object.defineProperty(object, name, { get, enumerable: true })
const throwingTraps = { get: toss, has: toss, ownKeys: toss, getPrototypeOf: toss, getOwnPropertyDescriptor: toss }

const objects = (random) => ({
  'an empty object': () => ({}),
  'an object without prototype': () => Object.create(null),
  'an object with its own __proto__': () => JSON.parse('{"__proto__": 1, "constructor": 2}'),
  'a foreign object': () => foreign('({ shape: [2, 3] })'),
  'an object in itself': () => {
    const object = {}
    object.x = object
    return object
  },
  'a deep object': () => nested((x) => ({ x })),
  'a shaped array of a wrong size': () => ({ data: new Float32Array(5), shape: [2, 3] }),
  'a shaped array of texts': () => ({ data: ['a'], shape: ['b'] }),
  'an object with a getter that throws': () =>
    getter({}, random.pick(['shape', 'data', 'name', 'x', 'constructor', 'length', 'seed', 'rawHandle'])),
  'an object that is no primitive': () => ({ [Symbol.toPrimitive]: toss, toString: toss, valueOf: toss }),
  'a map': () => new Map([['a', 1]]),
  'a set': () => new Set([1]),
  'an invalid date': () => new Date(Number.NaN),
  'a regular expression': () => /x/,
  'an error': () => new Error('e'),
  'a promise': () => Promise.resolve(1),
  'a promise that never settles': () => new Promise(() => {}),
  'a rejected promise': () => {
    const promise = Promise.reject(new Thrown('rejected'))
    promise.catch(() => {})
    return promise
  },
  'a thenable': () => getter({}, 'then', () => (resolve) => resolve(1)),
  'a then that throws': () => getter({}, 'then'),
  'a generator': () =>
    (function* numbers() {
      yield 1
    })(),
  'a proxy that throws': () => new Proxy({}, throwingTraps),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'an iterator that throws': () => ({ [Symbol.iterator]: toss }),
  'an iterator that is none': () => ({ [Symbol.iterator]: () => 1 }),
  'an async iterator that is none': () => ({ [Symbol.asyncIterator]: () => null }),
  'an iterator of nothing': () => ({ [Symbol.iterator]: () => ({ next: () => undefined }) }),
  'an async iterator of nothing': () => ({ [Symbol.asyncIterator]: () => ({ next: async () => null }) }),
  'no iterator': () => ({ [Symbol.iterator]: undefined }),
  'an aborted signal': () => AbortSignal.abort(new Thrown('aborted')),
})

const arrays = (random) => ({
  'an empty array': () => [],
  'nested empty arrays': () => [[], []],
  'an array of undefined': () => [undefined],
  'an array of null': () => [null, null],
  'an array of NaN': () => [Number.NaN],
  'an array of numbers': () => random.some(4, () => random.pick(numbers)),
  'an array of texts': () => [random.pick(texts), random.pick(texts)],
  'an array of objects': () => [{}, {}],
  'a ragged array': () => [[1, 2], [3]],
  'a sparse array': () => new Array(5),
  'a long sparse array': () => new Array(1e6),
  'a long array': () => new Array(1e5).fill(1),
  'a deep array': () => nested((x) => [x]),
  'an array in itself': () => {
    const array = []
    array.push(array, array)
    return array
  },
  'an array with a getter that throws': () => getter([1, 2], 0),
  'a proxy of an array': () => new Proxy([1, 2], {}),
  'a foreign array': () => foreign('[[1, 2, 3], [4, 5, 6]]'),
})

const buffers = {
  'an array buffer': () => new ArrayBuffer(8),
  'a data view': () => new DataView(new ArrayBuffer(8)),
  'shared floats': () => new Float32Array(new SharedArrayBuffer(24)),
  'big integers': () => new BigInt64Array(2),
  doubles: () => new Float64Array([1, Number.NaN, 1e300]),
  floats: () => new Float32Array(6),
  bytes: () => new Uint8Array(6),
  integers: () => new Int32Array([0, 1, -1, 2 ** 31 - 1, 5, 6]),
  'no floats': () => new Float32Array(0),
  'foreign floats': () => foreign('new Float32Array([1, 2, 3, 4, 5, 6])'),
  'a detached array': () => detach(new Float32Array(6)),
  'an array out of bounds': () => {
    const buffer = new ArrayBuffer(24, { maxByteLength: 24 })
    const array = new Float32Array(buffer, 0, 6)
    buffer.resize(4)
    return array
  },
  'an array that tracks its length': () => new Float32Array(new ArrayBuffer(24, { maxByteLength: 48 })),
}

/** Takes an array's elements away. */
export function detach(array) {
  structuredClone(array.buffer, { transfer: [array.buffer] })
  return array
}

function nested(wrap) {
  let deep = 1
  for (let i = 0; i < 20_000; i++) deep = wrap(deep)
  return deep
}
