import { describe, expect, it } from 'vitest'
import { recording } from '../../../lib/autodiff/tape.js'
import { compile } from '../../../lib/graph/compile.js'
import type { Graph } from '../../../lib/graph/graph.js'
import { dense, matmul, mean, square, sub, update } from '../../../lib/ops/index.js'
import { tensor } from '../../../lib/tensor/creation.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { instructionSets, onInstructionSet, withThreads } from '../../helpers/machine.js'
import { signed } from '../../helpers/random.js'
import { bits, fused, interpret, names, plain, rules, type Traced, Training, withSpecials } from './harness.js'

const updateBy = (parameters: Parameter[], gradients: Tensor[]): void =>
  update('sgd', parameters, gradients, [], () => [0.1, 0, 0, 1, 1, Number.POSITIVE_INFINITY, 0])
const count = (graph: Graph, name: string): number => names(graph).filter((other) => other === name).length
const isUpdate = (name: string): boolean => name.endsWith('Update')
const [sgd] = rules as [(typeof rules)[number]]

const sizes = [37, 50, 41, 10] as const
const weights = (): Tensor[] =>
  [0, 1, 2].flatMap((i) => [
    signed([sizes[i] as number, sizes[i + 1] as number], i).mul(0.3),
    signed([sizes[i + 1] as number], i + 9),
  ])

/** Three dense layers, squared error, an update. */
const network =
  (training: Training): Traced =>
  (x, y) => {
    const [w1, b1, w2, b2, w3, b3] = training.parameters as Parameter[]
    const loss = recording.run(true, () => {
      const h1 = dense(x as Tensor, w1 as Tensor, b1, 'relu')
      const h2 = dense(h1, w2 as Tensor, b2, 'tanh')
      return mean(square(sub(dense(h2, w3 as Tensor, b3), y as Tensor)))
    })
    training.step(loss)
    return [loss.detach()]
  }

describe.each(rules)('three dense layers, $name', (rule) => {
  const inputs = [signed([23, sizes[0]]), signed([23, sizes[3]])]

  it.each(instructionSets)('get the bits of product and update apart on %s', (isa) => {
    onInstructionSet(isa, () => {
      const [eager, apart, together] = [1, 2, 3].map(() => new Training(weights(), rule)) as [
        Training,
        Training,
        Training,
      ]
      const graph = fused(network(together), inputs)
      expect(count(graph, 'matmulUpdate')).toBe(3)
      for (let step = 0; step < 3; step++) {
        network(eager)(...inputs)
        interpret(plain(network(apart), inputs), inputs)
        interpret(graph, inputs)
      }
      expect(apart.state()).toEqual(eager.state())
      expect(together.state()).toEqual(eager.state())
    })
  })

  it('compile to a plan with these bits, for one and two threads, with special values too', () => {
    const special = [tensor(withSpecials(inputs[0] as Tensor), [23, sizes[0]]), inputs[1] as Tensor]
    for (const threads of [1, 2]) {
      withThreads(threads, () => {
        const [eager, compiled] = [1, 2].map(() => new Training(weights(), rule)) as [Training, Training]
        const step = compile((x: Tensor, y: Tensor) => network(compiled)(x, y))
        for (const given of [inputs, inputs, special]) {
          const [wanted] = network(eager)(...given) as [Tensor]
          expect(bits(step(given[0] as Tensor, given[1] as Tensor)[0] as Tensor)).toEqual(bits(wanted))
          expect(compiled.state()).toEqual(eager.state())
        }
        expect(compiled.parameters.map(({ version }) => version)).toEqual(
          eager.parameters.map(({ version }) => version),
        )
      })
    }
  })
})

describe('where the update stands', () => {
  const inputs = [signed([23, sizes[0]]), signed([23, sizes[3]])]

  it('is the place of the product, after the last reading of the old parameter', () => {
    const graph = fused(network(new Training(weights(), sgd)), inputs)
    const products = graph.nodes.flatMap(({ op, attrs }) =>
      op.name === 'matmul' || op.name === 'matmulUpdate' ? [`${op.name} ${op.encode?.(attrs, 0).slice(0, 2)}`] : [],
    )
    const [dx, dw] = ['matmul 0,1', 'matmulUpdate 1,0']
    expect(products).toEqual([dx, dw, dx, dw, dw])
    expect(
      names(graph)
        .filter((name) => name !== 'view')
        .at(-1),
    ).toBe('sgdUpdate')
  })

  it('is not before a value that must be finite', () => {
    const w = new Parameter(signed([6, 5]))
    const f: Traced = (x, dy) => {
      const g = matmul(x as Tensor, dy as Tensor, { transposeA: true })
      const loss = mean(dy as Tensor)
      updateBy([w], [g])
      return [loss]
    }
    const given = [signed([4, 6]), signed([4, 5])]
    expect(names(fused(f, given))).toEqual(['matmulUpdate', 'sum', 'div'])
    expect(names(fused(f, given, 0))).toEqual(['sum', 'div', 'matmulUpdate'])
  })
})

