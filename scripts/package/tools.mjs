import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Tools with which users install, compile and bundle the library, on which this project does not depend itself. */
const packages = {
  'pnpm 9': 'pnpm@9',
  pnpm: 'pnpm@latest',
  'Yarn 1': 'yarn@1',
  'Yarn 4': '@yarnpkg/cli-dist@4',
  Bun: 'bun@1',
  'TypeScript 7': 'typescript@7',
  webpack: 'webpack@5',
}

/**
 * Installs the tools below a folder, without their install scripts; npm's own cache keeps the downloads for the next time.
 * Resolves with each one's node_modules by its name; one that cannot be had is missing, and is said to be.
 */
export async function fetchTools(folder) {
  const tools = new Map()
  for (const [name, spec] of Object.entries(packages)) {
    const prefix = join(folder, name.replace(' ', '-'))
    mkdirSync(prefix, { recursive: true })
    const options = [
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--fetch-retry-mintimeout',
      '1000',
    ]
    try {
      await promisify(execFile)('npm', ['install', '--prefix', prefix, ...options, spec], { cwd: prefix })
      tools.set(name, join(prefix, 'node_modules'))
    } catch (error) {
      const [reason] = error.stderr.trim().split('\n')
      console.log(`${name} cannot be had from the npm registry, so it is not tried (${reason})`)
    }
  }
  return tools
}
