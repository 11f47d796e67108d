import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { bundle } from './bundle.js'

export const bundleUrl = pathToFileURL(bundle).href

export interface Ended {
  /** null where a signal ended the process. */
  status: number | null
  signal: NodeJS.Signals | null
  /** The script's argument to `report`, or undefined. */
  result: unknown
  stderr: string
}

interface Options {
  env?: Record<string, string>
  /** Of node, such as --expose-gc. */
  flags?: readonly string[]
  /** Whether the library is there as `myelin` from the start. Default true. */
  load?: boolean
}

/** Runs a module in a process of its own. In its scope: `myelin` (entry.ts), `report(value)` and `bundleUrl`. */
export function runChild(body: string, { env = {}, flags = [], load = true }: Options = {}): Promise<Ended> {
  const script = `
    ${load ? `import * as myelin from ${JSON.stringify(bundleUrl)}` : ''}
    const bundleUrl = ${JSON.stringify(bundleUrl)}
    const report = (value) => console.log('\\n' + JSON.stringify(value))
    ${body}
  `
  const args = [...flags, '--input-type=module', '--eval', script]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env: { ...process.env, ...env } }, (_, stdout, stderr) => {
      const last = stdout.trim().split('\n').at(-1)
      const result = last === undefined || last === '' ? undefined : (JSON.parse(last) as unknown)
      resolve({ status: child.exitCode, signal: child.signalCode, result, stderr })
    })
  })
}

/** Starts a worker thread. In its scope: `myelin`, `post(value)` and `workerData`. The body may await. */
export function startWorker(body: string, workerData?: unknown): Worker {
  const script = `
    const { parentPort, workerData } = require('node:worker_threads')
    const post = (value) => parentPort.postMessage(value)
    import(${JSON.stringify(bundleUrl)}).then(async (myelin) => { ${body} })
  `
  return new Worker(script, { eval: true, workerData })
}

/** The first message of a worker, once it has ended. */
export function workerResult<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    let message: T
    worker.on('message', (value: T) => {
      message = value
    })
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve(message) : reject(new Error(`the worker ended with ${code}`))))
  })
}
