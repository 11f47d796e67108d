import { describe, expect, it } from 'vitest'
import { activations, layers, losses, metrics, optimizers, schedules, sequential } from '../lib/index.js'
import { constraints, initializers, regularizers } from '../lib/nn/index.js'
import { factoriesOf } from './helpers/choices.js'
import { failure } from './helpers/failure.js'

// Wherever a name stands for a choice, one that is not known is refused when it is given: by its own name, with those that are
// known, and with the one that was probably meant.

const dense = (options: object): unknown => layers.dense({ units: 1, ...options } as never)
const compiled = (options: object): void =>
  sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] }).compile({
    loss: 'meanSquaredError',
    ...options,
  } as never)

const cases: [kind: string, wrong: string, meant: string, give: (name: string) => unknown, known: object][] = [
  ['activation', 'leaky_relu', 'leakyRelu', (activation) => dense({ activation }), activations],
  ['activation', 'Softmax', 'softmax', (activation) => layers.activation({ activation } as never), activations],
  ['initializer', 'heNorml', 'heNormal', (kernelInitializer) => dense({ kernelInitializer }), initializers],
  ['initializer', 'one', 'ones', (name) => layers.prelu({ alphaInitializer: { name } as never }), initializers],
  ['regularizer', 'L1L2', 'l1l2', (kernelRegularizer) => dense({ kernelRegularizer }), regularizers],
  ['regularizer', 'ortogonal', 'orthogonal', (name) => dense({ activityRegularizer: { name } }), regularizers],
  ['constraint', 'max_norm', 'maxNorm', (kernelConstraint) => dense({ kernelConstraint }), constraints],
  ['constraint', 'nonneg', 'nonNeg', (name) => dense({ biasConstraint: { name } }), constraints],
  ['loss', 'meanSquareError', 'meanSquaredError', (loss) => compiled({ loss }), losses],
  ['loss', 'bce', 'binaryCrossentropy', (loss) => compiled({ loss }), losses],
  ['loss', 'huber_loss', 'huber', (loss) => compiled({ loss }), losses],
  ['metric', 'f1Score', 'f1', (metric) => compiled({ metrics: [metric] }), metrics],
  ['metric', 'acuracy', 'accuracy', (metric) => compiled({ metrics: [metric] }), metrics],
  ['optimizer', 'RMSProp', 'rmsprop', (optimizer) => compiled({ optimizer }), optimizers],
  ['schedule', 'one_cycle', 'oneCycle', (name) => optimizers.sgd({ learningRate: { name } as never }), schedules],
]

describe('an unknown name', () => {
  it.each(cases)('of %s, "%s", is refused, with "%s"', (kind, wrong, meant, give, known) => {
    const { code, message } = failure(() => give(wrong))
    expect(code).toBe('ERR_ARGUMENT')
    const [, listed] = message.split(`unknown ${kind} "${wrong}". Did you mean "${meant}"? Known: `)
    // lsuv takes a model and data: it is no name that a layer could be given.
    const names = Object.keys(factoriesOf(known)).filter((name) => name !== 'lsuv')
    expect(listed?.split(', ').sort()).toEqual(names.sort())
  })

  it('of a callback, too', async () => {
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] })
    model.compile({ loss: 'meanSquaredError' })
    await expect(model.fit([[1, 2]], [[1, 2]], { callbacks: ['EarlyStoping'] as never, verbose: 0 })).rejects.toThrow(
      /unknown callback .*"EarlyStoping"\. Did you mean "earlyStopping"\? Known: .*terminateOnNaN/,
    )
  })
})
