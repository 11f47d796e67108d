import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { customOp } from '../../lib/autodiff/custom-op.js'
import { noGrad } from '../../lib/autodiff/tape.js'
import { add, argMax, batchNormalization, concat, exp, mul, slice, square } from '../../lib/ops/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'

const variable = (data: number | number[]): Tensor => tensor(data, undefined, { requiresGrad: true })
const gradOf = (x: Tensor): unknown => x.grad?.toArray()

describe('the examples of DeZero', () => {
  it('y = add(x, x) has the derivative 2', () => {
    const x = variable(3)
    const y = add(x, x)
    y.backward()
    expect([y.item(), gradOf(x)]).toEqual([6, 2])
  })

  it('y = square(a) + square(a) with a = square(x) is 32 at x = 2, its derivative 64', () => {
    const x = variable(2)
    const a = square(x)
    const y = add(square(a), square(a))
    y.backward()
    expect([y.item(), gradOf(x)]).toEqual([32, 64])
  })

  it('square(exp(square(x))) at 0.5 has the derivative 3.297442541400256', () => {
    const x = variable(0.5)
    square(exp(square(x))).backward()
    expect(x.grad?.item()).toBeCloseTo(3.297442541400256, 5)
  })

  it('z = x² + y² has the gradient (2x, 2y)', () => {
    const [x, y] = [variable(2), variable(3)]
    add(square(x), square(y)).backward()
    expect([gradOf(x), gradOf(y)]).toEqual([4, 6])
  })

  it('clears a gradient between two uses of a variable', () => {
    const x = variable(3)
    add(x, x).backward()
    x.zeroGrad()
    expect(x.grad).toBeNull()
    add(add(x, x), x).backward()
    expect(gradOf(x)).toBe(3)
  })

  it('Sphere, Matyas and Goldstein–Price at (1, 1)', () => {
    const at = (f: (x: Tensor, y: Tensor) => Tensor) => {
      const [x, y] = [variable(1), variable(1)]
      f(x, y).backward()
      return [x.grad?.item(), y.grad?.item()]
    }
    expect(at((x, y) => x.pow(2).add(y.pow(2)))).toEqual([2, 2])
    const matyas = at((x, y) => x.pow(2).add(y.pow(2)).mul(0.26).sub(x.mul(y).mul(0.48)))
    expect(matyas[0]).toBeCloseTo(0.04, 6)
    expect(matyas[1]).toBeCloseTo(0.04, 6)
    const polynomial = (terms: [number, number, number][]) => (x: Tensor, y: Tensor) =>
      terms.map(([c, m, n]) => x.pow(m).mul(y.pow(n)).mul(c)).reduce((a, b) => a.add(b))
    const first = polynomial([
      [19, 0, 0],
      [-14, 1, 0],
      [3, 2, 0],
      [-14, 0, 1],
      [6, 1, 1],
      [3, 0, 2],
    ])
    const second = polynomial([
      [18, 0, 0],
      [-32, 1, 0],
      [12, 2, 0],
      [48, 0, 1],
      [-36, 1, 1],
      [27, 0, 2],
    ])
    const goldstein = at((x, y) => {
      const one = square(x.add(y).add(1)).mul(first(x, y)).add(1)
      const two = square(x.mul(2).sub(y.mul(3)))
        .mul(second(x, y))
        .add(30)
      return one.mul(two)
    })
    expect(goldstein).toEqual([-5376, 8064])
  })

  it("Newton's method by second derivatives reaches the minimum of x⁴ − 2x²", () => {
    let x = variable(2)
    for (let i = 0; i < 10; i++) {
      const y = x.pow(4).sub(x.pow(2).mul(2))
      const [first] = gradients(y, [x], { createGraph: true }) as [Tensor]
      const [second] = gradients(first, [x]) as [Tensor]
      x = variable(x.item() - first.item() / second.item())
    }
    expect(x.item()).toBeCloseTo(1, 6)
  })
})

