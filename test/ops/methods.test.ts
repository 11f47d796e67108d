import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import * as myelin from '../../lib/index.js'
import * as ops from '../../lib/ops/index.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { binaryOps, comparisonOps, unaryOps } from '../helpers/elementwise.js'

describe('the methods of a tensor', () => {
  it('are the ops that users can import', () => {
    const known: Record<string, unknown> = ops
    const imported = Object.entries(myelin).filter(
      ([name, value]) => typeof value === 'function' && known[name] === value,
    )
    const methods = Object.getOwnPropertyNames(Tensor.prototype).filter((name) => name in ops)
    expect(imported.map(([name]) => name).sort()).toEqual(methods.sort())
  })

  it('have every native op on each element by itself among them', () => {
    const names = [...unaryOps, ...binaryOps, ...comparisonOps].filter((name) => name !== 'geluTanh')
    const imported: Record<string, unknown> = { ...myelin }
    const missing = (from: Record<string, unknown>) => names.filter((name) => typeof from[name] !== 'function')
    expect(missing(imported)).toEqual([])
    expect(missing(Tensor.prototype as unknown as Record<string, unknown>)).toEqual([])
  })

  it('and its fields each carry their documentation in the editor', () => {
    const members = offeredFor('Tensor')
    expect(members.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['matmul', 'where', 'backward', 'dispose', 'shape']),
    )
    expect(members.filter(({ documentation }) => documentation === '').map(({ name }) => name)).toEqual([])
  })
})

/** The public members that an editor offers behind a value of a type of the library, and what it says of each. */
function offeredFor(type: string): { name: string; documentation: string }[] {
  const file = fileURLToPath(new URL('editor.ts', import.meta.url))
  const text = `import type { ${type} } from '../../lib/index.js'\ndeclare const x: ${type}\nx.`
  const service = ts.createLanguageService(hostOf(file, text))
  const { entries = [] } = service.getCompletionsAtPosition(file, text.length, {}) ?? {}
  return entries.flatMap(({ name }) => {
    const details = service.getCompletionEntryDetails(file, text.length, name, {}, undefined, {}, undefined)
    const { documentation = [], tags = [] } = details ?? {}
    return tags.some((tag) => tag.name === 'internal')
      ? []
      : [{ name, documentation: ts.displayPartsToString(documentation) }]
  })
}

/** A project of one open file, with the compiler options of this one. */
function hostOf(file: string, text: string): ts.LanguageServiceHost {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root)
  const read = (path: string): string | undefined => (path === file ? text : ts.sys.readFile(path))
  return {
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => ts.ScriptSnapshot.fromString(read(path) ?? ''),
    getCurrentDirectory: () => root,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: read,
  }
}
