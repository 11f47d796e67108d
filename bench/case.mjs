// A case on one build, in this process: case.mjs CASE [--quick]; prints rows as JSON lines.
import { native } from './build.mjs'

const [name] = process.argv.slice(2)
const { run } = await import(`./cases/${name}.mjs`)
for await (const row of run({ quick: process.argv.includes('--quick') })) {
  const { threads, isa } = native.info()
  console.log(JSON.stringify({ threads, isa, ...row }))
}
