// The build that is measured: this checkout's, or that of the checkout which MYELIN_BUILD names.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const folder = process.env.MYELIN_BUILD ?? root

/** All that the library exports. */
export const library = await import(pathToFileURL(join(folder, 'dist/index.js')).href)

/** The addon that the library has loaded: instruction sets can be chosen here. */
export const native = createRequire(join(folder, 'package.json'))('./build/Release/myelin.node')
