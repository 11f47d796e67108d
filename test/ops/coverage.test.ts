import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as ops from '../../lib/ops/index.js'
import { golden } from '../helpers/golden.js'

// What draws random numbers or changes parameters has no golden case of this kind, but tests of its own.
const tested = [
  'dropout',
  'permutation',
  'gatherRows',
  'isDenseActivation',
  'assignMovingAverage',
  'update',
  'accumulateGradients',
  'clipFactors',
  'assign',
  'accumulate',
  'accumulateCounts',
  'accumulateMoments',
  'classLabels',
]

const folder = new URL('../', import.meta.url)
const files = readdirSync(new URL('golden', folder))
  .filter((file) => file.endsWith('.jsonl'))
  .map((file) => file.replace(/\.jsonl$/, ''))

it('has golden cases for every op', () => {
  const ofFiles = files.flatMap((name) => Object.keys(golden<{ ops?: object }>(name).ops ?? {}))
  const covered = new Set([...ofFiles, ...tested])
  const functions = Object.entries<unknown>(ops).filter(([, op]) => typeof op === 'function')
  expect(functions.map(([name]) => name).filter((name) => !covered.has(name))).toEqual([])
})

it('leaves no golden file unread', () => {
  const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'))
  const text = tests.map((file) => readFileSync(new URL(file, folder), 'utf8')).join()
  const read = new Set(Array.from(text.matchAll(/(?:\bgoldenCases|>)\('([\w-]+)'\)/g), ([, name]) => name))
  expect(files.filter((name) => !read.has(name))).toEqual([])
})
