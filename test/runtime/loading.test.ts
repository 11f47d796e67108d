import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
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

  it('for an addon that is not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'myelin-'))
    try {
      cpSync(bundle, join(folder, 'index.mjs'))
      writeFileSync(join(folder, 'package.json'), '{ "name": "elsewhere" }')
      symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
      const { name, code, message } = await loadError({}, pathToFileURL(join(folder, 'index.mjs')).href)
      expect([name, code]).toEqual(['MyelinError', 'ERR_PLATFORM'])
      expect(message).toContain('npm run build:native')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

it('takes sizes with units for MYELIN_MEMORY', async () => {
  const { result } = await runChild('try { myelin.zeros([1e6]); report("fits") } catch ({ code }) { report(code) }', {
    env: { MYELIN_MEMORY: '2m' },
  })
  expect(result).toBe('ERR_MEMORY')
})
