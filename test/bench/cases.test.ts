import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../bench/case.mjs', import.meta.url))

interface Row {
  case: string
  us: number
  besideUs?: number
  goal?: number
  subnormals?: string
  fused?: boolean
  threads: number
  isa: string
}

/** The rows of a case on the build in dist/. */
async function rowsOf(name: string, env: NodeJS.ProcessEnv = {}): Promise<Row[]> {
  const options = { env: { ...process.env, MYELIN_THREADS: '2', ...env } }
  const { stdout } = await promisify(execFile)(process.execPath, [script, name, '--quick'], options)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

/** The same; each row has a time and the one that it is measured beside. */
async function pairsOf(name: string, env?: NodeJS.ProcessEnv): Promise<Row[]> {
  const rows = await rowsOf(name, env)
  for (const row of rows) {
    expect(row).toMatchObject({ case: expect.stringMatching(name), threads: 2, isa: expect.any(String) })
    expect(row.us).toBeGreaterThan(0)
    expect(row.besideUs).toBeGreaterThan(0)
  }
  return rows
}

it('subnormal: vanishing numbers have a goal where they are flushed, none where they are kept', async () => {
  const [flushed, kept] = [await pairsOf('subnormal'), await pairsOf('subnormal', { MYELIN_SUBNORMALS: 'keep' })]
  const settings = (rows: Row[]) => rows.map(({ subnormals, goal }) => [subnormals, goal])
  expect(settings(flushed)).toEqual([1.3, 1.1, 1.05].map((goal) => ['flush', goal]))
  expect(settings(kept)).toEqual(Array(3).fill(['keep', undefined]))
})

it('updates: every rule alone, and as one with the product of the gradient', async () => {
  const rows = await pairsOf('updates')
  expect(rows.map(({ fused }) => fused)).toEqual([...Array(12).fill(undefined), ...Array(12).fill(true)])
})

it('fork: instructions of a plan on two threads beside one', async () => {
  expect(await pairsOf('fork')).toHaveLength(7)
})

it('scaling: powers of two, as many threads as there are', async () => {
  const rows = await rowsOf('scaling', { MYELIN_THREADS: '5' })
  expect(new Set(rows.map(({ threads }) => threads))).toEqual(new Set([1, 2, 4]))
})
