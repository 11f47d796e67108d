import { describe, expect, it } from 'vitest'
import { native } from '../../lib/native/binding.js'
import { add, square } from '../../lib/ops/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'

const alive = (): number => native.memory().tensors

/** How many more tensors are alive after fn. */
function growth(fn: () => unknown): number {
  const before = alive()
  fn()
  return alive() - before
}

describe('tidy', () => {
  it('frees all but what is returned', () => {
    let kept: Tensor | undefined
    expect(growth(() => (kept = tidy(() => ones([2]).add(1).mul(3))))).toBe(1)
    expect(kept?.toArray()).toEqual([6, 6])
  })

  it('looks into arrays, plain objects and maps', () => {
    const count = growth(() => {
      const { list, map } = tidy(() => {
        ones([9])
        return { list: [ones([1]), { deep: [ones([2])] }] as const, map: new Map([['a', ones([3])]]), other: 'text' }
      })
      expect([list[0].size, list[1].deep[0]?.size, map.get('a')?.size]).toEqual([1, 2, 3])
    })
    expect(count).toBe(3)
  })

  it('nests: what an inner one returns belongs to the outer one', () => {
    expect(
      growth(() =>
        tidy(() => {
          const inner = tidy(() => ones([2]).add(1))
          expect(inner.toArray()).toEqual([2, 2])
          return 1
        }),
      ),
    ).toBe(0)
  })

  it('frees everything when the function throws', () => {
    const count = growth(() =>
      expect(() =>
        tidy(() => {
          ones([2]).add(1)
          throw new Error('inside')
        }),
      ).toThrow('inside'),
    )
    expect(count).toBe(0)
  })

  it('refuses an asynchronous function, and frees what it made', () => {
    const count = growth(() => {
      expect(failure(() => tidy(async () => ones([2]).add(1)))).toEqual({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(/^\[tidy\]/),
      })
    })
    expect(count).toBe(0)
  })

  it('says where a freed tensor was used', () => {
    let escaped: Tensor | undefined
    tidy(() => {
      escaped = ones([2])
    })
    expect(failure(() => add(escaped as Tensor, 1))).toEqual({
      code: 'ERR_DISPOSED',
      message: expect.stringMatching(/^\[add\].*tidy/),
    })
  })

  it('keeps what a later backward pass through the result needs', () => {
    const x = tensor([1, 2], undefined, { requiresGrad: true })
    const y = tidy(() => square(x.exp()).sum())
    y.backward()
    expect(x.grad?.data()[1]).toBeCloseTo(2 * Math.exp(4), 3)
  })

  it('leaves tensors from outside alone, and parameters made inside', () => {
    const outside = ones([2])
    const parameter = tidy(() => {
      outside.add(1)
      return new Parameter(ones([3]))
    })
    const stray: Parameter[] = []
    tidy(() => {
      stray.push(new Parameter(ones([3])))
    })
    expect([outside.size, parameter.data()[0], stray[0]?.data()[0]]).toEqual([2, 1, 1])
  })

  it('leaves a gradient that was made inside with its leaf', () => {
    const x = tensor([1, 2], undefined, { requiresGrad: true })
    tidy(() => x.mul(3).sum().backward())
    tidy(() => x.mul(3).sum().backward())
    expect(x.grad?.toArray()).toEqual([6, 6])
  })
})

describe('dispose', () => {
  it('frees at once, and Symbol.dispose too', () => {
    expect(
      growth(() => {
        ones([2]).dispose()
        ones([2])[Symbol.dispose]()
      }),
    ).toBe(0)
  })

  it('of one handle leaves another on the same storage alone', () => {
    const x = ones([4])
    const view = x.reshape([2, 2])
    x.dispose()
    expect(view.toArray()).toEqual([
      [1, 1],
      [1, 1],
    ])
  })

  it('of a parameter uses up nothing else', () => {
    const value = ones([2])
    const parameter = new Parameter(value)
    expect(failure(() => value.data()).code).toBe('ERR_DISPOSED')
    parameter.dispose()
    expect(failure(() => parameter.assign(ones([2]))).code).toBe('ERR_DISPOSED')
  })
})

describe('memory in synchronous loops', () => {
  it('is flat over 20,000 training-like steps in tidy', () => {
    const w = new Parameter(ones([8, 8]))
    const x = ones([4, 8])
    const step = () =>
      tidy(() => {
        x.matmul(w).relu().square().mean().backward()
        w.assign(w.sub((w.grad as Tensor).mul(1e-6)).detach())
        w.zeroGrad()
      })
    step()
    const { bytes, tensors } = native.memory()
    for (let i = 0; i < 20_000; i++) step()
    expect(native.memory()).toMatchObject({ bytes, tensors })
    const peak = native.memory().peakBytes
    for (let i = 0; i < 100; i++) step()
    expect(native.memory().peakBytes).toBe(peak)
  })
})

it('tidy tells a tensor by what is its own, whatever Object.prototype has been given', () => {
  Object.defineProperty(Object.prototype, 'rawHandle', {
    value: 1,
    writable: true,
    enumerable: true,
    configurable: true,
  })
  try {
    const [kept, other] = tidy(() => [ones([2]), {}] as const)
    expect([...kept.data()]).toEqual([1, 1])
    expect(other).toEqual({})
  } finally {
    Reflect.deleteProperty(Object.prototype, 'rawHandle')
  }
})