describe('an update stays by itself', () => {
  const inputs = [signed([8, 6]), signed([8, 6])]
  const self = new Parameter(signed([6, 6]))
  const flat = new Parameter(signed([36]))
  const gradient = (x: Tensor, dy: Tensor): Tensor => matmul(x, dy, { transposeA: true })
  const stays = (f: Traced, given = inputs): void => {
    const graph = fused(f, given)
    expect(names(graph).filter(isUpdate)).toEqual(['sgdUpdate'])
  }

  it('where the gradient is an output', () =>
    stays((x, dy) => {
      const g = gradient(x as Tensor, dy as Tensor)
      updateBy([self], [g])
      return [g]
    }))

  it('where another op reads the gradient', () =>
    stays((x, dy) => {
      const g = gradient(x as Tensor, dy as Tensor)
      const norm = mean(square(g))
      updateBy([self], [g])
      return [norm]
    }))

  it('where the product has an epilogue', () =>
    stays((x, dy) => {
      updateBy([self], [gradient(x as Tensor, dy as Tensor).relu()])
      return [mean(x as Tensor)]
    }))

  it('where the product is of another shape', () =>
    stays((x, dy) => {
      updateBy([flat], [gradient(x as Tensor, dy as Tensor).reshape([36])])
      return [mean(x as Tensor)]
    }))

  it('where the product reads the parameter, or an input that may be the parameter', () => {
    stays(
      (x) => {
        updateBy([self], [matmul(self, x as Tensor)])
        return [mean(x as Tensor)]
      },
      [signed([6, 6])],
    )
    stays(
      (x) => {
        updateBy([self], [matmul(x as Tensor, x as Tensor)])
        return [mean(x as Tensor)]
      },
      [signed([6, 6])],
    )
  })

  it('where a constant that may be the parameter is read by the product', () => {
    const alias = self.detach()
    stays(
      (x) => {
        updateBy([self], [matmul(alias, x as Tensor)])
        return [mean(x as Tensor)]
      },
      [signed([6, 6])],
    )
  })
})

it('moves to the end where somebody reads the old parameter after the product', () => {
  const make = () => new Parameter(signed([6, 5]))
  const f =
    (w: Parameter): Traced =>
    (x, dy) => {
      const g = matmul(x as Tensor, dy as Tensor, { transposeA: true })
      const old = mean(square(w))
      updateBy([w], [g])
      return [old, mean(w.add(0))]
    }
  const given = [signed([4, 6]), signed([4, 5])]
  const [eager, together] = [make(), make()]
  const graph = fused(f(together), given)
  expect(names(graph).indexOf('matmulUpdate')).toBeGreaterThan(names(graph).indexOf('sumSquares'))
  expect(interpret(graph, given).map(bits)).toEqual(f(eager)(...given).map(bits))
  expect(bits(together)).toEqual(bits(eager))
})

it('sums the gradients of tied weights first', () => {
  const f =
    (training: Training): Traced =>
    (x) => {
      const [w] = training.parameters as [Parameter]
      const loss = recording.run(true, () => {
        const code = matmul(x as Tensor, w).tanh()
        return mean(square(matmul(code, w, { transposeB: true }).sub(x as Tensor)))
      })
      training.step(loss)
      return [loss.detach()]
    }
  const given = [signed([9, 30])]
  for (const rule of rules) {
    const [eager, together] = [1, 2].map(() => new Training([signed([30, 12]).mul(0.3)], rule)) as [Training, Training]
    const graph = fused(f(together), given)
    expect(count(graph, 'matmulUpdate')).toBe(0)
    const step = compile((x: Tensor) => f(together)(x))
    for (let i = 0; i < 3; i++) {
      f(eager)(...given)
      step(given[0] as Tensor)
    }
    expect(together.state()).toEqual(eager.state())
  }
})

it('leaves a parameter alone that occurs twice', () => {
  const training = new Training([signed([6, 5])], sgd)
  const [w] = training.parameters as [Parameter]
  const f: Traced = (x, dy) => {
    const [a, b] = [
      matmul(x as Tensor, dy as Tensor, { transposeA: true }),
      matmul((x as Tensor).mul(2), dy as Tensor, { transposeA: true }),
    ]
    updateBy([w, w], [a as Tensor, b as Tensor])
    return [mean(x as Tensor)]
  }
  expect(names(fused(f, [signed([4, 6]), signed([4, 5])])).filter(isUpdate)).toEqual(['sgdUpdate'])
})
