import { describe, expect, it } from 'vitest'
import type { OptimizerName } from '../../lib/optim/choices.js'
import { optimizers } from '../../lib/optim/index.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import { factoriesOf } from '../helpers/choices.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { instructionSets, onInstructionSet } from '../helpers/machine.js'

interface Run {
  name: OptimizerName
  options: object
  /** At the steps of `kept`, all weights: by the formula in float64, and by Keras, which lacks some optimizers. */
  steps: number[][]
  keras: number[][] | null
}

const { start, gradients, kept, runs, versions } = golden<{
  start: GoldenArray[]
  gradients: GoldenArray[][]
  kept: number[]
  runs: Run[]
  versions: { keras: string }
}>('optim')

function follow({ name, options }: Run): number[][] {
  const weights = ['kernel', 'bias'].map((name, i) => new Parameter(toTensor(start[i] as GoldenArray), { name }))
  const optimizer = optimizers[name](options)
  const states = gradients.map((step) => {
    tidy(() => optimizer.update(weights, step.map(toTensor)))
    return weights.flatMap((w) => [...w.data()])
  })
  expect(optimizer.iterations).toBe(gradients.length)
  return kept.map((step) => states[step - 1] as number[])
}

/** What is wrong, within a share of the largest weight. */
function wrong(found: number[][], wanted: number[][], tolerance: number): string[] {
  return wanted.flatMap((weights, i) => {
    const absolute = tolerance * Math.max(...weights.map(Math.abs))
    const text = difference(found[i] as number[], weights, { relative: 0, absolute })
    return text === null ? [] : [`step ${kept[i]}: ${text}`]
  })
}

describe.each(runs.map((run) => ({ run, title: `${run.name} ${JSON.stringify(run.options)}` })))(
  '20 steps of $title',
  ({ run }) => {
    it.each(instructionSets)('are those of the formula in float64 on %s', (isa) => {
      onInstructionSet(isa, () => expect(wrong(follow(run), run.steps, 5e-6)).toEqual([]))
    })

    const { keras } = run
    // Keras computes 1 − βᵗ and the rates in float32; hence 2e-5 and not less.
    if (keras !== null)
      it(`are those of Keras ${versions.keras}`, () => {
        expect(wrong(follow(run), keras, 2e-5)).toEqual([])
      })
  },
)

it('has runs of each optimizer with each clipping, with decay and with a schedule', () => {
  const wanted = ['clipNorm', 'clipValue', 'globalClipNorm', 'weightDecay', 'schedule', 'none']
  const ofRun = ({ options }: Run): string[] => {
    const found = wanted.filter((name) => name in options)
    if ('learningRate' in options && typeof options.learningRate === 'object') found.push('schedule')
    return found.length === 0 ? ['none'] : found
  }
  for (const name of Object.keys(factoriesOf(optimizers))) {
    const own = runs.filter((run) => run.name === name).map(ofRun)
    for (const what of wanted) expect(own, `${name}, ${what} alone`).toContainEqual([what])
  }
})
