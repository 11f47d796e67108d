import { describe, expect, it } from 'vitest'
import { MyelinError } from '../../lib/core/error.js'
import { listed, show } from '../../lib/core/show.js'
import * as myelin from '../../lib/index.js'
import { failure } from '../helpers/failure.js'

const revoked = <T extends object>(target: T): T => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
const angry = (): never => {
  throw new Error('do not touch')
}
const circle: unknown[] = []
circle.push(circle)
class Sensor {}

describe('show', () => {
  it.each<[unknown, string]>([
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    [10n, '10n'],
    [10n ** 200n, `1${'0'.repeat(39)}… (201 digits)n`],
    ['', '""'],
    ['a "b"\n', '"a \\"b\\"\\n"'],
    ['x'.repeat(80), `"${'x'.repeat(80)}"`],
    [`${'/begin'.repeat(50)}/end`, '"/begin/begin/begin/begin/begin/begin/beg…egin/begin/begin/end" (304 characters)'],
    ['\u0001'.repeat(100), `"${'\\u0001'.repeat(8)}…${'\\u0001'.repeat(4)}" (100 characters)`],
    [Symbol('s'), 'Symbol(s)'],
    [function add() {}, 'the function add'],
    [(() => () => {})(), 'a function'],
    [Sensor, 'the class Sensor'],
    [new Sensor(), 'a Sensor'],
    [new Date(), 'a Date'],
    [{}, 'an empty object'],
    [{ epochs: 1, verbose: 0 }, 'an object with epochs, verbose'],
    [Object.create(null), 'an empty object'],
    [[], '[]'],
    [[1, [2, 'three'], null], '[1, [2, "three"], null]'],
    [new Array(1000).fill(0.5), 'an array of 1000 values'],
    [Array.from({ length: 20 }, () => new Array(30).fill(0.5)), 'nested arrays of [20, 30]'],
    [new Float32Array(12), 'a Float32Array of 12 values'],
    [new Uint8Array(1), 'a Uint8Array of one value'],
    [new ArrayBuffer(8), 'an ArrayBuffer'],
    [Promise.resolve(), 'a Promise; await it first, and let functions that are called here not be async'],
    [myelin.ones([2, 3]), 'a Tensor of shape [2, 3]'],
    [myelin.layers.dense({ units: 1, name: 'd' }), 'Dense "d"'],
    [myelin.input({ shape: [2], name: 'i' }), 'SymbolicTensor(i, [batch, 2])'],
  ])('%# tells of a value in few words', (value, words) => {
    expect(show(value)).toBe(words)
  })

  it.each<[string, unknown]>([
    ['toString that throws', { toString: angry, valueOf: angry, [Symbol.toPrimitive]: angry }],
    ['getter that throws', Object.defineProperty({}, 'constructor', { get: angry, enumerable: true })],
    ['function whose name throws', Object.defineProperty(() => {}, 'name', { get: angry })],
    ['proxy that throws', new Proxy({}, { get: angry, has: angry, getPrototypeOf: angry, ownKeys: angry })],
    ['revoked object', revoked({})],
    ['revoked array', revoked([])],
    ['revoked function', revoked(() => {})],
    ['circle', circle],
    ['object without a class', Object.create({})],
    ['symbol with a long name', Symbol('x'.repeat(1e6))],
    ['object of a million keys', Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`key${i}`, i]))],
    ['class with a long name', new (Object.defineProperty(class {}, 'name', { value: 'x'.repeat(1e6) }))()],
    ['error with a long message', new Error('x'.repeat(1e6))],
    ['very deep array', JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)],
  ])('a %s makes neither an error nor a long message', (_, value) => {
    expect(show(value).length).toBeLessThan(130)
    expect(failure(() => myelin.layers.dense({ units: value as number })).message).toContain('units must be')
  })
})

it('lists at most so many names, and long ones cut', () => {
  expect(listed(['a', 'b'])).toBe('a, b')
  expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b, … (2 more)')
  expect(listed(['x'.repeat(1000)])).toHaveLength(81)
})

// What a user may hand over in the place of a value: half a million numbers, two megabytes of text.
const numbers = Array.from({ length: 784 }, () => new Array<number>(640).fill(0.123456))
const text = 'x'.repeat(2e6)
type Loose = (...args: unknown[]) => unknown
const loose = (fn: unknown): Loose => fn as Loose
const { layers, optimizers, schedules, callbacks, metrics, losses, initializers, data } = myelin
const x = myelin.ones([2, 3])
const net = myelin.sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] })
const compile = (options: object) => net.compile({ loss: 'meanSquaredError', ...options } as never)

