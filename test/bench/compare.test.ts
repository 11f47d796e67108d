import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** A checkout whose library has nothing. */
const empty = mkdtempSync(join(tmpdir(), 'myelin-bench-'))
afterAll(() => rmSync(empty, { recursive: true }))

async function bench(...args: string[]) {
  const run = promisify(execFile)(process.execPath, [join(root, 'bench/run.mjs'), ...args, '--quick'])
  return run.catch((error: { code: number; stdout: string; stderr: string }) => error)
}

it('a build beside itself has both figures, under a head with the machine', async () => {
  const { stdout } = await bench('compare', root, 'start', '--json')
  const [head, row] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  const peak = { gflops: expect.any(Number), memoryGBs: expect.any(Number) }
  expect(head).toMatchObject({
    head: 'start',
    processor: expect.any(String),
    versions: { new: expect.any(String), old: expect.any(String) },
    before: expect.arrayContaining([expect.objectContaining(peak)]),
    after: expect.arrayContaining([expect.objectContaining(peak)]),
  })
  expect(row).toMatchObject({ case: 'start', figure: 'us', new: expect.any(Number), ratio: expect.any(Number) })
})

it('a case that the old build cannot run is said to be missing', async () => {
  for (const folder of ['dist', 'build']) mkdirSync(join(empty, folder))
  symlinkSync(join(root, 'build/Release'), join(empty, 'build/Release'), 'junction')
  writeFileSync(join(empty, 'package.json'), '{ "version": "0.0.1", "type": "module" }')
  writeFileSync(join(empty, 'dist/index.js'), 'export {}')
  const ended = await bench('compare', empty, 'start')
  expect(ended).not.toHaveProperty('code')
  expect(ended.stdout).toContain('old 0.0.1')
  expect(ended.stdout).toContain('old is missing: failed with status 1')
})

it.each([
  [['compare'], 'compare needs the folder of another checkout'],
  [['compare', tmpdir()], 'There is no package.json in'],
  [['compare', root, 'start', '--peers', 'js'], 'compare takes no peers'],
  [['started'], 'There is no case "started"'],
])('%j is refused', async (args, message) => {
  expect(await bench(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(message) })
})
