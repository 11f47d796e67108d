// Contestants take turns at a case, each time in a process of its own: builds of Myelin, and peers.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from './build.mjs'
import { buildVersion } from './machine.mjs'
import { best } from './rows.mjs'

/** The build in a folder as a contestant. */
export function ours(name, folder, env = {}) {
  return {
    name,
    version: buildVersion(folder),
    command: [process.execPath, join(root, 'bench/case.mjs')],
    env: { ...process.env, MYELIN_BUILD: folder, ...env },
  }
}

/**
 * Rows of a case. Rounds go back and forth, a b c, c b a, a b c, …, and the best of each figure counts: who comes first, and
 * what else the machine does, should be the same for all.
 * @param contestants `missing` says why one cannot run
 * @param env what all are handed, such as the folder with the weights to begin with
 */
export async function contest(name, contestants, { quick }, env) {
  const rows = new Map()
  const missing = new Map()
  const add = (row) => {
    const key = [row.case, row.impl, row.threads, row.isa].join()
    const known = rows.get(key)
    rows.set(key, known === undefined ? row : best(known, row))
  }
  for (const contestant of contestants) if (contestant.missing) missing.set(contestant, contestant.missing)
  const rounds = contestants.length - missing.size < 2 ? 1 : quick ? 2 : 4
  for (let round = 0; round < rounds; round++) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      if (missing.has(contestant)) continue
      process.stderr.write(`${name} ${contestant.name}, round ${round + 1} of ${rounds}\n`)
      const failure = await take(name, contestant, { quick, env }, add)
      if (failure !== null) missing.set(contestant, failure)
    }
  }
  return [...rows.values(), ...[...missing].map(([{ name: impl }, why]) => ({ case: name, impl, missing: why }))]
}

/** One turn; null, or why there was none. */
async function take(name, contestant, { quick, env }, add) {
  const [command, ...args] = contestant.command
  const child = spawn(command, [...args, name, ...(quick ? ['--quick'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...contestant.env, ...env },
  })
  const closed = new Promise((settle) => child.once('close', (status, signal) => settle(signal ?? status)))
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue
    const { case: what, ...row } = JSON.parse(line)
    add({ case: what, impl: contestant.name, ...row })
  }
  const status = await closed
  return status === 0 ? null : `failed with status ${status}`
}
