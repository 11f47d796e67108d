import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

// What the documents name is there.

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const design = readdirSync(join(root, 'docs/design')).map((file) => `docs/design/${file}`)
const documents = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', 'examples/README.md', ...design]

describe.each(documents)('%s', (document) => {
  it('links to files that there are', () => {
    const links = [...read(document).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target as string)
    const missing = links.filter((link) => !link.includes('://') && !existsSync(join(root, dirname(document), link)))
    expect(missing).toEqual([])
  })

  it('names files that there are', () => {
    const named = [...read(document).matchAll(/`((?:bench|docs|examples|lib|native|scripts|test)\/[^\s`<*]+)`/g)]
    const paths = named.flatMap(([, path]) => alternatives(path as string))
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

it('docstrings say what something does, and not only where that is said', () => {
  const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  expect(files.filter((file) => /\/\*\*\s*(\*\s*)?See \{@link/.test(read(`lib/${file}`)))).toEqual([])
})

/** `a/{b,c}.ts` is two paths. */
function alternatives(path: string): string[] {
  const [, before, inside, after] = /^(.*?)\{(.*?)\}(.*)$/.exec(path) ?? []
  if (inside === undefined) return [path]
  return inside.split(',').flatMap((one) => alternatives(`${before}${one.trim()}${after}`))
}
