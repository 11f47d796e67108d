import { describe, expect, it } from 'vitest'
import { runtime, tensor } from '../../lib/index.js'
import { runChild, startWorker, workerResult } from '../helpers/child.js'
import { instructionSets, onInstructionSet } from '../helpers/machine.js'

const tiny = 1e-40
const least = 2 ** -126

/** JavaScript's own arithmetic on subnormal doubles, which no op may change; not folded by a compiler. */
const doubles = `(() => {
  const least = Number(['5e-324'][0])
  return [least * 3 / 3, least * 1, least + least === 2 * least && least > 0, 2.2250738585072014e-308 / 4 * 4]
})()`
const right = [5e-324, 5e-324, true, 2.2250738585072014e-308]

const training = `
  const model = myelin.sequential({ layers: [myelin.layers.dense({ units: 8, activation: 'sigmoid', inputShape: [4] }), myelin.layers.dense({ units: 1 })] })
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  const x = myelin.full([64, 4], 1e-20), y = myelin.full([64, 1], 1e-20)
  const seen = []
  const look = () => seen.push(${doubles})
  const timer = setInterval(look, 0)
  await model.fit(x, y, { epochs: 3, batchSize: 8, verbose: 0, callbacks: [{ onBatchEnd: look, onEpochEnd: look }] })
  clearInterval(timer)
  for (let i = 0; i < 100; i++) { x.mul(1e-20).sum().item(); look() }
  model.predictSync(x)
  look()
`

describe('subnormals', () => {
  it('count as zeros of their sign in arithmetic, as operands and as results', () => {
    for (const isa of instructionSets)
      onInstructionSet(isa, () => {
        expect([...tensor([tiny, -tiny]).mul(1e38).data()]).toEqual([0, -0])
        expect([...tensor([least, -least]).mul(0.5).data()]).toEqual([0, -0])
        expect([...tensor([tiny]).add(0).data()]).toEqual([0])
        expect(
          tensor([[tiny]])
            .matmul(tensor([[1e38]]))
            .item(),
        ).toBe(0)
        expect(
          tensor([least * 1.5, -least])
            .sum()
            .item(),
        ).toBe(0)
        expect([...tensor([tiny, 0, -tiny]).equal(0).data()]).toEqual([1, 1, 1])
        expect([...tensor([tiny, -tiny]).sign().data()]).toEqual([0, -0])
        expect([...tensor([tiny, tiny]).log().data()]).toEqual([-Infinity, -Infinity])
      })
  })

  it('are passed on by what moves or chooses', () => {
    const kept = [...tensor([tiny, -tiny]).data()]
    expect(kept[0]).toBeGreaterThan(0)
    for (const isa of instructionSets)
      onInstructionSet(isa, () => {
        const x = tensor([tiny, -tiny])
        expect([...x.reshape([2, 1]).transpose().data()]).toEqual(kept)
        expect([...x.neg().neg().data()]).toEqual(kept)
        expect([...x.abs().data()]).toEqual([kept[0], kept[0]])
        expect([...x.slice([0], [1]).data()]).toEqual(kept.slice(0, 1))
        expect([...x.cast('bool').data()]).toEqual([1, 1])
      })
  })

  it('are arithmetic to JavaScript, during and after training', async () => {
    const { result, stderr } = await runChild(`${training}; report({ info: myelin.runtime.info().subnormals, seen })`)
    expect(result, stderr).toBeDefined()
    const { info, seen } = result as { info: string; seen: unknown[] }
    expect(info).toBe('flush')
    expect(seen.length).toBeGreaterThan(120)
    for (const values of seen) expect(values).toEqual(right)
  })

  it('are arithmetic to JavaScript in a worker that trains', async () => {
    const seen = await workerResult<unknown[]>(startWorker(`${training}; post(seen)`))
    expect(seen.length).toBeGreaterThan(120)
    for (const values of seen) expect(values).toEqual(right)
  })

  it('are kept with MYELIN_SUBNORMALS=keep', async () => {
    const body = `
      const x = myelin.tensor([${tiny}, -${tiny}])
      report({ info: myelin.runtime.info().subnormals, product: [...x.mul(1e38).data()], sign: [...x.sign().data()] })`
    const { result, stderr } = await runChild(body, { env: { MYELIN_SUBNORMALS: 'keep' } })
    expect(result, stderr).toBeDefined()
    const { info, product, sign } = result as { info: string; product: number[]; sign: number[] }
    expect(info).toBe('keep')
    expect(product[0]).toBeCloseTo(0.01, 4)
    expect(sign).toEqual([1, -1])
  })

  it('have a setting that says which values it takes', async () => {
    const { stderr } = await runChild('', { env: { MYELIN_SUBNORMALS: 'maybe' } })
    expect(stderr).toContain('MYELIN_SUBNORMALS is unknown; it must be flush or keep, got "maybe"')
  })

  it('are told of by runtime.info()', () => {
    expect(runtime.info().subnormals).toBe('flush')
  })
})
