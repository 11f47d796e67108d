// One slice of a campaign, in this process: node child.mjs <campaign> <seed> <seconds> <file for the last call> <file for counts>
import { openSync, writeFileSync, writeSync } from 'node:fs'

const [name, seed, seconds, lastFile, countsFile] = process.argv.slice(2)
const until = Date.now() + Number(seconds) * 1000

const room = 1000
const line = Buffer.alloc(room)
const last = openSync(lastFile, 'r+')
const counts = {}

function count(entry, outcome) {
  counts[entry] ??= {}
  counts[entry][outcome] = (counts[entry][outcome] ?? 0) + 1
}

/** Written down before the call, since nobody can be asked after it. */
count.begin = (entry, description = '') => {
  line.fill(0)
  line.write(`${entry} ${description}`)
  writeSync(last, line, 0, room, 0)
}

const { slice } = await import(`./${name}.mjs`)
await slice({ seed: Number(seed), until, count })
writeFileSync(countsFile, JSON.stringify(counts))
