// npm run bench -- CASE [--json] [--peers torch,tfjs,js] [--quick]; bench/README.md says how it is measured.
import { parseArgs } from 'node:util'
import { native } from './measure.mjs'
import { peerNames } from './peers.mjs'
import { printTable } from './table.mjs'

const cases = ['peak', 'gemm', 'ops', 'eager', 'mlp', 'infer', 'toolbox', 'loop', 'start', 'memory']

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
const settings = { quick: values.quick, peers: new Set(peers) }
const rows = []
for (const name of chosen) {
  const { run } = await import(`./cases/${name}.mjs`)
  for await (const row of run(settings)) {
    const full = { ...row, threads: row.threads ?? native.info().threads, isa: row.isa ?? native.info().isa }
    if (values.json) console.log(JSON.stringify(full))
    else process.stderr.write(`${full.case} ${full.impl}\n`)
    rows.push(full)
  }
}
if (!values.json) printTable(rows)
if (rows.some((row) => row.parity === false)) {
  console.error('an implementation computed something else than Myelin: its speed says nothing')
  process.exitCode = 1
}
