import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MyelinError } from '../core/error.js'
import { ownFiles, packageFolder } from './require.js'

/**
 * The addon's file: a checkout's own build, else the prebuilt one of this platform, named as prebuildify names it.
 * @throws MyelinError ERR_PLATFORM where the package has none for this platform, or was not found from a bundle
 */
export function addonFile(): string {
  const root = packageFolder('myelin', ownFiles)
  if (root === undefined)
    throw new MyelinError(
      'ERR_PLATFORM',
      `the native addon lies in the package "myelin", which is not found from ${ownFiles.at(-1)}: install it where the program ` +
        "runs, and leave it out of the bundle (esbuild: --external:myelin; rollup: external: ['myelin']; vite: ssr.external: " +
        "['myelin']; webpack: externals: { myelin: 'import myelin' })",
    )
  const built = join(root, 'build/Release/myelin.node')
  if (existsSync(built)) return built
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc'
  const platform = `${process.platform}-${process.arch}`
  const prebuilt = join(root, 'prebuilds', platform, `myelin.${libc}.node`)
  if (existsSync(prebuilt)) return prebuilt
  const which = process.platform === 'linux' ? `${platform} (${libc})` : platform
  throw new MyelinError(
    'ERR_PLATFORM',
    `the package in ${root} has no native addon for ${which}. Build it on such a machine, in a checkout: "npm ci" for work in the ` +
      'checkout, "npm ci && npm pack" for a package to install.',
  )
}
