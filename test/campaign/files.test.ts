import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const run = fileURLToPath(new URL('run.mjs', import.meta.url))

it('files that are not as they were written are read or refused, in 10 seconds of it', { timeout: 180_000 }, () => {
  const args = [run, 'files', '--minutes', '0.16', '--seed', '1']
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout.match(/FAILED.*/g)).toBe(null)
  expect(stdout).toMatch(/^failures: 0$/m)
  const counted = (what: string): number => Number(new RegExp(`\\b${what} (\\d+)`).exec(stdout)?.[1] ?? 0)
  expect(counted('ERR_FORMAT')).toBeGreaterThan(200)
  expect(counted('read')).toBeGreaterThan(20)
  expect(status).toBe(0)
})
