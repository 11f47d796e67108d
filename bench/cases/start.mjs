// From `import 'myelin'` to the first result, each time in a new process.
import { execFileSync } from 'node:child_process'
import { folder } from '../build.mjs'

const code = `const start = performance.now()
const { tensor } = await import('myelin')
tensor([1, 2, 3]).add(1).data()
console.log((performance.now() - start) * 1000)`

export function* run({ quick }) {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < (quick ? 3 : 15); i++) {
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: folder, encoding: 'utf8' })
    best = Math.min(best, Number(out))
  }
  yield { case: 'start', us: best }
}
