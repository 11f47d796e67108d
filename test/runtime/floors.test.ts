import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** From the bottom; those side by side do not import each other. */
const floors = [
  ['core'],
  ['native'],
  ['tensor'],
  ['autodiff', 'data'],
  ['ops'],
  ['graph', 'nn', 'optim'],
  ['train'],
  ['model'],
  ['io', 'report', 'tools'],
  ['initializers.ts', 'callbacks.ts'],
  ['index.ts'],
]

const lib = fileURLToPath(new URL('../../lib', import.meta.url))
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const imports = new Map(files.map((file) => [file, importsOf(file)]))

test('every file of lib stands on a floor', () => {
  const rooms = new Set(files.map(roomOf))
  expect([...rooms].sort()).toEqual(floors.flat().sort())
})

test('a file imports only from its own room and from floors below', () => {
  const upward = [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => roomOf(target) !== roomOf(file) && floorOf(target) >= floorOf(file))
      .map((target) => `${file} imports ${target}`),
  )
  expect(upward).toEqual([])
})

test('there are no circles, types included', () => {
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    const from = path.indexOf(file)
    if (from >= 0) circles.push([...path.slice(from), file].join(' → '))
    if (from >= 0 || done.has(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test('every import leads to a file of lib', () => {
  const lost = [...imports].flatMap(([file, targets]) =>
    targets.filter((target) => !imports.has(target)).map((target) => `${file} imports ${target}`),
  )
  expect(lost).toEqual([])
})

/** Files of lib, as paths from there: whatever stands in a `from '…'` or an `import('…')`. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(lib, file), 'utf8')
  return [...source.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g)].map(
    ([, path]) => `${join(dirname(file), path as string)}.ts`,
  )
}

function roomOf(file: string): string {
  return file.split('/')[0] as string
}

function floorOf(file: string): number {
  return floors.findIndex((rooms) => rooms.includes(roomOf(file)))
}
