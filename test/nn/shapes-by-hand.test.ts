import { describe, expect, it } from 'vitest'
import { layers } from '../../lib/nn/index.js'
import type { AnyLayer } from '../../lib/nn/layer.js'
import { factoriesOf } from '../helpers/choices.js'

const rate = { rate: 0.5 }
const options: Record<string, object> = {
  activation: { activation: 'relu' },
  alphaDropout: rate,
  dense: { units: 2 },
  dropout: rate,
  embedding: { inputDim: 3, outputDim: 2 },
  gaussianDropout: rate,
  gaussianNoise: { stddev: 1 },
  rescaling: { scale: 2 },
  reshape: { targetShape: [3] },
  spatialDropout: rate,
}
const { input: _, ...makers } = factoriesOf(layers)
const made = Object.entries(makers).map(([name, make]): [string, AnyLayer] => [
  name,
  (make as (given: object) => AnyLayer)(options[name] ?? {}),
])

const none = [undefined, null, 3, 'x', {}, [3.5], [Number.NaN], ['a'], [[3], 'a'], [[3], [1n]], new Float32Array(2)]

describe.each(made)('%s', (_, layer) => {
  it('computes the shape of no output for what is no shape of a sample', () => {
    for (const shape of none)
      expect(() => layer.computeOutputShape(shape as never)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }))
  })

  it('is not built for it', () => {
    for (const shape of none)
      expect(() => layer.ensureBuilt(shape as never)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }))
    expect(layer.built).toBe(false)
  })
})
