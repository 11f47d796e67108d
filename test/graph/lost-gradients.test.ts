import { describe, expect, it } from 'vitest'
import { noGrad } from '../../lib/autodiff/tape.js'
import { sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import * as ops from '../../lib/ops/index.js'
import { ones } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { signed } from '../helpers/random.js'

const x = signed([4, 3])

/** What a step says of a loss of two parameters. */
function said(loss: (x: Tensor, w: Tensor, v: Tensor) => Tensor): string | null {
  const [w, v] = [new Parameter(signed([3, 3], 1), { name: 'w' }), new Parameter(signed([3, 2], 2), { name: 'v' })]
  const step = compileStep((x: Tensor) => loss(x, w, v), { parameters: [w, v], optimizer: 'sgd' })
  try {
    step.sync(x)
    return null
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_NO_GRADIENT' })
    return (error as Error).message
  } finally {
    step.dispose()
  }
}

/** 1 where x is positive, else 0. */
const steps = (x: Tensor): Tensor => ops.cast(ops.greater(x, 0), 'float32')

describe('a parameter before an op without a gradient', () => {
  it('is refused, although another one is trained', () => {
    expect(said((x, w, v) => ops.mean(ops.matmul(steps(ops.matmul(x, w)), v)))).toMatch(
      /^\[compileStep\] the way back from the loss to "w" ends at greater, which has no gradient.*freeze.*detach/,
    )
    expect(said((x, w, v) => ops.mean(ops.matmul(ops.oneHot(ops.argMax(ops.matmul(x, w), 1), 3), v)))).toMatch(
      /"w" ends at argMax/,
    )
  })

  it.each(['fit', 'a step of one’s own'])('is refused by %s with the name of the layer', async (kind) => {
    const model = sequential({
      layers: [
        layers.dense({ units: 4, inputShape: [3], name: 'first' }),
        layers.activation({ activation: steps, name: 'stepper' }),
        layers.dense({ units: 2 }),
      ],
    })
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const before = model.weights.map((weight) => [...weight.data()])
    const wanted = {
      code: 'ERR_NO_GRADIENT',
      message: expect.stringMatching(/to "first\/kernel", "first\/bias" ends at greater \(layer "stepper"\)/),
    }
    const own = compileStep((x: Tensor) => ops.mean(model.apply(x, { training: true }) as Tensor), {
      parameters: model.trainableWeights,
      optimizer: 'sgd',
    })
    await expect(kind === 'fit' ? model.fit(x, ones([4, 2]), { verbose: 0 }) : own(x)).rejects.toMatchObject(wanted)
    expect(model.weights.map((weight) => [...weight.data()])).toEqual(before)
    ;(model.layers[0] as { trainable: boolean }).trainable = false
    await expect(model.fit(x, ones([4, 2]), { verbose: 0 })).resolves.toMatchObject({ epoch: [0] })
  })

  it('is trained where there is a way round', () => {
    expect(said((x, w, v) => ops.mean(ops.matmul(ops.mul(steps(ops.matmul(x, w)), ops.matmul(x, w)), v)))).toBeNull()
  })

  it('is left alone where it was cut off on purpose, or the loss does not read it', () => {
    expect(said((x, w, v) => ops.mean(ops.matmul(steps(ops.matmul(x, w).detach()), v)))).toBeNull()
    expect(
      said((x, w, v) =>
        ops.mean(
          ops.matmul(
            noGrad(() => steps(ops.matmul(x, w))),
            v,
          ),
        ),
      ),
    ).toBeNull()
    expect(
      said((x, w, v) => {
        steps(ops.matmul(x, w))
        return ops.mean(ops.matmul(x, v))
      }),
    ).toBeNull()
  })
})
