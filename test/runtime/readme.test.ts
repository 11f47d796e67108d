import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import * as myelin from '../../lib/index.js'
import { bundle } from '../helpers/bundle.js'
import { factoriesOf } from '../helpers/choices.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(`${root}README.md`, 'utf8')
const snippets = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code as string)

/** Runs a snippet on the library's sources in a process of its own; what it printed. */
async function run(snippet: string, number: number): Promise<string> {
  const outfile = bundle.replace('index.mjs', `readme-${process.pid}-${number}.mjs`)
  await build({
    // Without a seed each run would learn something else.
    stdin: { contents: `import { setSeed as fix } from 'myelin'\nfix(0)\n${snippet}`, resolveDir: root },
    alias: { myelin: `${root}lib/index.ts` },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  const folder = mkdtempSync(join(tmpdir(), 'myelin-readme-'))
  try {
    return (await promisify(execFile)(process.execPath, [outfile], { cwd: folder })).stdout
  } finally {
    rmSync(folder, { recursive: true })
    rmSync(outfile)
  }
}

describe('README.md', () => {
  it('has snippets that run and do what they are for', async () => {
    const outputs = await Promise.all(snippets.map(run))
    const [quickstart, toolbox, graph, loop, saved] = outputs as [string, string, string, string, string]
    expect(snippets).toHaveLength(5)
    expect(Number(/accuracy: (0\.\d+)/.exec(quickstart)?.[1])).toBeGreaterThan(0.96)
    const accuracies = [...toolbox.matchAll(/val_accuracy (0\.\d+)/g)].map(([, figure]) => Number(figure))
    expect(accuracies).toHaveLength(3)
    expect(accuracies.at(-1)).toBeGreaterThan(0.9)
    expect(graph).toContain('Total params')
    const losses = loop
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[1]))
    expect(losses).toHaveLength(6)
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 4)
    expect(saved).toMatch(/Tensor/)
  })

  it('lists the names of each folder of choices, all of them and no others', () => {
    const rows = [...readme.matchAll(/^\| `([a-z]+)` \| (.*) \|$/gm)] as unknown as [string, string, string][]
    expect(rows.map(([, folder]) => folder)).toEqual(
      'layers activations initializers regularizers constraints losses metrics optimizers schedules callbacks data datasets'.split(
        ' ',
      ),
    )
    const options = ['clipNorm', 'clipValue', 'globalClipNorm', 'weightDecay']
    for (const [, folder, cell] of rows) {
      const names = [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name as string)
      const listed = names.filter((name) => folder !== 'optimizers' || !options.includes(name))
      const entries = Reflect.get(myelin, folder)
      const known = Object.keys(folder === 'data' ? entries : factoriesOf(entries))
      expect(listed.sort(), folder).toEqual(known.sort())
    }
  })
})
