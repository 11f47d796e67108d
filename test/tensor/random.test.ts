import { expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { layers } from '../../lib/nn/index.js'
import { ones, randomNormal } from '../../lib/tensor/creation.js'
import { rememberDraws, seededDraws, setSeed } from '../../lib/tensor/random.js'

const drawn = (): unknown => randomNormal([3]).toArray()

it('draws are brought back to where they were, each by itself', () => {
  setSeed(6)
  drawn()
  const restoreAll = rememberDraws()
  const first = drawn()
  const restoreLater = rememberDraws()
  const second = drawn()
  restoreLater()
  expect(drawn()).toEqual(second)
  restoreAll()
  expect([drawn(), drawn()]).toEqual([first, second])
})

it('so are those under a seed of their own, and those beside the global ones are left alone', () => {
  const noise = layers.gaussianNoise({ stddev: 1, seed: 2 })
  const disturbed = (): unknown => noise.apply(ones([4]), { training: true }).toArray()
  const beside = seededDraws(9, 'test')
  const [before, restore] = [beside(drawn), rememberDraws()]
  const first = disturbed()
  const after = beside(drawn)
  expect(disturbed()).not.toEqual(first)
  restore()
  expect(disturbed()).toEqual(first)
  expect(beside(drawn)).not.toEqual(after)
  expect(after).not.toEqual(before)
})

it('what setSeed began anew meanwhile begins there', () => {
  setSeed(1)
  drawn()
  const restore = rememberDraws()
  drawn()
  setSeed(8)
  const wanted = drawn()
  drawn()
  restore()
  expect(drawn()).toEqual(wanted)
})
