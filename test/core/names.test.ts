import { describe, expect, it } from 'vitest'
import { didYouMean, lookUp } from '../../lib/core/names.js'
import { failure } from '../helpers/failure.js'

const words = (text: string): string[] => text.trim().split(/\s+/)
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

  const figures = ['auc', 'accuracy', 'meanSquaredError', 'val_loss', 'val_accuracy']
  const losses = words(`
    sparseCategoricalCrossentropy categoricalCrossentropy binaryCrossentropy meanSquaredError meanAbsoluteError huber logCosh
    hinge squaredHinge categoricalHinge kullbackLeiblerDivergence poisson cosineSimilarity`)
  const metrics = words('accuracy topKCategoricalAccuracy precision recall f1 auc confusionMatrix r2')
  const options = words('learningRate momentum nesterov clipNorm clipValue globalClipNorm weightDecay exclude')
  const layers = words('dense_36 dense_137 activation_4 batchNormalization_2 head')

  it.each([
    // The same but for case, underscores and dashes.
    [figures, 'AUC', 'auc'],
    [losses, 'log-cosh', 'logCosh'],
    [metrics, 'confusion matrix', 'confusionMatrix'],
    // A former name.
    [['units', 'inputShape'], 'input_dim', 'inputShape'],
    [['epochs', 'verbose'], 'nb_epoch', 'epochs'],
    // The beginning.
    [figures, 'acc', 'accuracy'],
    [figures, 'val_acc', 'val_accuracy'],
    [figures, 'val', 'val_loss', 'val_accuracy'],
    [losses, 'mean', 'meanSquaredError', 'meanAbsoluteError'],
    [options, 'clip', 'clipNorm', 'clipValue'],
    // Letters of each word.
    [losses, 'MSE', 'meanSquaredError'],
    [losses, 'mae', 'meanAbsoluteError'],
    [losses, 'bce', 'binaryCrossentropy'],
    [losses, 'cce', 'categoricalCrossentropy'],
    [losses, 'kld', 'kullbackLeiblerDivergence'],
    [losses, 'sparseCatCrossent', 'sparseCategoricalCrossentropy'],
    [options, 'lr', 'learningRate'],
    [options, 'wd', 'weightDecay'],
    // Slips.
    [options, 'momentun', 'momentum'],
    [losses, 'possion', 'poisson'],
    [['l1', 'l2', 'l1l2', 'orthogonal'], 'L3', 'l1', 'l2'],
    [['aa', 'bb', 'cc'], 'cd', 'cc'],
    [layers, 'densee', 'dense_36', 'dense_137'],
    [layers, 'Dense_36', 'dense_36'],
    [layers, 'acitvation', 'activation_4'],
    [layers, 'haed', 'head'],
    // A part of the name, or the name and more.
    [losses, 'crossEntropy', 'sparseCategoricalCrossentropy', 'categoricalCrossentropy', 'binaryCrossentropy'],
    [losses, 'similarity', 'cosineSimilarity'],
    [options, 'decay', 'weightDecay'],
    [losses, 'huber_loss', 'huber'],
    [losses, 'huberLossFunction', 'huber'],
    [metrics, 'f1Score', 'f1'],
    [['l1', 'l2', 'l1l2'], 'l1l2Penalty', 'l1l2'],
    // Near nothing.
    [figures, 'ac'],
    [figures, 'm'],
    [figures, ''],
    [figures, '_'],
    [losses, 'focal'],
    [losses, 'triplet'],
    [losses, 'ms'],
    [losses, 'crossfit'],
    [metrics, 'rmse'],
    [options, 'amsgrad'],
    [options, 'xyz'],
    [['aa', 'bb', 'cc'], 'dd'],
    [['日', '月'], '火'],
    [layers, 'output'],
  ])('of %j, %j is near', (known, given, ...meant) => {
    const quoted = meant.map((name) => `"${name}"`)
    const last = quoted.pop()
    const choice = quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
    expect(didYouMean(given, known as string[])).toBe(last === undefined ? '' : ` Did you mean ${choice}?`)
  })

  it.each(['softmax', '', 'x', 'constructor', 7, null])('%s suggests nothing', (given) => {
    expect(failure(() => lookUp(table, given, 'activation', 'here')).message).toMatch(
      /^\[here\] unknown activation .*\. Known: relu, /,
    )
  })
})
