import { describe, expect, it } from 'vitest'
import { recording } from '../../lib/autodiff/tape.js'
import { matmul, mean, square, update } from '../../lib/ops/index.js'
import { sgd } from '../../lib/optim/rules/sgd.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/compile-step.js'
import { signed } from '../helpers/random.js'
import { fused, rules, type Traced, Training } from './passes/harness.js'

const notes = (f: Traced, given: readonly Tensor[], mustBeFinite?: number): readonly string[] =>
  fused(f, given, mustBeFinite).notes ?? []
const inputs = [signed([8, 6]), signed([8, 6])]
const gradient = (x: Tensor, dy: Tensor): Tensor => matmul(x, dy, { transposeA: true })
const [rule] = rules as [(typeof rules)[number]]
const parameter = () => new Parameter(signed([6, 6]), { name: 'dense/kernel' })
const updateBy = (w: Parameter, g: Tensor): void => update('sgd', [w], [g], [], () => [0.1, 0, 0])

describe('a plan says why an update is not part of the product of its gradient', () => {
  const w = parameter()
  const cases: [string, Traced, string][] = [
    [
      'an output',
      (x, dy) => {
        const g = gradient(x as Tensor, dy as Tensor)
        updateBy(w, g)
        return [g]
      },
      'the gradient is an output',
    ],
    [
      'another reader',
      (x, dy) => {
        const g = gradient(x as Tensor, dy as Tensor)
        const norm = mean(square(g))
        updateBy(w, g)
        return [norm]
      },
      'the gradient has another reader',
    ],
    [
      'an op in between',
      (x, dy) => {
        updateBy(w, gradient(x as Tensor, dy as Tensor).mul(0.5))
        return [mean(x as Tensor)]
      },
      'the gradient comes out of mul, not straight out of a product',
    ],
    [
      'an activation',
      (x, dy) => {
        updateBy(w, gradient(x as Tensor, dy as Tensor).relu())
        return [mean(x as Tensor)]
      },
      'the product has a bias or an activation',
    ],
  ]
  it.each(cases)('%s', (_, f, why) => {
    const found = notes(f, inputs).filter((note) => note.includes('update'))
    const wanted = `not fused: the update of "dense/kernel" into the product of its gradient: ${why}`
    expect(found).toEqual([wanted])
  })

  it('tied weights, and weights that occur twice', () => {
    const training = new Training([signed([6, 4])], rule)
    const tied: Traced = (x) => {
      const [w] = training.parameters as [Parameter]
      const loss = recording.run(true, () =>
        mean(square(matmul(matmul(x as Tensor, w).tanh(), w, { transposeB: true }).sub(x as Tensor))),
      )
      training.step(loss)
      return [loss.detach()]
    }
    expect(notes(tied, [signed([9, 6])]).join('\n')).toMatch(
      /update of "w0".*comes out of \w+, not straight out of a product/,
    )
    const twice: Traced = (x, dy) => {
      const [a, b] = [gradient(x as Tensor, dy as Tensor), gradient(dy as Tensor, x as Tensor)]
      update('sgd', [w, w], [a, b], [], () => [0.1, 0, 0])
      return [mean(x as Tensor)]
    }
    expect(notes(twice, inputs)).toEqual([
      expect.stringMatching(/the parameter occurs twice in the update$/),
      expect.stringMatching(/the parameter occurs twice in the update$/),
    ])
  })

  it('the parameter as an operand', () => {
    const given = [signed([6, 5])]
    const f: Traced = (x) => {
      updateBy(w, matmul(w, matmul(x as Tensor, x as Tensor, { transposeB: true })))
      return [mean(x as Tensor)]
    }
    expect(notes(f, given)).toEqual([expect.stringMatching(/the product reads the parameter, or may$/)])
  })

  it('a parameter that is read later, or a loss that must be finite, where the product cannot wait', () => {
    const [a, b] = [parameter(), new Parameter(signed([5, 6]))]
    const given = [signed([5, 6])]
    const step =
      (loss: (x: Tensor) => Tensor): Traced =>
      (x) => {
        const g = gradient(x as Tensor, b)
        updateBy(b, (x as Tensor).relu())
        const result = loss(x as Tensor)
        updateBy(a, g)
        return [result]
      }
    const tail = ', and by then what the product reads has changed$'
    const readsLater = notes(
      step(() => mean(a)),
      given,
    )
    expect(readsLater).toEqual([expect.stringMatching(`the parameter is read later${tail}`)])
    const other = step((x) => mean(square(x)))
    expect(notes(other, given)).toEqual([])
    expect(notes(other, given, 0)).toEqual([expect.stringMatching(`the loss must be finite first${tail}`)])
  })
})

describe('a plan says why a bias or an activation is not part of the product', () => {
  const w = parameter()
  const row = new Parameter(signed([6]), { name: 'row' })
  const cases: [string, Traced, RegExp][] = [
    [
      'another reader',
      (x) => {
        const y = matmul(x as Tensor, w)
        return [y.relu(), mean(y)]
      },
      /^not fused: relu into the product %\d+: it has another reader$/,
    ],
    ['a matrix', (x, dy) => [matmul(x as Tensor, w).add(dy as Tensor)], /add into .*what is added is no bias/],
    [
      'a second bias',
      (x) => [
        matmul(x as Tensor, w)
          .add(row)
          .add(row),
      ],
      /add into .*it adds a bias already$/,
    ],
    [
      'a second activation',
      (x) => [
        matmul(x as Tensor, w)
          .relu()
          .tanh(),
      ],
      /tanh into .*it applies an activation already$/,
    ],
  ]
  it.each(cases)('%s', (_, f, why) => {
    expect(notes(f, inputs)).toEqual([expect.stringMatching(why)])
  })

  it('and says nothing where all is fused', () => {
    expect(
      notes(
        (x) => [
          matmul(x as Tensor, w)
            .add(row)
            .relu(),
        ],
        inputs,
      ),
    ).toEqual([])
  })
})

it('tells of a gradient that is clipped', () => {
  const w = parameter()
  const step = compileStep((x: Tensor) => mean(square(matmul(x, w))), {
    parameters: [w],
    optimizer: sgd({ clipNorm: 1 }),
  })
  expect(step.explain(inputs[0] as Tensor)).toMatch(/update of "dense\/kernel".*: the gradient is clipped by a norm$/)
  step.dispose()
})

it('explain() ends with these lines', () => {
  const w = parameter()
  const step = compileStep((x: Tensor, y: Tensor) => mean(square(matmul(x, w).mul(0.5).sub(y))).add(mean(square(w))), {
    parameters: [w],
    optimizer: 'sgd',
  })
  const lines = step.explain(inputs[0] as Tensor, inputs[1] as Tensor).split('\n')
  expect(lines.at(-1)).toMatch(
    /^not fused: the update of "dense\/kernel" into the product of its gradient: the gradient comes out of/,
  )
  step.dispose()
})
