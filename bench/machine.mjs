// A table's head: on which machine, with what, and what that machine did at most just before and after.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { native } from './build.mjs'

/** The machine's peak now, on one thread and on all. About two seconds. */
export function measurePeak() {
  const { threads } = native.info()
  try {
    return [...new Set([1, threads])].map((count) => {
      native.setThreads(count)
      const { flops, cacheBytes, memoryBytes } = native.machinePeak()
      return { threads: count, gflops: flops / 1e9, cacheGBs: cacheBytes / 1e9, memoryGBs: memoryBytes / 1e9 }
    })
  } finally {
    native.setThreads(threads)
  }
}

/** @param contestants those with a version are named with it */
export function head(name, contestants, before, after) {
  const { isa, threads, subnormals } = native.info()
  const versions = { 'Node.js': process.versions.node }
  for (const { name: impl, version } of contestants) if (version !== undefined) versions[impl] = version
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  return { head: name, processor, isa, threads, subnormals, versions, before, after }
}

/** The version of the build in a folder, with its commit where it is a checkout. */
export function buildVersion(folder) {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const { status, stdout } = spawnSync('git', ['-C', folder, 'describe', '--always', '--dirty'], { encoding: 'utf8' })
  return status === 0 ? `${version} (${stdout.trim()})` : version
}
