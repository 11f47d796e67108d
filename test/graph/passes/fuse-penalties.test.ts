import { describe, expect, it } from 'vitest'
import { gradients } from '../../../lib/autodiff/backward.js'
import { recording } from '../../../lib/autodiff/tape.js'
import { compile } from '../../../lib/graph/compile.js'
import { l1, l1l2, l2 } from '../../../lib/nn/regularizers/l1l2.js'
import { add, assign, dense, mean, square, sub, sum } from '../../../lib/ops/index.js'
import { optimizers } from '../../../lib/optim/index.js'
import type { Optimizer } from '../../../lib/optim/optimizer.js'
import type { OptimizerOptions } from '../../../lib/optim/optimizer-options.js'
import { full, tensor } from '../../../lib/tensor/creation.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import { tidy } from '../../../lib/tensor/scope.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { factoriesOf } from '../../helpers/choices.js'
import { equalBits, onInstructionSet, withThreads } from '../../helpers/machine.js'
import { signed } from '../../helpers/random.js'
import { bits } from '../equality.js'
import { withSpecials } from './harness.js'

type Penalty = (kernels: readonly Parameter[]) => Tensor

const inputs = [signed([9, 130]), signed([9, 40], 3)] as const

/** Two layers, of which the first has more elements than a block of squares. */
function weights(first = signed([130, 100]).mul(0.1)): Parameter[] {
  return [
    new Parameter(first.mul(1), { name: 'first/kernel' }),
    new Parameter(signed([100], 1), { name: 'first/bias', learningRateMultiplier: 0.5 }),
    new Parameter(signed([100, 40], 2).mul(0.1), { name: 'second/kernel' }),
    new Parameter(signed([40], 4), { name: 'second/bias' }),
  ]
}

/** A step with a penalty on the kernels. */
function stepOf(parameters: Parameter[], optimizer: Optimizer, penalty: Penalty, steps?: number) {
  const [w1, b1, w2, b2] = parameters as [Parameter, Parameter, Parameter, Parameter]
  return (x: Tensor, y: Tensor): Tensor[] => {
    const loss = recording.run(true, () =>
      add(mean(square(sub(dense(dense(x, w1, b1), w2, b2), y))), penalty([w1, w2])),
    )
    optimizer.schedule(parameters, gradients(loss, parameters), { steps })
    return [loss.detach()]
  }
}

function train(make: () => Optimizer, penalty: Penalty, compiled: boolean, first?: Tensor, steps?: number): string[] {
  const parameters = weights(first)
  const optimizer = make()
  const step = stepOf(parameters, optimizer, penalty, steps)
  const run = compiled ? compile(step) : step
  return [1, 2, 3].flatMap(() => {
    const losses = tidy(() => run(...inputs).map(bits))
    optimizer.advance(1, { steps })
    return [...losses, ...parameters.map(bits)]
  })
}

/** The plan of a step, in words. */
function explain(given: OptimizerOptions, penalty: Penalty, steps?: number): string {
  const f = compile(stepOf(weights(), optimizers.rmsprop(given), penalty, steps))
  const text = f.explain(...inputs)
  f.dispose()
  return text
}

const both =
  (penalty: (w: Tensor) => Tensor): Penalty =>
  ([w1, w2]) =>
    add(penalty(w1 as Tensor), penalty(w2 as Tensor))

const clippings: [string, OptimizerOptions][] = [
  ['no clipping', {}],
  ['globalClipNorm', { globalClipNorm: 0.01 }],
  ['clipNorm', { clipNorm: 0.01 }],
  ['clipValue and decay', { clipValue: 0.001, weightDecay: 0.1 }],
]

describe('an update with a penalty is that of the whole gradient, bit for bit', () => {
  describe.each(Object.entries(factoriesOf(optimizers)))('%s', (_, make) => {
    it.each(clippings)('with %s', (_, given) => {
      const penalty = both(l2(0.01))
      for (const isa of equalBits)
        for (const threads of [1, 2])
          onInstructionSet(isa, () =>
            withThreads(threads, () =>
              expect(train(() => make(given), penalty, true)).toEqual(train(() => make(given), penalty, false)),
            ),
          )
    })
  })

  const penalties: [string, Penalty][] = [
    ['l1', both(l1(0.01))],
    ['l1 and l2', both(l1l2({ l1: 0.01, l2: 0.02 }))],
    ['one on the second kernel only', ([, w]) => l2(0.01)(w as Tensor)],
    ['two on one kernel', ([w]) => add(l2(0.01)(w as Tensor), l2(0.02)(w as Tensor))],
    ['one that a tensor scales', ([w]) => l2(0.01)(w as Tensor).mul(tensor(3))],
    ['one that depends on the other kernel', ([w1, w2]) => l2(0.01)(w1 as Tensor).mul(sum(w2 as Tensor))],
  ]
  it.each(penalties)('%s', (_, penalty) => {
    const make = () => optimizers.adam({ globalClipNorm: 0.01 })
    expect(train(make, penalty, true)).toEqual(train(make, penalty, false))
    expect(train(make, penalty, true, undefined, 2)).toEqual(train(make, penalty, false, undefined, 2))
  })

  it('of weights that are not finite, or zero', () => {
    const first = tensor(withSpecials(signed([130, 100])), [130, 100])
    for (const start of [first, full([130, 100], -0)]) {
      const make = () => optimizers.sgd({ learningRate: 1 })
      expect(train(make, both(l2(0.01)), true, start)).toEqual(train(make, both(l2(0.01)), false, start))
    }
  })
})

describe('the sum of a gradient and its penalty', () => {
  it('is not written down for an update, nor for the norm of a clipped one', () => {
    for (const [, given] of clippings)
      expect(explain(given, both(l2(0.01)))).not.toMatch(/= (chain|add)\("first\/kernel"/)
    expect(explain({ globalClipNorm: 1 }, both(l2(0.01)))).toMatch(/clipFactors\(.*"first\/kernel"/)
  })

  it('is, where somebody else reads it', () => {
    expect(explain({}, both(l2(0.01)), 2)).toMatch(/= chain\("first\/kernel"/)
  })

  it('is, where the parameter changes before the update', () => {
    const run = (compiled: boolean): string[] => {
      const w = new Parameter(signed([30, 40]))
      const f = (x: Tensor): Tensor[] => {
        const loss = recording.run(true, () => add(sum(x.mul(w)), l2(0.1)(w)))
        const [found = null] = gradients(loss, [w])
        assign(w, x, null)
        optimizers.sgd().schedule([w], [found])
        return [loss.detach()]
      }
      return [...(compiled ? compile(f) : f)(signed([30, 40], 5)).map(bits), bits(w)]
    }
    expect(run(true)).toEqual(run(false))
  })
})
