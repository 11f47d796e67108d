import vm from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import { layers, sequential } from '../../lib/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { bundle } from '../helpers/bundle.js'
import { runChild } from '../helpers/child.js'
import { failure } from '../helpers/failure.js'

/** Evaluates code beside other built-in classes than ours, as Jest and node:vm do. */
const other = <T>(code: string): T => vm.runInNewContext(code)

const doubling = () => {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] })
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  return model
}

describe('values of another realm', () => {
  it.each([
    ['Float32Array', 'float32'],
    ['Float64Array', 'float32'],
    ['Int32Array', 'int32'],
    ['Uint8Array', 'uint8'],
    ['Uint8ClampedArray', 'uint8'],
    ['Int8Array', 'float32'],
  ])('a %s makes %s', (type, dtype) => {
    const made = tensor(other(`new ${type}([1, 100])`))
    expect({ dtype: made.dtype, values: made.toArray() }).toEqual({ dtype, values: [1, 100] })
  })

  it('keep every bit', () => {
    expect(tensor(other('new Int32Array([16777217, -2147483648])')).toArray()).toEqual([16777217, -(2 ** 31)])
    expect(tensor(other('new Int32Array([16777217])')).item()).toBe(16777217)
  })

  it('are refused where ours are', () => {
    for (const type of ['BigInt64Array', 'BigUint64Array'])
      expect(failure(() => tensor(other(`new ${type}(2)`)))).toEqual({
        code: 'ERR_DTYPE',
        message: `[tensor] a ${type} of 2 values is not an array of numbers of a known dtype`,
      })
    expect(failure(() => tensor(other('new DataView(new ArrayBuffer(8))'))).code).toBe('ERR_DTYPE')
  })

  it('are rows of a batch', async () => {
    const samples = Dataset.fromIterable(other<Int32Array[]>('[new Int32Array([1, 2]), new Int32Array([3, 4])]'))
    const batches: Tensor[] = []
    for await (const batch of samples.batch(2)) batches.push(batch)
    expect(batches.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual([{ dtype: 'int32', shape: [2, 2] }])
  })

  it('are records of data, options and results', async () => {
    const model = doubling()
    const [name] = model.inputNames as [string]
    const history = await model.fit(
      other<Record<string, number[][]>>(`({ ${name}: [[1], [2]] })`),
      [[2], [4]],
      other('({ epochs: 2, verbose: 0, callbacks: [{ onEpochEnd() {} }] })'),
    )
    expect(history.epoch).toEqual([0, 1])
    const kept = tidy(() => Object.assign(other<{ x?: Tensor }>('({})'), { x: tensor([1]).add(1) }))
    expect(kept.x?.toArray()).toEqual([2])
  })

  it('are promises among the batches of an iterable', async () => {
    const model = doubling()
    const batches = other<Generator<never>>('(function* () { yield Promise.resolve([[[1]], [[2]]]) })()')
    const { epoch } = await model.fit(batches, undefined, { verbose: 0 })
    expect(epoch).toEqual([0])
  })

  it('are promises where none may be', () => {
    expect(failure(() => tidy(other('async () => {}'))).message).toBe('[tidy] the function must not be asynchronous')
  })

  it('are signals', async () => {
    const controller = new AbortController()
    const own = controller.signal
    // As another realm's class has it: the same members, another prototype.
    const foreign = {
      get aborted() {
        return own.aborted
      },
      get reason() {
        return own.reason
      },
      addEventListener: own.addEventListener.bind(own),
      removeEventListener: own.removeEventListener.bind(own),
      throwIfAborted: own.throwIfAborted.bind(own),
    } as unknown as AbortSignal
    controller.abort()
    expect((await doubling().fit([[1]], [[2]], { verbose: 0, signal: foreign })).stopped).toBe('aborted')
  })
})

it('inside another realm arrays are of its own classes', async () => {
  const { result, status, stderr } = await runChild(
    `
    import vm from 'node:vm'
    import { readFileSync } from 'node:fs'
    const context = vm.createContext({ console, process, performance, setImmediate, setTimeout, clearTimeout, queueMicrotask, URL, AbortSignal })
    const modules = new Map()
    const load = async (specifier) => {
      if (!modules.has(specifier)) {
        const inner = await import(specifier)
        const module = new vm.SyntheticModule(Object.keys(inner), function () {
          for (const name of Object.keys(inner)) this.setExport(name, inner[name])
        }, { context })
        modules.set(specifier, module)
      }
      return modules.get(specifier)
    }
    const file = ${JSON.stringify(bundle)}
    const library = new vm.SourceTextModule(readFileSync(file, 'utf8'), {
      context, identifier: file,
      initializeImportMeta(meta) { meta.url = ${JSON.stringify(`file://${bundle}`)} },
    })
    await library.link(load)
    await library.evaluate()
    context.my = library.namespace
    report(vm.runInContext(\`[
      my.tensor([1, 2]).data() instanceof Float32Array,
      my.tensor(new Int32Array([16777217])).data() instanceof Int32Array,
      my.tensor(new Uint8Array([1])).data() instanceof Uint8Array,
      my.tensor(new Int32Array([16777217])).data()[0],
    ]\`, context))
    `,
    { flags: ['--experimental-vm-modules'], load: false },
  )
  expect(status, stderr).toBe(0)
  expect(result).toEqual([true, true, true, 16777217])
})
