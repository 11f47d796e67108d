import { describe, expect, it, vi } from 'vitest'
import type * as Library from '../../lib/index.js'
import * as here from '../../lib/index.js'
import { startWorker, workerResult } from '../helpers/child.js'
import { failure } from '../helpers/failure.js'

/** Another copy of the library, as two versions in node_modules or a test runner that loads modules anew make one. */
async function secondCopy(): Promise<typeof Library> {
  vi.resetModules()
  return await import('../../lib/index.js')
}

const elsewhere = 'of another copy of myelin: import the library from one place only'
const remains =
  'what is left of a Tensor that was cloned or posted to a thread: send { data: x.data(), shape: x.shape } instead, and make it anew by tensor(data, shape)'

describe('what another copy of the library made is told of', () => {
  it('in ops, layers, models and compile', async () => {
    const there = await secondCopy()
    const x = there.ones([2, 3])
    const model = here.sequential({ layers: [here.layers.dense({ units: 1, inputShape: [3] })] })
    model.compile({ loss: 'meanSquaredError' })
    const dense = there.layers.dense({ units: 1 })
    const cases: [() => unknown, string][] = [
      [() => here.add(x, 1), `[add] a must be a Tensor or a number, got a Tensor ${elsewhere}`],
      [() => here.relu(x), `[relu] x must be a Tensor, got a Tensor ${elsewhere}`],
      [() => new here.Parameter(x), `[Parameter] takes a Tensor, got a Tensor ${elsewhere}; make one with tensor(…)`],
      [() => model.setWeights([x, x]), `got a Tensor ${elsewhere}`],
      [() => model.call(x), `call needs a Tensor, got a Tensor ${elsewhere}`],
      [() => model.predictSync(x), `got a Tensor ${elsewhere}`],
      [() => here.sequential({ layers: [dense] }), `a layer is needed, got a Dense ${elsewhere}`],
      [() => dense.apply(here.input({ shape: [2] }) as never), `got a LayerOutput ${elsewhere}`],
      [() => model.compile({ optimizer: there.optimizers.sgd(), loss: 'huber' }), `optimizer a Sgd ${elsewhere}`],
      [() => model.compile({ loss: 'huber', metrics: [there.metrics.auc()] }), `got a RuledMetric ${elsewhere}`],
      [() => here.grad((y) => y.sum())(x as never), `got a Tensor ${elsewhere}`],
    ]
    for (const [use, message] of cases) {
      let told = ''
      try {
        use()
      } catch (error) {
        told = (error as Error).message
      }
      expect(told).toContain(message)
    }
    await expect(model.fit(x, x)).rejects.toThrow(elsewhere)
    await expect(model.evaluate(here.ones([2, 3]), x)).rejects.toThrow(elsewhere)
  })
})

describe('what structured cloning leaves of a tensor is told of', () => {
  it('in ops and models', async () => {
    const x = structuredClone(here.ones([2, 3])) as here.Tensor
    const model = here.sequential({ layers: [here.layers.dense({ units: 1, inputShape: [3] })] })
    model.compile({ loss: 'meanSquaredError' })
    expect(failure(() => here.relu(x)).message).toBe(`[relu] x must be a Tensor, got ${remains}`)
    const good = here.ones([2, 3])
    for (const run of [
      () => model.fit(x, x),
      () => model.fit(good, x),
      () => model.evaluate(x, x),
      () => model.predict(x),
    ])
      await expect(run()).rejects.toThrow(remains)
  })

  it('in a worker that it was posted to', async () => {
    const body = 'try { myelin.ops.add(workerData, 1) } catch (error) { post(error.message) }'
    expect(await workerResult(startWorker(body, here.ones([2])))).toBe(
      `[add] a must be a Tensor or a number, got ${remains}`,
    )
  })
})
