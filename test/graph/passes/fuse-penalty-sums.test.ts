import { describe, expect, it } from 'vitest'
import { gradients } from '../../../lib/autodiff/backward.js'
import { recording } from '../../../lib/autodiff/tape.js'
import { compile } from '../../../lib/graph/compile.js'
import { l2 } from '../../../lib/nn/regularizers/l1l2.js'
import { add, assign, matmul, mean, mul, sum } from '../../../lib/ops/index.js'
import { optimizers } from '../../../lib/optim/index.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { equalBits, onInstructionSet, withThreads } from '../../helpers/machine.js'
import { signed } from '../../helpers/random.js'
import { bits } from '../equality.js'
import { fused, names } from './harness.js'

type Loss = (x: Tensor, w: Parameter, v: Parameter) => Tensor

const x = signed([9, 130])
const penalty = l2(0.01)
const output: Loss = (x, w, v) => mean(matmul(matmul(x, w), v))

/** The first parameter has more elements than are summed in one go, the second has fewer. */
const weights = (): [Parameter, Parameter] => [
  new Parameter(signed([130, 100]), { name: 'first' }),
  new Parameter(signed([100, 40], 2), { name: 'second' }),
]

function stepOf(loss: Loss, [w, v]: [Parameter, Parameter], between = (_: Parameter): void => {}) {
  const optimizer = optimizers.adam({ globalClipNorm: 0.01 })
  return (x: Tensor): Tensor[] => {
    const value = recording.run(true, () => loss(x, w, v))
    const found = gradients(value, [w, v])
    between(w)
    optimizer.schedule([w, v], found)
    return [value.detach()]
  }
}

/** The names of the ops that a step comes to. */
function opsOf(loss: Loss, options: { mustBeFinite?: number; between?: (w: Parameter) => void } = {}): string[] {
  return names(fused(stepOf(loss, weights(), options.between), [x], options.mustBeFinite))
}

/** The loss and the parameters of two steps. */
function run(loss: Loss, compiled: boolean, between?: (w: Parameter) => void): string[] {
  const parameters = weights()
  const step = stepOf(loss, parameters, between)
  const f = compiled ? compile(step) : step
  return [1, 2].flatMap(() => [...f(x).map(bits), ...parameters.map(bits)])
}

describe('the sum of squares of a penalty', () => {
  const both: Loss = (x, w, v) => add(output(x, w, v), add(penalty(w), penalty(v)))

  it('comes from the clipping that reads the parameter anyway, with the same bits', () => {
    expect(opsOf(both)).toContain('clipFactors')
    expect(opsOf(both)).not.toContain('sumSquares')
    const wanted = run(both, false)
    for (const isa of equalBits)
      for (const threads of [1, 2])
        onInstructionSet(isa, () => withThreads(threads, () => expect(run(both, true)).toEqual(wanted)))
  })

  it('does not, where the loss must be known before anything changes', () => {
    expect(opsOf(both, { mustBeFinite: 0 })).toContain('sumSquares')
  })

  it('does not, where a gradient depends on it', () => {
    const loss: Loss = (x, w, v) => add(output(x, w, v), mul(penalty(w), sum(v)))
    expect(opsOf(loss)).toContain('sumSquares')
    expect(run(loss, true)).toEqual(run(loss, false))
  })

  it('does not, where the parameter changes in between', () => {
    const between = (w: Parameter): void => assign(w, signed([130, 100], 7), () => 1)
    expect(opsOf(both, { between })).toContain('sumSquares')
    expect(run(both, true, between)).toEqual(run(both, false, between))
  })
})
