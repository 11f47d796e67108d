// Every function of the addon, with arguments that fit, nearly fit, and are meant to do harm.
import { createRequire } from 'node:module'
import { hostile } from './hostile.mjs'
import { Random } from './random.mjs'

const native = createRequire(import.meta.url)('../../build/Release/myelin.node')
const functions = Object.keys(native).filter((name) => typeof native[name] === 'function' && name !== 'machinePeak')

export function surroundings(seed) {
  const random = new Random(seed)
  return {
    env: { MYELIN_MEMORY: random.pick(['64k', '1m', '32m', '256m']), MYELIN_THREADS: random.pick(['1', '2', '7']) },
  }
}

export async function slice({ seed, until, count }) {
  const random = new Random(seed)
  while (Date.now() < until) {
    const entry = random.pick(functions)
    const args = random.some(6, () => hostile(random))
    count.begin(entry, args.map((arg) => arg.name).join(', '))
    let outcome = 'ok'
    try {
      native[entry](...args.map((arg) => arg.value))
    } catch (error) {
      outcome = error?.code ?? error?.name ?? 'thrown'
    }
    count(entry, outcome)
    if (random.once(100)) await new Promise((resolve) => setImmediate(resolve))
  }
}
