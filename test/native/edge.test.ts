import { describe, expect, it } from 'vitest'
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

  it('release says no to every wrong argument', () => {
    for (const value of wrongValues) expect((functions.release as Loose)(value)).toBe(false)
    expect((functions.release as Loose)()).toBe(false)
  })

  it('memory and info take no notice of arguments', () => {
    for (const value of wrongValues)
      for (const name of ['memory', 'info']) expect(outcome(() => functions[name]?.(value))).toBe('returned')
  })
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
    expect(outcome(() => create(0, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1, 0], new Float32Array(0)))).toMatch(
      /^ERR_|returned/,
    )
  })

  it('reads a detached buffer as empty', () => {
    const data = new Float32Array(4)
    structuredClone(data.buffer, { transfer: [data.buffer] })
    expect(outcome(() => create(0, [4], data))).toBe('ERR_SHAPE')
  })
})

describe('handles', () => {
  it('that are stale are found out, also when the place has been taken again', () => {
    const stale = live()
    native.release(stale)
    const fresh = live()
    expect(fresh).not.toBe(stale)
    for (const use of [
      () => native.read(stale),
      () => native.item(stale),
      () => native.alias(stale, [6]),
      () => native.assign(stale, fresh),
      () => native.assign(fresh, stale),
    ])
      expect(outcome(use)).toBe('ERR_DISPOSED')
    expect(native.release(stale)).toBe(false)
    expect(native.release(fresh)).toBe(true)
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
    ['more inputs than allowed', [neg, 1e9, 0, 0]],
    ['more outputs than allowed', [neg, 0, 17, 0]],
    ['more attributes than numbers', [neg, 0, 0, 5]],
    ['an output of rank 9', [neg, 0, 1, 0, 0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['an output of an unknown dtype', [neg, 0, 1, 0, 7, 0]],
    ['an output of negative size', [neg, 0, 1, 0, 0, 1, -3]],
    ['no input where one is needed', [neg, 0, 1, 0, 0, 0]],
  ])('refuses %s', (_, spec) => {
    expect(outcome(() => native.run(Float64Array.from(spec)))).toBe('ERR_ARGUMENT')
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
