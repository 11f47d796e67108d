import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundle } from '../helpers/bundle.js'
import { bundleUrl, runChild } from '../helpers/child.js'
import { instructionSets } from '../helpers/machine.js'

interface Failure {
  name: string
  code: string
  message: string
}

/** The error that loading the library gives. */
async function loadError(env: Record<string, string>, url = bundleUrl): Promise<Failure> {
  const { status, result } = await runChild(
    `try { await import(${JSON.stringify(url)}); report(null) } catch ({ name, code, message }) { report({ name, code, message }) }`,
    { env, load: false },
  )
  expect(status).toBe(0)
  return result as Failure
}

describe('loading fails as a MyelinError', () => {
  it.each([
    [{ MYELIN_ISA: 'sse9' }, /ERR_PLATFORM/, /MYELIN_ISA.*avx2.*got "sse9"/],
    [{ MYELIN_THREADS: '0' }, /ERR_ARGUMENT/, /MYELIN_THREADS.*got "0"/],
    [{ MYELIN_THREADS: 'many' }, /ERR_ARGUMENT/, /MYELIN_THREADS.*got "many"/],
    [{ MYELIN_MEMORY: 'lots' }, /ERR_ARGUMENT/, /MYELIN_MEMORY.*lots/],
    [{ MYELIN_MEMORY: '-1' }, /ERR_ARGUMENT/, /MYELIN_MEMORY/],
  ])('for %j', async (env, code, message) => {
    expect(await loadError(env as Record<string, string>)).toEqual({
      name: 'MyelinError',
      code: expect.stringMatching(code),
      message: expect.stringMatching(message),
    })
  })

  it('for an instruction set that the processor lacks', async () => {
    const lacking = ['avx2', 'avx512', 'neon'].find((isa) => !instructionSets.includes(isa)) as string
    expect(await loadError({ MYELIN_ISA: lacking })).toEqual({
      name: 'MyelinError',
      code: 'ERR_PLATFORM',
      message: expect.stringMatching(/MYELIN_ISA.*processor lacks/),
    })
  })
})

describe('where the addon is looked for', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc'
  const platform = `${process.platform}-${process.arch}`
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'myelin-'))
    mkdirSync(join(folder, 'node_modules'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** The bundle as a file of the folder; its URL. */
  function moved(): string {
    cpSync(bundle, join(folder, 'index.mjs'))
    return pathToFileURL(join(folder, 'index.mjs')).href
  }

  /** Makes a package of the folder, with this as the addon. */
  function pack(addon?: string): void {
    writeFileSync(
      join(folder, 'package.json'),
      '{ "name": "myelin", "exports": { "./package.json": "./package.json" } }',
    )
    if (addon === undefined) return
    mkdirSync(join(folder, 'prebuilds', platform), { recursive: true })
    cpSync(addon, join(folder, 'prebuilds', platform, `myelin.${libc}.node`))
  }

  const sum = (url: string): Promise<unknown> =>
    runChild(`const { tensor } = await import(${JSON.stringify(url)}); report(tensor([1, 2]).sum().item())`, {
      load: false,
    }).then(({ result }) => result)

  it('the prebuilt one of the platform, in the package', async () => {
    pack(join(root, 'build/Release/myelin.node'))
    expect(await sum(moved())).toBe(3)
  })

  it('in the installed package, from a bundle in its project', async () => {
    symlinkSync(root, join(folder, 'node_modules/myelin'))
    expect(await sum(moved())).toBe(3)
  })

  it('in the installed package, from a bundle that is a CommonJS module', async () => {
    symlinkSync(root, join(folder, 'node_modules/myelin'))
    const outfile = join(folder, 'index.cjs')
    await build({ entryPoints: [bundle], outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' })
    expect(await sum(pathToFileURL(outfile).href)).toBe(3)
  })

  it('a bundle that cannot find the package says how to leave it out of the bundle', async () => {
    const { name, code, message } = await loadError({}, moved())
    expect([name, code]).toEqual(['MyelinError', 'ERR_PLATFORM'])
    expect(message).toContain(folder)
    expect(message).toContain('esbuild: --external:myelin')
  })

  it('a package that has none for the platform says which one that is, and how to make one', async () => {
    pack()
    const { code, message } = await loadError({}, moved())
    expect(code).toBe('ERR_PLATFORM')
    expect(message).toContain(`no native addon for ${platform}`)
    expect(message).toContain('npm ci && npm pack')
  })

  it('one that is older than the library is named, with what to do', async () => {
    const code = `
      const { dlopen } = process
      process.dlopen = (module, ...rest) => {
        dlopen.call(process, module, ...rest)
        const { rules: _, ...older } = module.exports
        module.exports = older
      }
      try { await import(${JSON.stringify(bundleUrl)}); report(null) } catch ({ name, code, message }) { report({ name, code, message }) }`
    const { result } = await runChild(code, { load: false })
    expect(result).toMatchObject({
      name: 'MyelinError',
      code: 'ERR_PLATFORM',
      message: expect.stringMatching(/myelin\.node is older than the library, and has no rules: build it again/),
    })
  })

  it('one that the system refuses is named, with the reason', async () => {
    pack(join(root, 'package.json'))
    const { code, message } = await loadError({}, moved())
    expect(code).toBe('ERR_PLATFORM')
    expect(message).toMatch(/myelin\.\w+\.node cannot be loaded: .+\. Build it/)
  })
})

it('takes sizes with units for MYELIN_MEMORY', async () => {
  const { result } = await runChild('try { myelin.zeros([1e6]); report("fits") } catch ({ code }) { report(code) }', {
    env: { MYELIN_MEMORY: '2m' },
  })
  expect(result).toBe('ERR_MEMORY')
})
