import { expect, it } from 'vitest'
import { layers, ones, sequential } from '../../lib/index.js'

it('a softmax over one unit is warned of, once', async () => {
  const warnings: { message: string; code?: string }[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  try {
    const two = sequential({ layers: [layers.dense({ units: 2, activation: 'softmax', inputShape: [3] })] })
    await two.predict(ones([1, 3]))
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
    for (const name of ['out', 'again']) {
      const one = sequential({ layers: [layers.dense({ units: 1, activation: 'softmax', inputShape: [3], name })] })
      expect((await one.predict(ones([2, 3]))).toArray()).toEqual([[1], [1]])
    }
    sequential({ layers: [layers.dense({ units: 1, inputShape: [3] }), layers.softmax()] })
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toMatchObject([
      { code: 'MYELIN_SOFTMAX_OF_ONE', message: expect.stringMatching(/^the layer "out" applies softmax to one unit/) },
    ])
  } finally {
    process.off('warning', note)
  }
})
