import { describe, expect, it } from 'vitest'
import { sgd } from '../../../lib/optim/rules/sgd.js'
import { type EarlyStoppingOptions, earlyStopping } from '../../../lib/train/callbacks/early-stopping.js'
import { type ReduceLROnPlateauOptions, reduceLROnPlateau } from '../../../lib/train/callbacks/reduce-lr-on-plateau.js'
import { TrainingLoop } from '../../../lib/train/training-loop.js'
import { golden } from '../../helpers/golden.js'
import { classifier } from '../helpers.js'

interface Golden {
  earlyStopping: { options: EarlyStoppingOptions; values: number[]; epochs: number; bestEpoch: number; best: number }[]
  reduceLROnPlateau: { options: ReduceLROnPlateauOptions; values: number[]; learningRates: number[] }[]
}

const { earlyStopping: stops, reduceLROnPlateau: falls } = golden<Golden>('callbacks')
const model = classifier()

describe('figures from epoch to epoch lead where they lead in Keras', () => {
  it.each(stops)('earlyStopping $options', async ({ options, values, ...wanted }) => {
    const stopping = earlyStopping(options)
    const loop = new TrainingLoop({ model, optimizer: sgd(), epochs: values.length, callbacks: stopping })
    const { epoch, stopped } = await loop.run((i) => ({ val_loss: values[i] as number }))
    expect({ epochs: epoch.length, best: stopping.best }).toEqual({ epochs: wanted.epochs, best: wanted.best })
    expect(stopping.bestEpoch).toBe(wanted.bestEpoch)
    expect(stopped).toBe(stopping.stoppedEpoch === null ? undefined : 'early')
    if (stopped !== undefined) expect(stopping.stoppedEpoch).toBe(wanted.epochs - 1)
  })

  it.each(falls)('reduceLROnPlateau $options', async ({ options, values, learningRates }) => {
    const optimizer = sgd({ learningRate: 1 })
    const rates: number[] = []
    const note = { onEpochEnd: () => void rates.push(optimizer.learningRate) }
    const callbacks = [reduceLROnPlateau(options), note]
    const loop = new TrainingLoop({ model, optimizer, epochs: values.length, callbacks })
    await loop.run((i) => ({ val_loss: values[i] as number }))
    expect(rates).toEqual(learningRates)
  })
})
