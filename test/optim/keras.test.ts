import { describe, expect, it } from 'vitest'
import { adam, rmsprop, sgd } from '../../lib/optim/rules/index.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import { type GoldenArray, golden, toTensor } from '../helpers/golden.js'

const optimizers = { adam, rmsprop, sgd }
const { start, gradients } = golden<{ start: GoldenArray; gradients: GoldenArray[] }>('optimizers')
const { versions, runs } = golden<{
  versions: { keras: string }
  runs: { name: keyof typeof optimizers; options: object; steps: number[][] }[]
}>('keras')

describe(`20 steps as in Keras ${versions.keras}`, () => {
  // Keras computes 1 − βᵗ in float32; hence 2e-5 of the largest weight and not less.
  it.each(runs)('$name $options', ({ name, options, steps }) => {
    const optimizer = optimizers[name](options)
    const parameter = new Parameter(toTensor(start))
    const largest = Math.max(...steps.flat().map(Math.abs))
    for (const [t, wanted] of steps.entries()) {
      tidy(() => optimizer.update([parameter], [toTensor(gradients[t] as GoldenArray)]))
      const worst = Math.max(...wanted.map((w, i) => Math.abs(w - (parameter.data()[i] as number))))
      expect(worst, `step ${t + 1}`).toBeLessThan(2e-5 * largest)
    }
  })
})