describe('the graph', () => {
  it('walks a ladder of diamonds once per node, not once per path', () => {
    const x = variable(1)
    let y = x
    for (let i = 0; i < 60; i++) y = y.mul(0.5).add(y.mul(0.5))
    y.backward()
    expect(gradOf(x)).toBe(1)
  })

  it('waits for all users of a tensor, whatever their depth', () => {
    const x = variable(2)
    const a = x.mul(3)
    const deep = a.mul(a).add(1).mul(2)
    deep.add(a).add(x).backward()
    // 2(9x² + 1) + 3x + x
    expect(gradOf(x)).toBe(36 * 2 + 4)
  })

  it('uses one of several outputs', () => {
    const x = tensor(
      [
        [1, 2],
        [5, 3],
      ],
      undefined,
      { requiresGrad: true },
    )
    const [y, mean] = batchNormalization(x, ones([2]), ones([2]))
    expect([y.requiresGrad, mean.requiresGrad]).toEqual([true, false])
    y.mul(
      tensor([
        [1, 0],
        [0, 0],
      ]),
    )
      .sum()
      .backward()
    expect((x.grad as Tensor).data().every(Number.isFinite)).toBe(true)
  })

  it('reads parts of a tensor again and again', () => {
    const x = variable([1, 2, 3])
    concat([slice(x, [0], [2]), slice(x, [1], [2]), x])
      .sum()
      .backward()
    expect(gradOf(x)).toEqual([2, 3, 2])
  })

  it('survives a chain of 20,000 ops', () => {
    const x = variable(1)
    let y: Tensor = x
    for (let i = 0; i < 20_000; i++) y = y.add(0)
    y.backward()
    expect(gradOf(x)).toBe(1)
  })

  it('gives null for what the root does not depend on, and leaves .grad alone', () => {
    const [x, y, apart] = [variable(2), variable(3), variable(4)]
    const found = gradients(mul(x, y), [x, y, apart])
    expect(found.map((g) => g?.item() ?? null)).toEqual([3, 2, null])
    expect([x.grad, y.grad]).toEqual([null, null])
  })

  it('gives the gradient of an intermediate and of the root itself', () => {
    const x = variable(2)
    const a = square(x)
    const y = mul(a, 3)
    expect(gradients(y, [a, y, x]).map((g) => g?.item())).toEqual([3, 1, 12])
  })

  it('takes a gradient to begin with, for any shape', () => {
    const x = variable([1, 2])
    x.mul(3).backward(tensor([1, 10]))
    expect(gradOf(x)).toEqual([3, 30])
  })
})

describe('.grad', () => {
  it('adds up over backward passes, until zeroGrad', () => {
    const x = variable([1, 2])
    for (let i = 0; i < 3; i++) x.mul(2).sum().backward()
    expect(gradOf(x)).toEqual([6, 6])
    x.zeroGrad()
    x.sum().backward()
    expect(gradOf(x)).toEqual([1, 1])
  })

  it('of two leaves is not one tensor, even where the values are', () => {
    const [x, y] = [variable(1), variable(1)]
    add(x, y).backward()
    expect(x.grad).not.toBe(y.grad)
    x.grad?.dispose()
    expect(gradOf(y)).toBe(1)
  })

  it('of a leaf that is its own root is the seed', () => {
    const x = variable(5)
    x.backward()
    expect(gradOf(x)).toBe(1)
  })

  it('stays with the caller who holds it when the leaf gets another', () => {
    const x = variable(1)
    x.mul(2).backward()
    const held = x.grad as Tensor
    x.mul(3).backward()
    expect([held.item(), gradOf(x)]).toEqual([2, 5])
  })
})

describe('createGraph', () => {
  it('gives third derivatives: of x⁵ at 2', () => {
    const x = variable(2)
    const y = x.mul(x).mul(x).mul(x).mul(x)
    const [first] = gradients(y, [x], { createGraph: true }) as [Tensor]
    const [second] = gradients(first, [x], { createGraph: true }) as [Tensor]
    const [third] = gradients(second, [x]) as [Tensor]
    expect([first.item(), second.item(), third.item()]).toEqual([80, 160, 240])
  })

  it('gives the derivatives of sin, four times around', () => {
    const x = variable(0.7)
    let y = x.sin()
    const found = []
    for (let i = 0; i < 4; i++) {
      ;[y] = gradients(y, [x], { createGraph: true }) as [Tensor]
      found.push(y.item())
    }
    const wanted = [Math.cos(0.7), -Math.sin(0.7), -Math.cos(0.7), Math.sin(0.7)]
    expect(found).toEqual(wanted.map((value) => expect.closeTo(value, 6)))
  })

  it('gives a gradient penalty: backward through a gradient', () => {
    const x = variable([1, -2])
    const y = x.pow(3).sum()
    y.backward(undefined, { createGraph: true })
    const norm = square(x.grad as Tensor).sum()
    x.zeroGrad()
    norm.backward()
    // d/dx (3x²)² = 36x³
    expect(gradOf(x)).toEqual([36, -288])
  })

  it('without it the gradient has no graph', () => {
    const x = variable(2)
    const [g] = gradients(square(x), [x]) as [Tensor]
    expect([g.requiresGrad, failure(() => g.backward()).code]).toEqual([false, 'ERR_ARGUMENT'])
  })
})

describe('retainGraph', () => {
  it('without it a second backward is ERR_ARGUMENT, and changes nothing', () => {
    const x = variable(3)
    const y = square(x)
    y.backward()
    expect(failure(() => y.backward())).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/\[square\].*retainGraph/),
    })
    expect(gradOf(x)).toBe(6)
  })

  it('with it a second backward adds its gradient, and the last gives the graph back', () => {
    const x = variable(3)
    const y = square(x)
    y.backward(undefined, { retainGraph: true })
    y.backward()
    expect(gradOf(x)).toBe(12)
    expect(failure(() => y.backward()).code).toBe('ERR_ARGUMENT')
  })

  it('is refused too where only a part of the graph has been used up', () => {
    const x = variable(3)
    const a = square(x)
    const [y, z] = [a.mul(a), a.mul(2)]
    y.backward()
    expect(failure(() => z.backward()).code).toBe('ERR_ARGUMENT')
  })
})

