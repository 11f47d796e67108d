import { expect, it } from 'vitest'

const { best, compare, judge } = await import(new URL('../../bench/rows.mjs', import.meta.url).href)

it('the best of two turns is the least time, the most speed, and only right if both were', () => {
  const first = { case: 'a', impl: 'x', us: 2, gflops: 5, parity: true, loss: 1 }
  const second = { case: 'a', impl: 'x', us: 3, gflops: 7, parity: false, loss: 1 }
  expect(best(first, second)).toEqual({ case: 'a', impl: 'x', us: 2, gflops: 7, parity: false, loss: 1 })
  expect(best(second, first)).toEqual(best(first, second))
})

it('a time is compared with what stands beside it, or ours with a peer’s', () => {
  const rows = [
    { case: 'a', impl: 'myelin', us: 1, besideUs: 4 },
    { case: 'b', impl: 'myelin', us: 1 },
    { case: 'b', impl: 'peer', us: 5 },
    { case: 'c', impl: 'peer', missing: 'no reason' },
  ]
  expect(judge(rows, 'myelin').map(({ ratio }: { ratio?: number }) => ratio)).toEqual([0.25, undefined, 0.2, undefined])
})

it.each([
  ['loss', 1, 1.01, 1.03],
  ['first', [0.5, 0.5], [0.50001, 0.5], [0.51, 0.5]],
])('another %s than ours has no parity', (figure, mine, near, far) => {
  const rows = [
    { case: 'a', impl: 'myelin', [figure]: mine },
    { case: 'a', impl: 'near', [figure]: near },
    { case: 'a', impl: 'far', [figure]: far },
    { case: 'a', impl: 'silent' },
  ]
  const [ours, ...others] = judge(rows, 'myelin') as { impl: string; parity?: boolean }[]
  expect(ours).not.toHaveProperty('parity')
  expect(others.map(({ parity }) => parity)).toEqual([true, false, undefined])
})

it('builds are compared in what takes time or memory, on as many threads', () => {
  const at = { case: 'a', isa: 'x' }
  const rows = [
    { ...at, impl: 'new', threads: 1, us: 1, gflops: 9, lastMB: 6 },
    { ...at, impl: 'new', threads: 2, us: 2 },
    { ...at, impl: 'old', threads: 1, us: 4, gflops: 8, lastMB: 3 },
    { case: 'b', impl: 'old', missing: 'no reason' },
  ]
  expect(compare(rows)).toEqual([
    { ...at, threads: 1, figure: 'us', new: 1, old: 4, ratio: 0.25 },
    { ...at, threads: 1, figure: 'lastMB', new: 6, old: 3, ratio: 2 },
    { case: 'b', impl: 'old', missing: 'no reason' },
  ])
})
