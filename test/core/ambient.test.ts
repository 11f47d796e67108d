import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ambient } from '../../lib/core/ambient.js'

describe('an ambient value', () => {
  it('is in force while a function runs, also for what that calls', () => {
    const layer = ambient<string | null>(null)
    const seen: (string | null)[] = []
    const look = (): void => void seen.push(layer.value)
    look()
    const result = layer.run('outer', () => {
      look()
      layer.run('inner', look)
      look()
      return 'done'
    })
    look()
    expect(result).toBe('done')
    expect(seen).toEqual([null, 'outer', 'inner', 'outer', null])
  })

  it('is what it was after an error', () => {
    const on = ambient(true)
    const fail = (): never => {
      throw new Error(`on: ${on.value}`)
    }
    expect(() => on.run(false, fail)).toThrow('on: false')
    expect(on.value).toBe(true)
  })

  it('holds until the first await of an asynchronous function', async () => {
    const on = ambient(false)
    const seen: boolean[] = []
    await on.run(true, async () => {
      seen.push(on.value)
      await null
      seen.push(on.value)
    })
    expect(seen).toEqual([true, false])
  })

  it('is written by run alone', () => {
    const files = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const names = files.flatMap(
      (name) => readFileSync(`lib/${name}`, 'utf8').match(/(?<=const )\w+(?= = ambient)/g) ?? [],
    )
    expect(names.length).toBeGreaterThan(8)
    const written = new RegExp(`\\b(${names.join('|')})\\.value = `)
    expect(files.filter((name) => written.test(readFileSync(`lib/${name}`, 'utf8')))).toEqual([])
  })
})
