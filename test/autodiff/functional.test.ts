import { describe, expect, it } from 'vitest'
import { customOp } from '../../lib/autodiff/custom-op.js'
import { grad, valueAndGrad } from '../../lib/autodiff/functional.js'
import { noGrad } from '../../lib/autodiff/tape.js'
import { compile } from '../../lib/graph/compile.js'
import { mul, square } from '../../lib/ops/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/compile-step.js'
import { failure } from '../helpers/failure.js'

const variable = (data: number | number[]): Tensor => tensor(data, undefined, { requiresGrad: true })

describe('grad', () => {
  it('of one argument is a tensor, of several an array', () => {
    expect(grad((x) => x.mul(x))(tensor(3)).item()).toBe(6)
    const both = grad((x: Tensor, y: Tensor) => mul(x, square(y)))(tensor(2), tensor(3))
    expect(both.map((g) => g.item())).toEqual([9, 12])
  })

  it('nests for higher derivatives', () => {
    const cube = (x: Tensor) => x.mul(x).mul(x)
    expect([grad(cube), grad(grad(cube)), grad(grad(grad(cube)))].map((f) => f(tensor(2)).item())).toEqual([12, 12, 6])
  })

  it('is a zero for an argument that does not matter', () => {
    const [, second] = grad((x: Tensor, _: Tensor) => square(x))(tensor(1), ones([2, 2])) as [Tensor, Tensor]
    expect(second.toArray()).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  it('takes a captured variable for a constant, yet lets it be differentiated', () => {
    const w = variable(5)
    const g = grad((x) => x.mul(x).mul(w))(tensor(3))
    expect(g.item()).toBe(30)
    g.backward()
    expect(w.grad?.item()).toBe(6)
  })

  it('leaves the arguments and their .grad as they were', () => {
    const x = variable(3)
    grad((t) => square(t))(x)
    expect([x.grad, x.item()]).toEqual([null, 3])
  })

  it('refuses other results and arguments', () => {
    expect(failure(() => grad((x) => x)(ones([2]))).message).toMatch(/^\[grad\].*\[2\]/)
    expect(failure(() => grad((x) => x)(tensor([1], undefined, { dtype: 'int32' }))).code).toBe('ERR_DTYPE')
    expect(failure(() => grad((x) => x)(3 as unknown as Tensor)).code).toBe('ERR_DTYPE')
  })
})

describe('valueAndGrad', () => {
  it('gives both, for every argument', () => {
    const { value, grad: first, grads } = valueAndGrad((x, y) => (x as Tensor).mul(y as Tensor))(tensor(2), tensor(7))
    expect([value.item(), first.item(), grads.map((g) => g.item())]).toEqual([14, 7, [7, 2]])
  })

  it('can be differentiated again', () => {
    const outer = grad((x) => valueAndGrad((t) => (t as Tensor).pow(3))(x).grad.mul(2))
    expect(outer(tensor(2)).item()).toBeCloseTo(24, 4)
  })
})

describe('customOp', () => {
  it('passes a gradient straight through a step', () => {
    const step = customOp({
      name: 'step',
      forward: (x) => (x as Tensor).greater(0).cast('float32'),
      backward: (dy) => dy,
    })
    const x = variable([-1, 2])
    const y = step(x)
    y.mul(tensor([3, 5]))
      .sum()
      .backward()
    expect([y.toArray(), x.grad?.toArray()]).toEqual([
      [0, 1],
      [3, 5],
    ])
  })

  it('reverses a gradient, and gives one for each input', () => {
    const reverse = customOp({
      name: 'reverse',
      forward: (a, b) => (a as Tensor).add(b as Tensor),
      backward: (dy) => [dy.neg(), null],
    })
    const [a, b] = [variable(1), variable(2)]
    reverse(a, b).backward()
    expect([a.grad?.item(), b.grad]).toEqual([-1, null])
  })

  it('has a second derivative where its backward is made of ops', () => {
    const cube = customOp({
      name: 'cube',
      forward: (x) => (x as Tensor).pow(3),
      backward: (dy, { inputs: [x] }) => dy.mul(square(x as Tensor)).mul(3),
    })
    expect(grad(grad((x) => cube(x)))(tensor(2)).item()).toBeCloseTo(12, 5)
  })

  it('sees its output, and may return its input', () => {
    const same = customOp({ name: 'same', forward: (x) => x as Tensor, backward: (dy, { output }) => dy.mul(output) })
    const x = variable(4)
    const y = same(x)
    expect(y).not.toBe(x)
    y.backward()
    expect(x.grad?.item()).toBe(4)
  })

  it('refuses wrong definitions, inputs and gradients by name', () => {
    expect(failure(() => customOp({ name: 'x' } as never)).message).toMatch(/^\[customOp\]/)
    const op = customOp({ name: 'mine', forward: (x) => x as Tensor, backward: () => [ones([3]), null] })
    expect(failure(() => op(2 as unknown as Tensor)).message).toMatch(/^\[mine\] every input/)
    expect(failure(() => op(variable([1])).backward()).message).toMatch(
      /^\[mine\] backward returned 2 gradients for 1 inputs/,
    )
    const bad = customOp({ name: 'bad', forward: (x) => x as Tensor, backward: () => ones([3]) })
    expect(failure(() => bad(variable([1])).backward()).message).toMatch(/^\[bad\].*\[3\].*\[1\]/)
  })
})

describe('an asynchronous function is refused, since what comes after its first await would not count', () => {
  const w = new Parameter(tensor([1]), { name: 'w' })
  const later = (async () => {
    throw new Error('nobody waits for it')
  }) as unknown as (...xs: Tensor[]) => Tensor
  const cases: [string, string, () => unknown][] = [
    ['noGrad', 'noGrad', () => noGrad(later)],
    ['tidy', 'tidy', () => tidy(later)],
    ['grad', 'grad', () => grad(later)(tensor([1]))],
    ['valueAndGrad', 'grad', () => valueAndGrad(later)(tensor([1]))],
    ['compile', 'later', () => compile(later)(tensor([1]))],
    ['compileStep', 'compileStep', () => compileStep(later, { parameters: [w], optimizer: 'sgd' }).sync()],
  ]
  it.each(cases)('by %s', async (_, where, use) => {
    expect(failure(use)).toEqual({
      code: 'ERR_ARGUMENT',
      message: `[${where}] the function must not be asynchronous`,
    })
    // Its own error is nobody's, and must not end the process.
    await new Promise((resolve) => setImmediate(resolve))
    expect(w.mul(2).requiresGrad).toBe(true)
  })
})
