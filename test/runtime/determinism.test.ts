import { describe, expect, it } from 'vitest'
import { native } from '../../lib/native/binding.js'
import { runChild } from '../helpers/child.js'
import { equalBits, instructionSets } from '../helpers/machine.js'
import { trainSteps } from '../helpers/train-steps.js'

const run = async (env: Record<string, string>) => {
  const { result, stderr } = await runChild('report({ ...myelin.trainSteps(100, 42), info: myelin.native.info() })', {
    env,
  })
  expect(result, stderr).toBeDefined()
  const { loss, hash, info } = result as { loss: number; hash: string; info: { isa: string; threads: number } }
  return { trained: { loss, hash }, info }
}

describe('a hundred training steps from a seed', () => {
  it('learn, and give the same weights in this process again', () => {
    const first = trainSteps(100, 42)
    expect(first.loss).toBeLessThan(trainSteps(1, 42).loss / 2)
    expect(trainSteps(100, 42)).toEqual(first)
    expect(trainSteps(100, 43).hash).not.toBe(first.hash)
  })

  it.each(['1', '2', '3', '5', '16'])('give the same weights with MYELIN_THREADS=%s', async (threads) => {
    const { trained, info } = await run({ MYELIN_THREADS: threads })
    expect(info.threads).toBe(Number(threads))
    expect(trained).toEqual(trainSteps(100, 42))
  })

  for (const isa of ['avx2', 'avx512', 'neon'])
    it.skipIf(!instructionSets.includes(isa) || !equalBits.includes(native.info().isa))(
      `give the same weights with MYELIN_ISA=${isa}`,
      async () => {
        const { trained, info } = await run({ MYELIN_ISA: isa })
        expect(info.isa).toBe(isa)
        expect(trained).toEqual(trainSteps(100, 42))
      },
    )

  it('give nearly the same loss on the baseline', async () => {
    const { trained, info } = await run({ MYELIN_ISA: 'baseline' })
    expect(info.isa).toBe('baseline')
    expect(trained.loss).toBeCloseTo(trainSteps(100, 42).loss, 1)
  })
})
