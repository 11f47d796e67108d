import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const run = fileURLToPath(new URL('run.mjs', import.meta.url))

it('nothing that a caller does to the library breaks a promise, in 15 seconds of it', { timeout: 180_000 }, () => {
  const args = [run, 'api', '--minutes', '0.25', '--seed', '1']
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout.match(/FAILED.*/g)).toBe(null)
  expect(stdout).toMatch(/^failures: 0$/m)
  expect(status).toBe(0)
})
