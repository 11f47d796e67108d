import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { tensor } from '../../lib/index.js'
import { addonFile } from '../../lib/native/addon-file.js'
import { native } from '../../lib/native/binding.js'

// What JavaScript can hand to the addon past all types: every call has to throw an error with a code, and nothing else.

type Loose = (...args: unknown[]) => unknown
const functions: Record<string, Loose> = Object.fromEntries(
  Object.entries<unknown>({ ...native }).filter((entry): entry is [string, Loose] => typeof entry[1] === 'function'),
)

const wrongValues: unknown[] = [
  undefined,
  null,
  Number.NaN,
  Infinity,
  -Infinity,
  -1,
  -0.5,
  0.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e300,
  '',
  'x',
  '1',
  true,
  {},
  [],
  [1, 2],
  [Number.NaN],
  ['x'],
  [-1],
  [2 ** 33],
  new Array(9).fill(1),
  () => 1,
  Symbol('s'),
  1n,
  new Float32Array(3),
  new Float64Array(0),
  new Float64Array(2),
  new Float64Array([Number.NaN, 1, 1, 1]),
  new Uint8Array(7),
  new BigInt64Array(2),
  new ArrayBuffer(8),
  new DataView(new ArrayBuffer(8)),
  new Proxy([], {}),
]

/** The code of what fn throws, or 'returned'. */
function outcome(fn: () => unknown): string {
  try {
    fn()
    return 'returned'
  } catch (error) {
    return (error as { code?: string }).code ?? `no code: ${(error as Error).message}`
  }
}

const live = () => native.create(0, [2, 3], new Float32Array(6))

describe('native functions', () => {
  it('are the ones that binding.ts declares', () => {
    const names = [
      'alias',
      'assign',
      'create',
      'info',
      'item',
      'memory',
      'read',
      'release',
      'run',
      'setInstructionSet',
      'setThreads',
    ]
    expect(Object.keys(functions)).toEqual(expect.arrayContaining(names))
  })

  it.each([
    'create',
    'alias',
    'assign',
    'read',
    'item',
    'run',
    'empty',
    'planCreate',
    'planRun',
    'planStart',
    'planProfile',
    'planTimes',
    'setThreads',
    'setInstructionSet',
  ])('%s refuses every wrong argument', (name) => {
    const fn = functions[name] as Loose
    const before = native.info()
    // 1 could be a handle, a number of threads; it is not among the wrong values.
    for (const value of wrongValues) {
      const got = [outcome(() => fn(value)), outcome(() => fn(value, value)), outcome(() => fn(value, value, value))]
      for (const code of got)
        expect([String(typeof value), value === null, code]).toEqual([
          String(typeof value),
          value === null,
          expect.stringMatching(/^ERR_/),
        ])
    }
    expect(outcome(() => fn())).toMatch(/^ERR_/)
    expect(native.info()).toEqual(before)
  })

  it('take no fraction for a handle', () => {
    const handle = live()
    expect(outcome(() => native.item(handle + 0.5))).toBe('ERR_DISPOSED')
    expect(native.release(handle + 0.5)).toBe(false)
    expect(native.release(handle)).toBe(true)
  })

  it('release says no to every wrong argument', () => {
    for (const value of wrongValues) expect((functions.release as Loose)(value)).toBe(false)
    expect((functions.release as Loose)()).toBe(false)
  })

  it('memory and info take no notice of arguments', () => {
    for (const value of wrongValues)
      for (const name of ['memory', 'info']) expect(outcome(() => functions[name]?.(value))).toBe('returned')
  })
})

it('inputs that an op would compare in pairs for minutes are refused', () => {
  const empty = native.create(0, [0], new Float32Array())
  for (const [op, attributes] of [
    ['accumulateGradients', [1]],
    ['sgdUpdate', [1, 0, 0, 1, 1, 1, 0, 0]],
  ] as const) {
    const run = (n: number) => () =>
      native.run(
        Float64Array.of(native.opcodes[op] as number, n, 0, attributes.length, ...Array(n).fill(empty), ...attributes),
      )
    expect(outcome(run(100))).toBe('returned')
    expect(outcome(run(100_000))).toBe('ERR_ARGUMENT')
  }
})

