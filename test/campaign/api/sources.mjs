import { detach, toss } from './values.mjs'

// Batches for fit, evaluate and predictStream: from sources that behave, and from those that do not. `endless` are those that give
// for ever, or never give: only a signal ends a run of them.

const batches = 4

export function sourcesOf(world, random) {
  const pair = () => [world.x(), world.y()]
  const at = random.below(batches)

  /** A source of four batches, of which the iterator's methods may be others. @param give what comes in the place of batch i */
  const later = ({ give = pair, ...methods }) => ({
    [Symbol.asyncIterator]() {
      let i = 0
      const next = async () =>
        i < batches ? { done: false, value: await give(i++) } : { done: true, value: undefined }
      return { next, return: async () => ({ done: true, value: undefined }), ...methods }
    },
  })
  const never = () => new Promise(() => {})

  const finite = {
    'a list': () => Array.from({ length: batches }, pair),
    'a generator': () =>
      (function* () {
        for (let i = 0; i < batches; i++) yield pair()
      })(),
    'an async generator': () =>
      (async function* () {
        for (let i = 0; i < batches; i++) yield pair()
      })(),
    'a dataset': world.dataset,
    'a mapped dataset': () => world.dataset().map(([x, y]) => [x.mul(2), y]),
    'a prefetched dataset': () => world.dataset().shuffle(3).prefetch(2),
    'a dataset of an iterable': () => world.streamed().batch(2),
    'an empty list': () => [],
    'a source that throws': () => later({ give: (i) => (i === at ? toss() : pair()) }),
    'a source that throws at once': () => later({ next: toss }),
    'a return that throws': () => later({ return: toss }),
    'a return that rejects': () => later({ return: async () => toss() }),
    'a return that never settles': () => later({ return: never }),
    'a source without return': () => later({ return: undefined }),
    'a return that is none': () => later({ return: 5 }),
    'batches of nothing': () => [null, undefined, 5, []],
    'batches of wrong shapes': () => [pair(), [world.row(), world.y()]],
    'batches of disposed tensors': () => [pair(), [world.disposed(), world.y()]],
    'a source that disposes what it gave': () =>
      (async function* () {
        for (let i = 0; i < batches; i++) {
          const given = pair()
          yield given
          for (const tensor of given) tensor.dispose()
        }
      })(),
    'a source that detaches what it gave': () =>
      (async function* () {
        for (let i = 0; i < batches; i++) {
          const data = new Float32Array(18)
          yield [{ data, shape: [6, 3] }, [0, 1, 0, 1, 0, 1]]
          detach(data)
        }
      })(),
    'a map that throws': () => world.dataset().map(toss),
    'a filter that is none': () => world.dataset().filter(() => 'yes'),
    'a dataset of single samples': world.streamed,
  }
  const endless = {
    'a source that stalls': () => later({ give: (i) => (i >= at ? never() : pair()) }),
    'a source that stalls and never returns': () => later({ next: never, return: never }),
    'a generator that stalls': () =>
      (async function* () {
        yield pair()
        await never()
      })(),
    'a dataset that stalls': () => world.streamed().map(never).batch(2),
    'a dataset that stalls behind prefetch': () => world.streamed().map(never).batch(2).prefetch(3),
    'an endless generator': () =>
      (function* () {
        const given = pair()
        for (;;) yield given
      })(),
    'an endless dataset': () => world.dataset().repeat(),
    'an endless filter': () =>
      world
        .dataset()
        .repeat()
        .filter(() => false),
    'a promise of a batch that never comes': () => [never()],
  }
  return { finite, endless }
}

/** x and y in memory: right, wrong, and such that change while they are copied. */
export function memoriesOf(world) {
  const large = 1.2e6
  const shaped = () => ({ data: new Float32Array(3 * large), shape: [large, 3] })
  return {
    tensors: () => [world.x(), world.y()],
    'nested arrays': () => [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [0, 1],
    ],
    'tensors that are disposed of at once': () => {
      const given = [world.x(), world.y()]
      queueMicrotask(() => {
        for (const tensor of given) tensor.dispose()
      })
      return given
    },
    'disposed tensors': () => [world.disposed(), world.y()],
    'other counts': () => [world.x(), [0, 1]],
    'a large array that is detached': () => {
      const x = shaped()
      setImmediate(() => detach(x.data))
      return [x, new Int32Array(large)]
    },
    'a large array that shrinks': () => {
      const buffer = new ArrayBuffer(12 * large, { maxByteLength: 12 * large })
      const data = new Float32Array(buffer)
      setImmediate(() => buffer.resize(4))
      return [{ data, shape: [large, 3] }, new Int32Array(large)]
    },
    'labels that are none': () => [world.x(), [0, 1, 2, 3, 4, 5]],
    'numbers that are none': () => [[[Number.NaN, 1, 2]], [0]],
    'getters that throw': () => [Object.defineProperty([[1, 2, 3]], 0, { get: toss, enumerable: true }), [0]],
    'no y': () => [world.x(), undefined],
  }
}
