import { expect, it } from 'vitest'
import { classifier, points, weightsOf } from './helpers.js'

it('fit with gradientAccumulation takes the steps of a larger batch', async () => {
  const { x, y } = points(48)
  const [large, small] = [classifier(), classifier()]
  const options = { epochs: 3, shuffle: false, verbose: 0 } as const
  await large.fit(x, y, { ...options, batchSize: 16 })
  await small.fit(x, y, { ...options, batchSize: 4, gradientAccumulation: 4 })
  const wanted = weightsOf(large).flat()
  const found = weightsOf(small).flat()
  expect(Math.max(...found.map((w, i) => Math.abs(w - (wanted[i] as number))))).toBeLessThan(1e-6)
})

it('steps left over count in the next fit', async () => {
  const { x, y } = points(8)
  const model = classifier()
  const before = weightsOf(model)
  const options = { shuffle: false, verbose: 0, batchSize: 4, gradientAccumulation: 3 } as const
  await model.fit(x, y, options)
  expect(weightsOf(model)).toEqual(before)
  await model.fit(x, y, options)
  expect(weightsOf(model)).not.toEqual(before)
})

it('is a whole number from 1', async () => {
  const { x, y } = points(8)
  await expect(classifier().fit(x, y, { gradientAccumulation: 0 })).rejects.toMatchObject({
    code: 'ERR_ARGUMENT',
    message: expect.stringContaining('gradientAccumulation'),
  })
})
