import { describe, expect, it } from 'vitest'
import { lookUp } from '../../lib/native/names.js'
import { failure } from '../helpers/failure.js'

const table = { relu: 1, elu: 2, leakyRelu: 3, glorotUniform: 4 }

describe('lookUp', () => {
  it('finds what is there', () => {
    expect(lookUp(table, 'elu', 'activation', 'here')).toBe(2)
  })

  it.each([
    ['rleu', 'relu'],
    ['ReLU', 'relu'],
    ['rellu', 'relu'],
    ['leaky_relu', 'leakyRelu'],
    ['glorotUnifrom', 'glorotUniform'],
    ['leaky', 'leakyRelu'],
  ])('%s suggests %s', (given, meant) => {
    expect(failure(() => lookUp(table, given, 'activation', 'here'))).toEqual({
      code: 'ERR_ARGUMENT',
      message: `[here] unknown activation "${given}". Did you mean "${meant}"? Known: relu, elu, leakyRelu, glorotUniform`,
    })
  })

  it('knows what a name is short for, where one only fits', () => {
    const metrics = { auc: 1, accuracy: 2, meanSquaredError: 3, val_loss: 4, val_accuracy: 5 }
    const meant = (given: string) =>
      /mean "(.*)"\?/.exec(failure(() => lookUp(metrics, given, 'metric', 'here')).message)?.[1]
    expect(['acc', 'MSE', 'val_acc', 'AUC', 'val', 'ac', 'm'].map(meant)).toEqual([
      'accuracy',
      'meanSquaredError',
      'val_accuracy',
      'auc',
      undefined,
      undefined,
      undefined,
    ])
  })

  it('says of a function of the table that it is to be called', () => {
    const makers = { adam: () => 1, sgd: () => 2 }
    expect(failure(() => lookUp(makers, makers.sgd, 'optimizer', 'compile')).message).toBe(
      '[compile] unknown optimizer function. sgd makes one: give sgd(). Known: adam, sgd',
    )
    expect(failure(() => lookUp(makers, () => 3, 'optimizer', 'compile')).message).toBe(
      '[compile] unknown optimizer function. Known: adam, sgd',
    )
  })

  it.each(['softmax', '', 'x', 'constructor', 7, null])('%s suggests nothing', (given) => {
    expect(failure(() => lookUp(table, given, 'activation', 'here')).message).toMatch(
      /^\[here\] unknown activation .*\. Known: relu, /,
    )
  })
})