describe('create', () => {
  const create = functions.create as Loose
  it.each([
    ['a dtype outside', [4, [1], new Float32Array(1)], 'ERR_ARGUMENT'],
    ['a negative size', [0, [-1], new Float32Array(1)], 'ERR_ARGUMENT'],
    ['a fractional size', [0, [1.5], new Float32Array(1)], 'ERR_ARGUMENT'],
    ['nine axes', [0, new Array(9).fill(1), new Float32Array(1)], 'ERR_ARGUMENT'],
    ['too little data', [0, [3], new Float32Array(2)], 'ERR_SHAPE'],
    ['data of another element size', [0, [2], new Float64Array(2)], 'ERR_SHAPE'],
    ['more elements than there are', [0, [2 ** 32 - 1, 2 ** 32 - 1], new Float32Array(2)], 'ERR_ARGUMENT'],
  ] as [string, unknown[], string][])('refuses %s', (_, args, code) => {
    expect(outcome(() => create(...args))).toBe(code)
  })

  it('refuses sizes whose product wraps around to what is there', () => {
    expect(outcome(() => create(0, [2 ** 31, 2 ** 31, 4], new Float32Array(0)))).toMatch(/^ERR_/)
    expect(outcome(() => create(0, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1, 0], new Float32Array(0)))).toBe(
      'ERR_ARGUMENT',
    )
  })

  it('reads a detached buffer as empty', () => {
    const data = new Float32Array(4)
    structuredClone(data.buffer, { transfer: [data.buffer] })
    expect(outcome(() => create(0, [4], data))).toBe('ERR_SHAPE')
  })
})

describe('what runs JavaScript of its own meanwhile', () => {
  /** A shape whose first size is known only after `meddle` has run. */
  const shapeThat = (meddle: () => void, sizes = [6]): number[] =>
    Object.defineProperty([...sizes], 0, {
      get() {
        meddle()
        return sizes[0]
      },
    })

  it('cannot dispose of the tensor of which an alias is made', () => {
    const handle = live()
    expect(
      outcome(() =>
        native.alias(
          handle,
          shapeThat(() => native.release(handle)),
        ),
      ),
    ).toBe('ERR_DISPOSED')
  })

  it('cannot take away the data of which a tensor is made', () => {
    const data = new Float32Array(6)
    const detach = (): unknown => structuredClone(data.buffer, { transfer: [data.buffer] })
    expect(outcome(() => native.create(0, shapeThat(detach), data))).toBe('ERR_SHAPE')
  })

  it('can fill the table of tensors while one is added', () => {
    const made: number[] = []
    const fill = (): void => {
      for (let i = 0; i < 10_000; i++) made.push(native.empty(0, [1]))
    }
    made.push(
      native.empty(0, shapeThat(fill)),
      native.alias(native.create(0, [6], new Float32Array(6)), shapeThat(fill)),
    )
    expect(new Set(made).size).toBe(made.length)
    for (const handle of made) native.release(handle)
  })
})

describe('read', () => {
  const whole = (): number => native.create(1, [2, 3], Int32Array.of(1, 2, 3, 4, 5, 6))

  it('copies as many elements as the array takes, from one on', () => {
    const [handle, three] = [whole(), new Int32Array(3)]
    native.read(handle, 2, three)
    expect(three).toEqual(Int32Array.of(3, 4, 5))
    native.read(handle, 6, new Int32Array(0))
  })

  it.each([
    ['beyond the end', [4, new Int32Array(3)], 'ERR_SHAPE'],
    ['from before the beginning', [-1, new Int32Array(1)], 'ERR_SHAPE'],
    ['from between two elements', [0.5, new Int32Array(1)], 'ERR_SHAPE'],
    ['from nowhere', [Number.NaN, new Int32Array(1)], 'ERR_SHAPE'],
    ['of another dtype', [0, new Float32Array(1)], 'ERR_ARGUMENT'],
    ['into no array', [0, [1]], 'ERR_ARGUMENT'],
  ] as [string, unknown[], string][])('refuses elements %s', (_, args, code) => {
    expect(outcome(() => (functions.read as Loose)(whole(), ...args))).toBe(code)
  })
})

