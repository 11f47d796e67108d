// The addon under the address and undefined-behaviour sanitizers: built by the bench, loaded in place of the one that
// the library looks for.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Builds it, where it is not built; the environment of a process that takes it. */
export function sanitizedAddon() {
  const folder = `${root}build-cmake/address-undefined`
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir
  const options = ['-DMYELIN_SANITIZE=address,undefined', `-DCMAKE_JS_INC=${headers}`]
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] }
  execFileSync('cmake', ['-S', `${root}native`, '-B', folder, ...options], quiet)
  execFileSync('cmake', ['--build', folder, '-j', String(availableParallelism()), '--target', 'myelin'], quiet)
  const runtime = execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim()
  return {
    env: {
      CAMPAIGN_ADDON: `${folder}/myelin.node`,
      NODE_OPTIONS: `--require ${fileURLToPath(new URL('other-addon.cjs', import.meta.url))}`,
      LD_PRELOAD: runtime,
      ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1:abort_on_error=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  }
}
