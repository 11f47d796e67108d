// By the name `createRequire`, webpack would take the calls for ones that it resolves itself while it bundles.
import module from 'node:module'
import { dirname } from 'node:path'

/**
 * The file that this code is in: the library's or, where a bundler has moved it, the bundle. Several, as bundlers differ in
 * what they make of it: webpack leaves the library's, and in CommonJS esbuild leaves no `import.meta.url`.
 */
export const ownFiles: readonly string[] = [import.meta.url, commonJsFile()].filter((file) => file !== undefined)

function commonJsFile(): string | undefined {
  try {
    return __filename
  } catch {
    // An ES module has none.
    return undefined
  }
}

/** The folder of an installed package, as the first of the files finds it that does; undefined where none does. */
export function packageFolder(name: string, files: readonly string[]): string | undefined {
  for (const file of files) {
    try {
      return dirname(module.createRequire(file).resolve(`${name}/package.json`))
    } catch {
      // Not installed there.
    }
  }
  return undefined
}

/** Loads an addon by its file. */
export const requireAddon = (file: string): unknown => module.createRequire(file)(file)
