import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bundleUrl, runChild } from '../helpers/child.js'

// What happens where there is no memory: an error with a code, and a process that goes on.

/** Runs a module's text in a process of so many kilobytes of address space, as `ulimit -v` has it; what it prints, line by line. */
function confined(kilobytes: number, body: string): string[] {
  const text = `import * as myelin from ${JSON.stringify(bundleUrl)}
    const code = (fn) => { try { fn(); return 'done' } catch (error) { return error.code ?? String(error) } }
    ${body}`
  const command = `ulimit -v ${kilobytes}; exec "$0" --input-type=module --eval "$1"`
  return execFileSync('sh', ['-c', command, process.execPath, text], { encoding: 'utf8' }).trim().split('\n')
}

const room = 3_000_000
/** Tensors until there is no more room, or so many: how many, and who refused the next one. */
const fill = (elements: number, most = 100_000): string => `
  { let refusal = 'none'
    try { while (kept.length < ${most}) kept.push(myelin.zeros([${elements}])) } catch (error) { refusal = error.message }
    console.log(kept.length, refusal.replace(/^.*?: ([a-z ]+).*$/s, '$1')) }`
const free = 'for (const tensor of kept.splice(0)) tensor.dispose()'
const refused = 'the operating system gives this process no more'

describe.runIf(process.platform === 'linux')('where address space is limited', () => {
  it('what was freed serves tensors of any other size', () => {
    const small = fill(1000, 100_000)
    const body = `const kept = []
      ${[fill(12 << 20), fill(8 << 20), small, fill(12 << 20), small, fill(20 << 20)].join(`\n${free}\n`)}`
    const counts = confined(room, body).map((line) => {
      const [count, ...refusal] = line.split(' ')
      return { count: Number(count), refusal: refusal.join(' ') }
    })
    const [first, , , again] = counts.map(({ count }) => count)
    expect(first).toBeGreaterThan(20)
    expect(again).toBeGreaterThan((first as number) * 0.85)
    const all = counts.map(({ refusal }) => refusal)
    expect(all).toEqual([refused, refused, 'none', refused, 'none', refused])
  })

  it('elements for which JavaScript has no room are ERR_MEMORY', () => {
    const body = `const kept = []
      ${fill(32 << 20)}
      kept.pop().dispose()
      console.log(code(() => { for (const t of [...kept]) kept.push(t.data()) }))
      console.log(String(kept[0]).slice(0, 10), code(() => kept[0].toArray()))`
    expect(confined(room, body).slice(1)).toEqual(['ERR_MEMORY', 'Tensor([0, ERR_MEMORY'])
  })

  it('working memory that does not fit is ERR_MEMORY, in ops and in jobs', () => {
    const body = `
      const n = 1000
      const [x, w] = [myelin.zeros([n, n]), myelin.zeros([n, n])]
      const f = myelin.compile((a, b) => a.matmul(b).sum())
      f(x, w)
      const kept = []
      for (const size of [1 << 22, 1 << 19]) try { for (;;) kept.push(myelin.zeros([size])) } catch {}
      const outcomes = new Set()
      for (let i = 0; i < 30 && kept.length > 0; i++) {
        outcomes.add(code(() => x.matmul(w).dispose())).add(code(() => f(x, w).dispose()))
        kept.pop().dispose()
      }
      console.log([...outcomes].sort().join())`
    expect(confined(room, body)).toEqual(['ERR_MEMORY,done'])
  })
})

it('counts working memory in MYELIN_MEMORY', async () => {
  const { result } = await runChild(
    `
    const [x, w] = [myelin.zeros([1000, 1000]), myelin.zeros([1000, 1000])]
    const before = myelin.native.memory()
    x.matmul(w).dispose()
    report(myelin.native.memory().peakBytes - before.bytes > 4_200_000 && myelin.native.memory().bytes === before.bytes)
    `,
  )
  expect(result).toBe(true)
})

it('says whether the limit or the system refused', async () => {
  const { result } = await runChild(
    'try { myelin.zeros([1e8]) } catch (error) { report([error.code, /they would exceed the limit; \\d+ of the 67108864 bytes that MYELIN_MEMORY/.test(error.message)]) }',
    { env: { MYELIN_MEMORY: '64m' } },
  )
  expect(result).toEqual(['ERR_MEMORY', true])
})
