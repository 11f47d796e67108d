import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as ops from '../../lib/ops/index.js'
import { goldenCases } from '../helpers/golden.js'

// What draws random numbers or changes parameters has no golden case of this kind, but tests of its own.
const tested = [
  'dropout',
  'permutation',
  'gatherRows',
  'isDenseActivation',
  'assignMovingAverage',
  'update',
  'accumulateGradients',
  'clipFactors',
  'assign',
  'accumulate',
  'accumulateCounts',
  'accumulateMoments',
  'classLabels',
]

it('has golden cases for every op', () => {
  const families = ['unary', 'binary', 'activation', 'reduction', 'movement', 'product', 'normalization', 'toolbox']
  const covered = new Set([...families.flatMap((family) => Object.keys(goldenCases(family))), ...tested])
  const functions = Object.entries<unknown>(ops).filter(([, op]) => typeof op === 'function')
  expect(functions.map(([name]) => name).filter((name) => !covered.has(name))).toEqual([])
})

it('knows every golden file', () => {
  const files = readdirSync(new URL('../golden', import.meta.url)).sort()
  const families = [
    'activation',
    'binary',
    'callbacks',
    'fit',
    'keras',
    'layer-normalization',
    'layers',
    'losses',
    'metrics',
    'movement',
    'normalization',
    'optim',
    'optimizers',
    'product',
    'reduction',
    'toolbox',
    'training',
    'unary',
    'weights',
  ]
  expect(files).toEqual(families.map((name) => `${name}.json`))
})
