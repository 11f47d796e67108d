// npm run bench -- CASE …; bench/README.md says how it is measured.
import { parseArgs } from 'node:util'
import { root } from './build.mjs'
import { contest, ours } from './contest.mjs'
import { buildVersion, head, measurePeak } from './machine.mjs'
import { peerNames, peersIn } from './peers.mjs'
import { judge } from './rows.mjs'
import { withStartValues } from './start-values.mjs'
import { printTable } from './table.mjs'

const cases = [
  'peak',
  'gemm',
  'ops',
  'eager',
  'mlp',
  'infer',
  'toolbox',
  'loop',
  'start',
  'memory',
  'subnormal',
  'updates',
  'fork',
  'scaling',
]

const usage = `Usage: npm run bench -- CASE [options]

  CASE           ${cases.join(', ')} or all
  --peers a,b    also measure ${peerNames.join(', ')}, as far as they are installed
  --quick        fewer repetitions and sizes
  --json         one JSON object a line`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    peers: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})
const chosen = positionals.includes('all') ? cases : positionals
const unknown = chosen.find((name) => !cases.includes(name))
if (values.help || chosen.length === 0 || unknown !== undefined) {
  console.error(unknown === undefined ? usage : `There is no case "${unknown}".\n\n${usage}`)
  process.exit(values.help ? 0 : 1)
}
const peers = values.peers.split(',').filter(Boolean)
const stranger = peers.find((peer) => !peerNames.includes(peer))
if (stranger !== undefined) {
  console.error(`There is no peer "${stranger}".\n\n${usage}`)
  process.exit(1)
}

let before = measurePeak()
for (const name of chosen) {
  const { start = () => ({}), variants = {} } = await import(`./cases/${name}.mjs`)
  const builds = [
    { ...ours('myelin', root), version: buildVersion(root) },
    ...Object.entries(variants).map(([variant, env]) => ours(variant, root, env)),
  ]
  const contestants = [...builds, ...peersIn(name, peers)]
  const measured = await withStartValues(start(), (env) => contest(name, contestants, values, env))
  const rows = judge(measured, 'myelin')
  const after = measurePeak()
  const top = head(name, contestants, before, after)
  if (values.json) for (const line of [top, ...rows]) console.log(JSON.stringify(line))
  else printTable(top, rows)
  before = after
  if (rows.some((row) => row.impl === 'myelin' && row.missing !== undefined)) process.exitCode = 1
  if (rows.some((row) => row.parity === false)) {
    console.error(`${name}: an implementation computed something else than Myelin: its speed says nothing`)
    process.exitCode = 1
  }
}