describe('a spec that another thread writes', () => {
  it('is read once: what was checked is what is run', async () => {
    const shared = new SharedArrayBuffer(8 * 64)
    const worker = new Worker(
      'const s = new Float64Array(require("node:worker_threads").workerData); s[63] = 1; for (;;) { s[21] = 1e9; s[21] = 0 }',
      { eval: true, workerData: shared },
    )
    const s = new Float64Array(shared)
    while (s[63] !== 1) await new Promise((resolve) => setTimeout(resolve, 1))
    const x = native.create(0, [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))
    // slice: where it begins on each axis are the last two numbers, the first of which the other thread changes.
    const spec = [native.opcodes.slice as number, 1, 1, 2, x, 0, 2, 1, 1]
    const outcomes = { ran: 0, refused: 0 }
    for (let i = 0; i < 200_000; i++) {
      s.set(spec, 12)
      s[22] = 0
      try {
        const handle = native.run(s.subarray(12))
        expect(native.item(handle)).toBe(1)
        native.release(handle)
        outcomes.ran++
      } catch (error) {
        expect((error as { code: string }).code).toBe('ERR_ARGUMENT')
        outcomes.refused++
      }
    }
    await worker.terminate()
    native.release(x)
    expect(Math.min(outcomes.ran, outcomes.refused)).toBeGreaterThan(0)
  })
})

describe('handles', () => {
  it('that are stale are found out, also when the place has been taken again', () => {
    const stale = live()
    native.release(stale)
    const fresh = live()
    expect(fresh).not.toBe(stale)
    for (const use of [
      () => native.read(stale, 0, new Float32Array(6)),
      () => native.item(stale),
      () => native.alias(stale, [6]),
      () => native.assign(stale, fresh),
      () => native.assign(fresh, stale),
    ])
      expect(outcome(use)).toBe('ERR_DISPOSED')
    expect(native.release(stale)).toBe(false)
    expect(native.release(fresh)).toBe(true)
  })

  it('are assigned in pairs, all or none', () => {
    const handles = [1, 2, 3].map((value) => native.create(0, [2], new Float32Array(2).fill(value)))
    const [a, b, c] = handles as [number, number, number]
    const other = native.create(1, [2], new Int32Array(2))
    const assigned = (to: number[], from: number[]): string =>
      outcome(() => native.assignAll(Float64Array.from(to), Float64Array.from(from)))
    expect(assigned([a, b], [c, other])).toBe('ERR_SHAPE')
    expect(assigned([a, b], [c, -1])).toBe('ERR_DISPOSED')
    expect(assigned([a, b], [c])).toBe('ERR_ARGUMENT')
    expect([a, b, c].map((handle) => native.item(handle))).toEqual([1, 2, 3])
    expect(assigned([a, b], [b, c])).toBe('returned')
    expect([a, b, c].map((handle) => native.item(handle))).toEqual([2, 3, 3])
    expect(assigned([], [])).toBe('returned')
    for (const handle of [...handles, other]) native.release(handle)
  })

  it('of tensors of other sizes and dtypes are not assigned', () => {
    const [a, b] = [live(), native.create(1, [2, 3], new Int32Array(6))]
    expect(outcome(() => native.assign(a, b))).toBe('ERR_SHAPE')
    expect(outcome(() => native.alias(a, [7]))).toBe('ERR_SHAPE')
    native.assign(a, a)
    for (const handle of [a, b]) native.release(handle)
  })
})

