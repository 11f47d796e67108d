import { expect, it } from 'vitest'
import { runChild } from '../helpers/child.js'

const tick = 'const tick = () => new Promise((resolve) => setImmediate(resolve))'

it('ERR_MEMORY in a synchronous loop without tidy names tidy, and everything stays usable', async () => {
  const { status, result } = await runChild(
    `
    ${tick}
    const kept = myelin.tensor([1, 2, 3])
    let x = myelin.zeros([1e6])
    let caught
    try {
      for (let i = 0; i < 1000; i++) x = x.add(1)
    } catch (error) {
      caught = { name: error.name, code: error.code, tidy: error.message.includes('tidy()') }
    }
    const inTidy = myelin.tidy(() => kept.add(1).sum().item())
    const sound = x.sum().item() > 0
    x = null
    global.gc()
    await tick()
    const again = myelin.zeros([1e6]).add(2).mean().item()
    report({ caught, inTidy, sound, again })
    `,
    { env: { MYELIN_MEMORY: '64m' }, flags: ['--expose-gc'] },
  )
  expect(status).toBe(0)
  expect(result).toEqual({
    caught: { name: 'MyelinError', code: 'ERR_MEMORY', tidy: true },
    inTidy: 9,
    sound: true,
    again: 2,
  })
})

it('stays bounded outside tidy when turns of the event loop lie between the steps', async () => {
  const { status, result, stderr } = await runChild(
    `
    ${tick}
    const w = new myelin.Parameter(myelin.zeros([64, 64]))
    const x = myelin.full([32, 64], 0.5)
    for (let i = 0; i < 5_000; i++) {
      x.matmul(w).sub(1).square().mean().backward()
      w.assign(w.sub(w.grad.mul(0.01)).detach())
      w.zeroGrad()
      await tick()
    }
    report(myelin.native.memory().peakBytes)
    `,
    { env: { MYELIN_MEMORY: '256m' } },
  )
  expect(status, stderr).toBe(0)
  expect(result).toBeLessThan(256 * 2 ** 20)
})

it('drops to the baseline when the collector runs', async () => {
  const { status, result } = await runChild(
    `
    ${tick}
    const collect = async () => { for (let i = 0; i < 5; i++) { global.gc(); await tick() } }
    const x = myelin.full([10], 2)
    x.requiresGrad = true
    await collect()
    const before = myelin.native.memory()
    const work = () => {
      for (let i = 0; i < 5_000; i++) {
        const y = x.mul(3).exp()
        if (i % 2 === 0) y.sum().backward()
        if (i % 5 === 0) y.dispose()
      }
      x.zeroGrad()
    }
    work()
    const grown = myelin.native.memory().tensors - before.tensors
    await collect()
    const after = myelin.native.memory()
    report({ grown: grown > 10_000, tensors: after.tensors - before.tensors, bytes: after.bytes - before.bytes })
    `,
    { flags: ['--expose-gc'] },
  )
  expect(status).toBe(0)
  expect(result).toEqual({ grown: true, tensors: 0, bytes: 0 })
})
