import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { own, put } from '../../lib/core/records.js'
import { callbacks, data, initializers, input, layers, metrics, model, ones, sequential } from '../../lib/index.js'
import { ownMembersOnly } from '../../scripts/own-members.mjs'
import { bundle } from '../helpers/bundle.js'
import { runChild } from '../helpers/child.js'

/** What every object inherits, and what setting would not put into it. */
const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf']

describe('a record', () => {
  it.each(names)('holds %s as any other name', (name) => {
    const record: Record<string, number> = {}
    expect(own(record, name)).toBeUndefined()
    put(record, name, 1)
    expect(own(record, name)).toBe(1)
    expect(Object.entries({ ...record })).toEqual([[name, 1]])
    put(record, name, 2)
    expect(own(record, name)).toBe(2)
    expect(({} as Record<string, unknown>)[name]).not.toBe(2)
  })
})

describe.each(names)('the name %s', (name) => {
  const fresh = () => {
    const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] })
    net.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [metrics.meanAbsoluteError({ name })] })
    return net
  }
  const x = ones([4, 1])

  it('is one of a metric', async () => {
    const net = fresh()
    const path = join(tmpdir(), `myelin-records-${process.pid}.csv`)
    const watching = [callbacks.earlyStopping({ monitor: name, mode: 'min' }), callbacks.csvLogger(path)]
    const { history } = await net.fit(x, x, { epochs: 3, verbose: 0, validationSplit: 0.5, callbacks: watching })
    expect(Object.keys(history)).toEqual(['loss', name, 'val_loss', `val_${name}`, 'learningRate'])
    expect(own(history, name)).toHaveLength(history.loss?.length ?? 0)
    const figures = await net.evaluate(x, x)
    expect(Object.keys(figures)).toEqual(['loss', name])
    expect(own(figures, name)).toBeTypeOf('number')
    expect((await readFile(path, 'utf8')).split('\n')[0]).toContain(name)
  })

  it('is one of a layer, an input and an output', async () => {
    const entry = input({ shape: [1], name })
    const [a, b] = ['a', 'b'].map((layer) => layers.dense({ units: 1, name: layer }).apply(entry)) as [never, never]
    const net = model({
      inputs: entry,
      outputs: Object.fromEntries([
        [name, a],
        ['other', b],
      ]),
    })
    expect(net.outputNames).toEqual([name, 'other'])
    net.compile({
      optimizer: 'sgd',
      loss: Object.fromEntries([
        [name, 'huber'],
        ['other', 'meanSquaredError'],
      ]) as never,
      lossWeights: { other: 2 },
      metrics: Object.fromEntries([[name, ['meanAbsoluteError']]]) as never,
    })
    const y = Object.fromEntries([
      [name, x],
      ['other', x],
    ])
    const { history } = await net.fit(Object.fromEntries([[name, x]]), y, { verbose: 0 })
    expect(Object.keys(history)).toEqual([
      'loss',
      `${name}_loss`,
      `${name}_meanAbsoluteError`,
      'other_loss',
      'learningRate',
    ])
    await expect(net.fit(Object.fromEntries([[name, x]]), { other: x }, { verbose: 0 })).rejects.toThrow(
      `y has no part "${name}"`,
    )
    expect(net.getLayer(name).name).toBe(name)
    expect(Object.keys(initializers.lsuv(sequential({ layers: [layers.dense({ units: 2, name })] }), x))).toEqual([
      name,
    ])
  })

  it('is one of a part of a sample', async () => {
    const samples = data.Dataset.fromTensors({ x: Object.fromEntries([[name, x]]) })
    for await (const batch of samples.batch(4)) expect(Object.keys(batch as object)).toEqual([name])
  })
})

it('a program that adds to Object.prototype can import, train, evaluate and predict', async () => {
  const { outputFiles } = await build({
    entryPoints: ['lib/index.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
  })
  const file = bundle.replace('index.mjs', `records-${process.pid}.mjs`)
  await writeFile(file, ownMembersOnly(outputFiles[0]?.text ?? ''))
  try {
    const { result, status, stderr } = await runChild(
      `
      Object.prototype.foo = 1
      Object.prototype.bar = function () {}
      const my = await import(${JSON.stringify(pathToFileURL(file).href)})
      const { dense, batchNormalization } = my.layers
      const hidden = dense({ units: 3, inputShape: [2], activation: 'relu', kernelRegularizer: 'l2', kernelConstraint: { name: 'maxNorm' } })
      const model = my.sequential({ layers: [hidden, batchNormalization(), dense({ units: 1 })] })
      const learningRate = { name: 'exponentialDecay', initialLearningRate: 0.1, decaySteps: 1, decayRate: 0.5 }
      model.compile({ optimizer: my.optimizers.adam({ learningRate }), loss: 'meanSquaredError', metrics: ['meanAbsoluteError'] })
      const [x, y] = [my.randomNormal([8, 2]), my.ones([8, 1])]
      const epochs = []
      const watching = [my.callbacks.earlyStopping({ restoreBestWeights: true }), { onEpochEnd(epoch) { epochs.push(epoch) } }]
      const { history } = await model.fit(x, y, { epochs: 2, verbose: 2, validationSplit: 0.25, classWeight: { 1: 2 }, callbacks: watching })
      const samples = my.data.Dataset.fromTensors({ x, y }).shuffle(8).batch(4)
      const step = my.compileStep((a) => model.call(a).sum(), { parameters: model.trainableWeights, optimizer: 'sgd' })
      report({
        figures: Object.keys(history), epochs, evaluated: Object.keys(await model.evaluate(samples)), shape: (await model.predict(x)).shape,
        summary: model.summary(false).includes('Dense'), step: Object.keys(await step(x)), folded: my.foldBatchNormalization(model).folded.length,
      })
      `,
      { load: false },
    )
    expect(status, stderr).toBe(0)
    expect(result).toEqual({
      figures: ['loss', 'meanAbsoluteError', 'val_loss', 'val_meanAbsoluteError', 'learningRate'],
      epochs: [0, 1],
      evaluated: ['loss', 'meanAbsoluteError'],
      shape: [8, 1],
      summary: true,
      step: ['loss'],
      folded: 1,
    })
  } finally {
    await rm(file)
  }
})
