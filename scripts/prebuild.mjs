// Puts the addon that was built, without its symbols, where node-gyp-build finds it in a package:
// prebuilds/<platform>-<arch>/myelin.<libc>.node. One file serves every Node from 20 on, by Node-API.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { platform, arch } = process
const libc = platform !== 'linux' ? '' : existsSync('/etc/alpine-release') ? '.musl' : '.glibc'
const folder = `${root}/prebuilds/${platform}-${arch}`
const file = `${folder}/myelin${libc}.node`

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
copyFileSync(`${root}/build/Release/myelin.node`, file)
if (platform === 'linux') execFileSync('strip', ['--strip-all', file])
if (platform === 'darwin') execFileSync('strip', ['-Sx', file])
console.log(file)