describe('the version counter', () => {
  const parameter = () => new Parameter(tensor([2]), { name: 'dense/kernel' })

  it('refuses a backward pass through a parameter that was assigned to since, by its name', () => {
    const w = parameter()
    const y = square(w).sum()
    w.assign(tensor([5]))
    expect(failure(() => y.backward())).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/\[square\] "dense\/kernel" was assigned/),
    })
    expect(w.grad).toBeNull()
  })

  it('sees through views of the parameter', () => {
    const w = parameter()
    const y = square(w.reshape([1, 1])).sum()
    w.assign(tensor([5]))
    expect(failure(() => y.backward()).code).toBe('ERR_ARGUMENT')
  })

  it('lets an op pass that does not read the elements again', () => {
    const w = parameter()
    const y = w.add(1).sum()
    w.assign(tensor([5]))
    y.backward()
    expect(gradOf(w)).toEqual([1])
  })
})

describe('noGrad', () => {
  it('records nothing, nests, and ends with an exception', () => {
    const x = variable(2)
    const y = noGrad(() => noGrad(() => square(x)).add(square(x)))
    expect(y.requiresGrad).toBe(false)
    expect(() =>
      noGrad(() => {
        throw new Error('inside')
      }),
    ).toThrow('inside')
    expect(square(x).requiresGrad).toBe(true)
  })

  it('makes constants of what it computes', () => {
    const x = variable(3)
    x.mul(noGrad(() => square(x))).backward()
    expect(gradOf(x)).toBe(9)
  })

  it('and detach does the same for one tensor', () => {
    const x = variable(3)
    x.mul(square(x).detach()).backward()
    expect(gradOf(x)).toBe(9)
  })
})

describe('refusals', () => {
  it('backward of what requires no gradient, or of several elements without a gradient', () => {
    expect(failure(() => ones([]).backward()).code).toBe('ERR_ARGUMENT')
    expect(failure(() => variable([1, 2]).mul(2).backward())).toEqual({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/^\[backward\].*\[2\]/),
    })
    expect(
      failure(() =>
        variable([1, 2])
          .mul(2)
          .backward(ones([3])),
      ).message,
    ).toMatch(/\[3\].*\[2\]/)
  })

  it('a gradient for whole numbers', () => {
    expect(failure(() => tensor([1], undefined, { dtype: 'int32', requiresGrad: true })).code).toBe('ERR_DTYPE')
  })

  it('an argMax ends the graph', () => {
    const index = argMax(variable([1, 3, 2]))
    expect([index.item(), index.requiresGrad]).toEqual([1, false])
  })

  it('inputs of the wrong type, by the name of the op', () => {
    const wrong = 'two' as unknown as Tensor
    expect(failure(() => add(variable(1), wrong)).message).toMatch(/^\[add\] b must be a Tensor or a number, got "two"/)
    expect(failure(() => square(wrong)).message).toMatch(/^\[square\] x must be a Tensor/)
  })
})

describe('disposing', () => {
  it('an intermediate before backward leaves the gradient right, and frees it after', () => {
    const x = variable([1, 2])
    const a = x.exp()
    const y = a.mul(a).sum()
    a.dispose()
    expect(failure(() => a.data()).code).toBe('ERR_DISPOSED')
    expect(a.rawHandle).toBeGreaterThanOrEqual(0)
    y.backward()
    expect(x.grad?.data()[0]).toBeCloseTo(2 * Math.exp(2), 4)
    expect(a.rawHandle).toBe(-1)
  })

  it('twice is harmless, and the gradient pass leaves the handle disposed', () => {
    const x = variable(2)
    const a = square(x)
    const y = square(a)
    a.dispose()
    a.dispose()
    y.backward(undefined, { retainGraph: true })
    expect(failure(() => a.item()).code).toBe('ERR_DISPOSED')
    y.backward()
    expect(gradOf(x)).toBe(64)
  })
})

describe('customOp called wrongly', () => {
  const call = (definition?: unknown) => failure(() => Reflect.apply(customOp, undefined, [definition])).message
  const through = (backward: () => unknown) => {
    const op: (x: Tensor) => Tensor = Reflect.apply(customOp, undefined, [
      { name: 'mine', forward: (x: Tensor) => x.mul(2), backward },
    ])
    const x = tensor([1, 2], [2], { requiresGrad: true })
    return failure(() => op(x).sum().backward())
  }

  it('needs its definition', () => {
    expect(call()).toMatch(/^\[customOp\]/)
    expect(call({ name: 'mine' })).toMatch(/^\[customOp\]/)
    expect(call({ name: 'mine', forwards: () => 0 })).toMatch(/^\[customOp\].*"forward"/)
  })

  it('needs gradients from backward', () => {
    expect(through(() => undefined).message).toMatch(/^\[mine\] backward must return.*undefined for input 0/)
    expect(through(() => [3]).message).toMatch(/^\[mine\] backward.*3 for input 0/)
    expect(through(() => []).message).toMatch(/^\[mine\] backward returned 0 gradients for 1 inputs/)
  })
})
