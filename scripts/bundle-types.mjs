// The public types as one file.
import { rmSync } from 'node:fs'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import ts from 'typescript'

/**
 * The text of index.d.ts: lib/index.ts and all that it exports, with the docstrings.
 * @throws an error that lists what TypeScript refuses
 */
export async function bundleTypes(root) {
  const folder = `${root}/dist/types`
  const program = emit(root, folder)
  try {
    const bundle = await rollup({ input: `${folder}/index.d.ts`, plugins: [dts()] })
    const { output } = await bundle.generate({ entryFileNames: 'index.d.ts' })
    // A tensor has Symbol.dispose, which the libraries of a project's own target may lack.
    const reference = '/// <reference lib="esnext.disposable" />\n'
    return reference + tidy(output[0].code, publicNames(program, `${root}/lib/index.ts`))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes a declaration file for each source. */
function emit(root, folder) {
  const changes = { noEmit: false, emitDeclarationOnly: true, outDir: folder, rootDir: `${root}/lib` }
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => refuse([diagnostic]) }
  const config = ts.getParsedCommandLineOfConfigFile(`${root}/tsconfig.build.json`, changes, host)
  const program = ts.createProgram(config.fileNames, config.options)
  refuse(ts.getPreEmitDiagnostics(program))
  program.emit()
  return program
}

function refuse(diagnostics) {
  const host = {
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  }
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, host))
}

/** A module's exports: a name's value is `type` where it is exported as a type only, and of a namespace its own names. */
function publicNames(program, file) {
  const checker = program.getTypeChecker()
  const namesOf = (module) =>
    new Map(
      checker.getExportsOfModule(module).map((symbol) => {
        const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
        if (meant.flags & ts.SymbolFlags.ValueModule) return [symbol.name, namesOf(meant)]
        return [symbol.name, symbol.declarations?.some(ts.isTypeOnlyExportDeclaration) ? 'type' : 'value']
      }),
    )
  return namesOf(checker.getSymbolAtLocation(program.getSourceFile(file)))
}

/**
 * Puts right what the bundler loses. It makes values of classes that are exported as types only, which a program would find
 * undefined when it runs; it calls the namespace `layers` index_d$2, or as a file does that imports it, which users would read in
 * messages; and in it `dense` becomes an alias `index_d$2_dense`, without the docstring of `dense`.
 */
function tidy(code, names) {
  const { statements } = ts.createSourceFile('index.d.ts', code, ts.ScriptTarget.Latest, true)
  const edits = []
  const renamed = new Map()
  const replace = (node, text) => edits.push([node.getStart(), node.getEnd(), text])

  const tidyExports = (list, names, prefix) => {
    for (const specifier of list.filter(ts.isExportDeclaration).flatMap((node) => [...node.exportClause.elements])) {
      const name = specifier.name.text
      let local = specifier.propertyName?.text ?? name
      const declarations = statements.filter((node) => nameOf(node) === local)
      const [namespace] = declarations.filter(ts.isModuleDeclaration)
      if (namespace !== undefined) {
        tidyExports(namespace.body.statements, names.get(name), `${local}_`)
        replace(namespace.name, name)
        renamed.set(local, name)
        local = name
      } else if (prefix !== undefined && local.startsWith(prefix)) {
        for (const alias of declarations) replace(alias, '')
        local = aliased(declarations[0])
      }
      const type = names.get(name) === 'type' && !specifier.parent.parent.isTypeOnly ? 'type ' : ''
      replace(specifier, `${type}${local === name ? '' : `${local} as `}${name}`)
    }
  }
  tidyExports(statements, names)
  const rename = (node) => {
    const name = ts.isTypeQueryNode(node) ? renamed.get(node.exprName.getText()) : undefined
    if (name !== undefined) replace(node.exprName, name)
    ts.forEachChild(node, rename)
  }
  statements.forEach(rename)
  for (const [start, end, text] of edits.sort(([a], [b]) => b - a)) code = code.slice(0, start) + text + code.slice(end)
  return code.replace(/\n{3,}/g, '\n\n')
}

const nameOf = (statement) => (statement.name ?? statement.declarationList?.declarations[0].name)?.text

/** `dense` of `declare const layers_dense: typeof dense;`, `Dense` of `type layers_Dense = Dense;`. */
function aliased(statement) {
  const type = statement.type ?? statement.declarationList.declarations[0].type
  return (type.typeName ?? type.exprName).text
}