describe.each<[string, unknown]>([
  ['numbers', numbers],
  ['text', text],
  ['an object', { [text]: text }],
  ['a symbol', Symbol(text)],
  ['a bigint', 10n ** 20000n],
])('no message holds %s as a whole', (_, big) => {
  it.each<[string, () => unknown]>([
    ['tensor', () => loose(myelin.tensor)([big])],
    ['shape', () => loose(myelin.zeros)(big)],
    ['dtype', () => loose(myelin.zeros)([1], { dtype: big })],
    ['option', () => loose(myelin.zeros)([1], { [String(text)]: big })],
    ['arange', () => loose(myelin.arange)(big)],
    ['op', () => loose(myelin.add)(x, big)],
    ['axis', () => loose(myelin.sum)(x, big)],
    ['axes', () => loose(myelin.transpose)(x, big)],
    ['clip', () => loose(myelin.clip)(x, big, big)],
    ['pad', () => loose(myelin.pad)(x, big)],
    ['slice', () => loose(myelin.slice)(x, big, big)],
    ['reshape', () => loose(myelin.reshape)(x, big)],
    ['tile', () => loose(myelin.tile)(x, big)],
    ['split', () => loose(myelin.split)(x, big)],
    ['seed', () => loose(myelin.setSeed)(big)],
    ['tidy', () => loose(myelin.tidy)(big)],
    ['grad', () => loose(myelin.grad)(big)],
    ['compile', () => loose(myelin.compile)(big)],
    ['layer name', () => layers.dense({ units: 0, name: text })],
    ['activation', () => layers.dense({ units: 1, activation: big as never })],
    ['initializer', () => layers.dense({ units: 1, kernelInitializer: big as never })],
    ['dropout', () => layers.dropout({ rate: big as never })],
    ['prelu', () => layers.prelu({ sharedAxes: big as never })],
    ['reshape layer', () => layers.reshape({ targetShape: big as never })],
    ['inputShape', () => layers.dense({ units: 1, inputShape: big as never })],
    ['apply', () => layers.dense({ units: 1 }).apply(big as never)],
    ['varianceScaling', () => initializers.varianceScaling({ mode: big as never })],
    ['optimizer', () => optimizers.sgd({ learningRate: big as never })],
    ['schedule', () => schedules.piecewiseConstant({ boundaries: big as never, values: [] })],
    ['config', () => optimizers.sgd({ learningRate: { name: big } as never })],
    ['metric', () => metrics.auc({ curve: big as never })],
    ['loss', () => losses.huber(big as never, x)],
    ['monitor', () => callbacks.earlyStopping({ monitor: 'loss', mode: big as never })],
    ['compile optimizer', () => compile({ optimizer: big })],
    ['compile loss', () => compile({ loss: big })],
    ['compile metrics', () => compile({ metrics: [big] })],
    ['compile metrics alone', () => compile({ metrics: big })],
    ['compile lossWeights', () => compile({ lossWeights: big })],
    ['getLayer', () => net.getLayer(big as never)],
    ['setWeights', () => net.setWeights(big as never)],
    ['a weight', () => net.setWeights([big, big] as never)],
    ['call', () => net.call(big as never)],
    ['predictSync', () => net.predictSync(big as never)],
    ['sequential', () => loose(myelin.sequential)({ layers: [big] })],
    ['model', () => loose(myelin.model)({ inputs: big, outputs: big })],
    ['index', () => loose(myelin.argMax)(x, big)],
    ['alpha', () => loose(myelin.elu)(x, big)],
    ['oneHot', () => loose(myelin.oneHot)(x, 2, big)],
    ['slice by a list', () => loose(myelin.slice)(x, [big])],
    ['momentum', () => layers.batchNormalization({ momentum: big as never })],
    ['weight name', () => layers.dense({ units: 1 }).addWeight(text, big as never)],
    ['ensureBuilt', () => net.ensureBuilt(big as never)],
    ['loss options', () => loose(losses.huber)({ [text]: big })],
    ['tensor options', () => loose(myelin.tensor)([1], { [text]: big })],
    ['sparsity', () => myelin.sparsity(big as never)],
    ['foldBatchNormalization', () => myelin.foldBatchNormalization(big as never)],
    [
      'options of a layer of its own',
      () =>
        new (class extends myelin.Layer {
          call(): never {
            throw new Error('not called')
          }
        })(big as never),
    ],
    ['split of data', () => data.trainTestSplit(x, x, { testSize: big as never })],
    ['Dataset', () => loose(data.Dataset.fromTensors)(big)],
  ])('%s', (_, use) => {
    let message = ''
    try {
      use()
    } catch (error) {
      expect(error).toBeInstanceOf(MyelinError)
      message = (error as Error).message
    }
    // Where the value happens to be a fine one, there is no message.
    expect(message.length).toBeLessThan(900)
    expect(message).not.toMatch(/x{90}|(0\.123456, ){8}/)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['fit', () => net.fit(x, x, { epochs: big as never })],
    ['verbose', () => net.fit(x, x, { verbose: big as never })],
    ['evaluate', () => net.evaluate(x, x, { batchSize: big as never })],
    ['predict', () => net.predict(big as never)],
    ['callbacks', () => net.fit(x, x, { callbacks: big as never })],
    ['signal', () => net.fit(x, x, { signal: big as never })],
    ['mcPredict', () => myelin.mcPredict(big as never, x)],
    ['classWeight', () => net.fit(x, x, { classWeight: big as never })],
    ['a part of x', () => net.fit({ [text]: x }, x)],
  ])('%s, which answers later', async (_, use) => {
    net.compile({ loss: 'meanSquaredError' })
    const message = await use().then(
      () => '',
      (error: Error) => error.message,
    )
    expect(message).not.toBe('')
    expect(message.length).toBeLessThan(900)
    expect(message).not.toMatch(/x{90}|(0\.123456, ){8}/)
  })
})

it('takes the error of a promise that it describes on itself: what is shown is refused, and nobody will await it', async () => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown): number => unhandled.push(reason)
  process.on('unhandledRejection', listen)
  expect(show(Promise.reject(new RangeError('late')))).toMatch(/^a Promise; await it first/)
  await new Promise((resolve) => setTimeout(resolve, 10))
  process.off('unhandledRejection', listen)
  expect(unhandled).toEqual([])
})
