import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const file = fileURLToPath(new URL('../campaign/run.mjs', import.meta.url))

it('no call ends the process, hangs, or loses memory: 15 seconds of the campaign against the addon', () => {
  const args = [file, 'addon', '--minutes', '0.25', '--seed', '0']
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
  const counted = (what: string): number => Number(new RegExp(`\\b${what}:? (\\d+)`).exec(stdout)?.[1] ?? 0)
  expect(counted('failures')).toBe(0)
  expect(counted('run')).toBeGreaterThan(5_000)
  expect(counted('planRun')).toBeGreaterThan(500)
  expect(counted('ERR_ARGUMENT')).toBeGreaterThan(5_000)
})
