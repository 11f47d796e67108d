import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Runs a program, says that it went well and how long it took, and resolves with its standard output.
 * @throws an error with all that it printed
 */
export async function run(what, command, args, options) {
  const start = performance.now()
  try {
    const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 2 ** 26, ...options })
    console.log(`${what}: ok, ${((performance.now() - start) / 1000).toFixed(1)} s`)
    return stdout
  } catch (error) {
    const end = `${error.stdout}${error.stderr}`.slice(-5000)
    throw new Error(`${what} failed (${error.signal ?? error.code}):\n${end}`)
  }
}