describe('run', () => {
  const neg = native.opcodes.neg as number
  it.each([
    ['an opcode outside', [1e6, 0, 0, 0]],
    ['a fractional opcode', [0.5, 0, 0, 0]],
    ['a count that is NaN', [neg, Number.NaN, 1, 0]],
    ['more inputs than numbers', [neg, 4096, 0, 0]],
    ['very many more inputs than numbers', [neg, 2 ** 31 - 1, 0, 0]],
    ['more outputs than allowed', [neg, 0, 17, 0]],
    ['more attributes than numbers', [neg, 0, 0, 5]],
    ['an output of rank 9', [neg, 0, 1, 0, 0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['an output of an unknown dtype', [neg, 0, 1, 0, 7, 0]],
    ['an output of negative size', [neg, 0, 1, 0, 0, 1, -3]],
    ['no input where one is needed', [neg, 0, 1, 0, 0, 0]],
  ])('refuses %s', (_, spec) => {
    expect(outcome(() => native.run(Float64Array.from(spec)))).toBe('ERR_ARGUMENT')
  })

  it('is read from memory that the addon knows only if nobody can take that away', () => {
    tensor([1]).neg().dispose()
    const buffer = new SharedArrayBuffer(64)
    const kept = native.shareSpec(new Float64Array(buffer))
    expect(kept).toBeInstanceOf(Float64Array)
    expect(kept.buffer).toBeInstanceOf(SharedArrayBuffer)
    // Copies of the library that load the same addon share the first one's array.
    expect(kept.length).toBe(1024)
    expect(native.shareSpec(kept)).toBe(kept)
    kept.fill(Number.NaN)
    expect(outcome(() => native.run())).toBe('ERR_ARGUMENT')
    const fresh = new Worker(
      `const { native } = require('node:worker_threads').workerData
       const addon = require(native)
       const answers = [new Float64Array(8), new Float32Array(new SharedArrayBuffer(64)), [1], undefined]
         .map((value) => { try { addon.shareSpec(value); return 'kept' } catch (error) { return error.code } })
       try { addon.run() } catch (error) { answers.push(error.code) }
       require('node:worker_threads').parentPort.postMessage(answers)`,
      { eval: true, workerData: { native: addonFile() } },
    )
    return new Promise<void>((resolve, reject) => {
      fresh.once('error', reject)
      fresh.once('message', (answers) => {
        expect(answers).toEqual(Array(5).fill('ERR_ARGUMENT'))
        resolve()
      })
    })
  })

  it('refuses an op without outputs, of another shape or dtype', () => {
    const x = live()
    for (const output of [[0], [1, 0, 1, 6], [1, 1, 2, 2, 3], [1, 0, 2, 3, 2], [2, 0, 2, 2, 3, 0, 2, 2, 3]]) {
      const [outs, ...rest] = output as [number, ...number[]]
      expect(outcome(() => native.run(Float64Array.from([neg, 1, outs, 0, x, ...rest])))).toBe('ERR_ARGUMENT')
    }
    native.release(x)
  })

  it('leaves memory as it was after every refusal', () => {
    const before = native.memory()
    outcome(() => native.run(Float64Array.from([neg, 1, 1, 0, 12345, 0, 1, 8])))
    outcome(() => native.run(Float64Array.from([native.opcodes.fill as number, 0, 1, 1, 0, 2, 4294967295, 2000, 1])))
    expect(native.memory()).toEqual(before)
  })
})

describe('a getter among the sizes', () => {
  it('that throws or changes its mind does no harm', () => {
    const shape: number[] = [2, 3]
    Object.defineProperty(shape, 1, {
      get() {
        throw new TypeError('no')
      },
    })
    expect(() => native.create(0, shape, new Float32Array(6))).toThrow()
    expect(outcome(() => native.create(0, [2, 3], new Float32Array(6)))).toBe('returned')
  })
})
