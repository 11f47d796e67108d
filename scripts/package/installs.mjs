import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { run } from './run.mjs'

const example = 'node_modules/myelin/examples/quickstart.mjs'
const node = (file) => [process.execPath, file]

/** Each package manager: how it installs the dependencies of a project, and how the example is then run there. */
const managers = {
  npm: { install: () => ['npm', 'install', '--no-audit', '--no-fund'] },
  'pnpm 9': { install: (modules) => [join(modules, '.bin/pnpm'), 'install'] },
  pnpm: { install: (modules) => [join(modules, '.bin/pnpm'), 'install'] },
  'Yarn 1': { install: (modules) => [join(modules, '.bin/yarn'), 'install'] },
  'Yarn 4': {
    install: (modules) => [join(modules, '.bin/yarn'), 'install'],
    env: { YARN_NODE_LINKER: 'node-modules' },
  },
  'Yarn 4, Plug’n’Play': {
    tool: 'Yarn 4',
    install: (modules) => [join(modules, '.bin/yarn'), 'install'],
    env: { YARN_NODE_LINKER: 'pnp' },
    // There is no node_modules to find the example in.
    runs: (modules) => [[join(modules, '.bin/yarn'), 'node', 'main.mjs']],
  },
  Bun: {
    install: (modules) => [bun(modules), 'install'],
    runs: (modules) => [node(example), [bun(modules), example]],
  },
}

/** Without its install script, the package `bun` has not linked the program of its platform. */
function bun(modules) {
  const [platform] = readdirSync(join(modules, '@oven'))
  return join(modules, '@oven', platform, 'bin/bun')
}

const compilers = ['make', 'gmake', 'cc', 'c++', 'gcc', 'g++', 'clang', 'clang++', 'node-gyp']

/**
 * Installs the packed library with each package manager, none of which may call a compiler, and trains its example there.
 * @param tarball the packed library
 * @param data the folder with MNIST
 * @param tools what fetchTools resolves with
 */
export async function checkInstalls({ tarball, root, data, folder, tools }) {
  const called = join(folder, 'called')
  const programs = programsThatFail(join(folder, 'programs'), called)
  for (const [name, { tool = name, install, env, runs = () => [node(example)] }] of Object.entries(managers)) {
    const modules = tools.get(tool)
    if (name !== 'npm' && modules === undefined) continue
    const cwd = join(folder, name.replaceAll(/\W+/g, '-'))
    mkdirSync(cwd)
    writeFileSync(
      join(cwd, 'package.json'),
      JSON.stringify({ private: true, dependencies: { myelin: `file:${tarball}` } }),
    )
    writeFileSync(join(cwd, 'main.mjs'), readFileSync(join(root, 'examples/quickstart.mjs')))
    // Without a lock file of its own, Yarn 4 looks for the project in the folders above.
    if (tool === 'Yarn 4') writeFileSync(join(cwd, 'yarn.lock'), '')
    const options = { cwd, env: { ...environment(folder, programs), MYELIN_DATA: data, ...env } }
    const [command, ...args] = install(modules)
    await run(`${name} install`, command, args, options)
    if (existsSync(called)) throw new Error(`${name} called ${readFileSync(called, 'utf8')}`)
    for (const [command, ...args] of runs(modules)) {
      const output = await run(`${name}: the example by ${basename(command)}`, command, args, options)
      if (!/accuracy: 0\.9/.test(output)) throw new Error(`${name}: the example has not learned: ${output}`)
    }
  }
}

/** An environment with caches and settings of its own, and none that npm has handed down to this script. */
function environment(home, programs) {
  const own = Object.entries(process.env).filter(([name]) => !/^(ci$|npm_|pnpm_|xdg_|yarn_)/i.test(name))
  return {
    ...Object.fromEntries(own),
    PATH: `${programs}${delimiter}${process.env.PATH}`,
    HOME: home,
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_SCRIPTS: 'true',
    YARN_ENABLE_TELEMETRY: 'false',
  }
}

/** A folder of compilers that write their names into a file and fail. */
function programsThatFail(folder, called) {
  mkdirSync(folder)
  for (const name of compilers) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "$0 $*" >> "${called}"\nexit 1\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}
