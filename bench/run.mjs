// npm run bench -- CASE … | compare FOLDER [CASE …]; bench/README.md says how it is measured.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './build.mjs'
import { contest, ours } from './contest.mjs'
import { head, measurePeak } from './machine.mjs'
import { peerNames, peersIn } from './peers.mjs'
import { compare, judge } from './rows.mjs'
import { withStartValues } from './start-values.mjs'
import { printTable } from './table.mjs'

// biome-ignore format: a list
const cases = [
  'peak', 'gemm', 'ops', 'eager', 'mlp', 'infer', 'toolbox', 'loop', 'start', 'memory', 'subnormal', 'updates', 'fork', 'scaling',
]

const usage = `Usage: npm run bench -- CASE… [options]
       npm run bench -- compare FOLDER [CASE…] [options]

  CASE           ${cases.slice(0, 8).join(', ')},
                 ${cases.slice(8).join(', ')} or all
  FOLDER         another checkout, with its addon and dist/ built: the two builds take turns at the cases, by default at all
                 but peak
  --peers a,b    also measure ${peerNames.slice(0, 6).join(', ')},
                 ${peerNames.slice(6).join(', ')}, as far as they are installed; not with compare
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
if (values.help) {
  console.log(usage)
  process.exit()
}
const comparing = positionals[0] === 'compare'
const old = comparing ? otherBuild(positionals[1]) : undefined
const chosen = casesOf(positionals.slice(comparing ? 2 : 0))
const peers = peersOf(values.peers)

let before = measurePeak()
for (const name of chosen) {
  const { start = () => ({}), variants = {} } = await import(`./cases/${name}.mjs`)
  const contestants = comparing
    ? [ours('new', root), ours('old', old)]
    : [ours('myelin', root), ...Object.entries(variants).map(([variant, env]) => ours(variant, root, env))]
  contestants.push(...peersIn(name, peers))
  const measured = await withStartValues(start(), (env) => contest(name, contestants, values, env))
  const judged = judge(measured, contestants[0].name)
  const rows = comparing ? compare(judged) : judged
  const after = measurePeak()
  const top = head(name, contestants, before, after)
  if (values.json) for (const line of [top, ...rows]) console.log(JSON.stringify(line))
  else printTable(top, rows)
  before = after
  if (rows.some(({ impl, missing }) => impl === contestants[0].name && missing !== undefined)) process.exitCode = 1
  if (rows.some(({ parity }) => parity === false)) {
    console.error(`${name}: an implementation computed something else than another: its speed says nothing`)
    process.exitCode = 1
  }
}

function casesOf(names) {
  const unknown = names.find((name) => name !== 'all' && !cases.includes(name))
  if (unknown !== undefined) refuse(`There is no case "${unknown}".`)
  if (comparing && names.length === 0) return cases.filter((name) => name !== 'peak')
  if (names.length === 0) refuse('Which case?')
  return names.includes('all') ? cases : names
}

function peersOf(text) {
  const names = text.split(',').filter(Boolean)
  const stranger = names.find((name) => !peerNames.includes(name))
  if (stranger !== undefined) refuse(`There is no peer "${stranger}".`)
  if (comparing && names.length > 0) refuse('compare takes no peers.')
  return names
}

/** A folder as whoever called npm wrote it. */
function otherBuild(written) {
  if (written === undefined) refuse('compare needs the folder of another checkout.')
  const folder = resolve(process.env.INIT_CWD ?? '.', written)
  const lacking = ['package.json', 'dist/index.js', 'build/Release/myelin.node'].find(
    (file) => !existsSync(join(folder, file)),
  )
  if (lacking !== undefined)
    refuse(`There is no ${lacking} in ${folder}: build that checkout (npm ci && npm run build).`)
  return folder
}

function refuse(message) {
  console.error(`${message}\n\n${usage}`)
  process.exit(1)
}
