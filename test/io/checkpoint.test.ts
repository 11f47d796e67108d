import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as my from '../../lib/index.js'
import { bits } from '../graph/equality.js'
import { runChild } from '../helpers/child.js'
import { failure } from '../helpers/failure.js'

const folder = await mkdtemp(join(tmpdir(), 'myelin-checkpoint-'))
afterAll(() => rm(folder, { recursive: true }))
let folders = 0
const newFolder = (): string => join(folder, String(folders++))

const x = Array.from({ length: 26 }, (_, i) => [Math.sin(i * 1.7), Math.cos(i * 2.3)])
const y = x.map(([a = 0, b = 0]) => (a + b > 0 ? 1 : 0))

function made(optimizer: my.OptimizerLike = my.optimizers.nadam({ learningRate: 0.05 })): my.Sequential {
  const { dense, batchNormalization, dropout } = my.layers
  const model = my.sequential({
    layers: [
      dense({ units: 5, activation: 'tanh', inputShape: [2] }),
      batchNormalization(),
      dropout({ rate: 0.3 }),
      dense({ units: 2, activation: 'softmax' }),
    ],
  })
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

interface Way {
  optimizer?: () => my.OptimizerLike
  callbacks?: () => my.Callback[]
  epochs?: number
}

/** A program that trains, as another process with another seed would run it. */
async function run(seed: number, way: Way, backup: my.Callback | null, signal?: AbortSignal) {
  my.setSeed(seed)
  const model = made(way.optimizer?.())
  const callbacks = [...(way.callbacks?.() ?? []), ...(backup === null ? [] : [backup])]
  const { epochs = 4 } = way
  const history = await model.fit(x, y, { epochs, batchSize: 4, validationSplit: 0.2, verbose: 0, callbacks, signal })
  return { history, weights: model.weights.map(bits) }
}

/** Aborts a run at the end of its n-th step. */
function abortAfter(steps: number): { controller: AbortController; callback: my.Callback } {
  const controller = new AbortController()
  let done = 0
  // It counts anew in each run, but must be there in all.
  return { controller, callback: { onBatchEnd: () => void (++done === steps && controller.abort()) } }
}

describe('backupAndRestore', () => {
  it.each<[string, Parameters<typeof my.callbacks.backupAndRestore>[0]['every'], Way]>([
    ['after each epoch', 'epoch', {}],
    ['after steps', 3, { optimizer: () => my.optimizers.adam({ learningRate: (step) => 0.1 / (1 + step) }) }],
    [
      'after as many steps',
      { steps: 1 },
      {
        optimizer: () =>
          my.optimizers.sgd({
            learningRate: my.schedules.exponentialDecay({ initialLearningRate: 0.2, decaySteps: 5, decayRate: 0.5 }),
          }),
      },
    ],
    [
      'after seconds',
      { seconds: 0.001 },
      {
        epochs: 9,
        callbacks: () => [
          my.callbacks.earlyStopping({ patience: 2, restoreBestWeights: true }),
          my.callbacks.reduceLROnPlateau({ patience: 0 }),
        ],
      },
    ],
  ])('a run that is ended again and again comes to the same bits: %s', async (_, every, way) => {
    const dir = newFolder()
    const listening = (steps: number): [Way, AbortSignal] => {
      const { controller, callback } = abortAfter(steps)
      return [{ ...way, callbacks: () => [...(way.callbacks?.() ?? []), callback] }, controller.signal]
    }
    const wanted = await run(7, listening(1e9)[0], null)
    for (let i = 0; ; i++) {
      const [program, signal] = listening(4)
      const outcome = await run(
        i === 0 ? 7 : 100 + i,
        program,
        my.callbacks.backupAndRestore({ dir, every, keep: 2 }),
        signal,
      )
      expect((await readdir(dir)).length).toBeLessThanOrEqual(2)
      if (outcome.history.stopped === 'aborted') continue
      expect(i).toBeGreaterThan(2)
      expect(outcome).toEqual(wanted)
      break
    }
    const [program] = listening(1)
    expect(await run(5, program, my.callbacks.backupAndRestore({ dir, every }))).toEqual(wanted)
  })

  it('a process that is killed at any moment goes on, again and again, to the same bits', {
    timeout: 120_000,
  }, async () => {
    const program = (dir: string | null, milliseconds: number | null): string => `
      const { layers, sequential, callbacks } = myelin
      const n = 640
      const x = Array.from({ length: n }, (_, i) => [Math.sin(i * 1.7), Math.cos(i * 2.3)])
      const y = x.map(([a, b]) => (a + b > 0 ? 1 : 0))
      // What goes on takes the checkpoint's seed.
      const { existsSync, readdirSync } = await import('node:fs')
      const dir = ${JSON.stringify(dir)}
      const begins = dir === null || !existsSync(dir) || !readdirSync(dir).some((name) => name.endsWith('.safetensors'))
      if (begins) myelin.setSeed(7)
      const model = sequential({ layers: [
        layers.dense({ units: 64, activation: 'relu', inputShape: [2] }), layers.dropout({ rate: 0.2 }),
        layers.dense({ units: 2, activation: 'softmax' }),
      ] })
      model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
      const kill = ${milliseconds}
      const backup = dir === null ? [] : [callbacks.backupAndRestore({ dir, every: 7 })]
      const killer = { onTrainBegin() { if (kill !== null) setTimeout(() => process.kill(process.pid, 'SIGKILL'), kill) } }
      const { history } = await model.fit(x, y, { epochs: 40, batchSize: 16, verbose: 0, callbacks: [killer, ...backup] })
      const { createHash } = await import('node:crypto')
      const hash = createHash('sha256')
      for (const weight of model.weights) hash.update(weight.data())
      report({ history, weights: hash.digest('hex') })`
    const { result: wanted } = await runChild(program(null, null))
    const dir = newFolder()
    let kills = 0
    for (const milliseconds of [60, 25, 90, 40]) {
      const { signal } = await runChild(program(dir, milliseconds))
      if (signal === 'SIGKILL') kills++
    }
    expect(kills).toBeGreaterThan(0)
    const { result, stderr } = await runChild(program(dir, null))
    expect(stderr).toBe('')
    expect(result).toEqual(wanted)
    expect((await readdir(dir)).every((name) => name.endsWith('.safetensors'))).toBe(true)
  })

  it('a damaged checkpoint gives a warning, and the one before is taken', async () => {
    const dir = newFolder()
    // Epochs that are shorter than the writing of a checkpoint would not have one each.
    const slow: Way = { callbacks: () => [{ onEpochBegin: () => new Promise((resolve) => setTimeout(resolve, 300)) }] }
    const wanted = await run(7, slow, my.callbacks.backupAndRestore({ dir, keep: 4 }))
    const names = (await readdir(dir)).sort()
    expect(names).toHaveLength(4)
    const [, , third, last] = names.map((name) => join(dir, name)) as [string, string, string, string]
    await truncate(last, 1000)
    const bytes = await readFile(third)
    bytes[bytes.length - 5] = (bytes.at(-5) as number) ^ 1
    await writeFile(third, bytes)
    await writeFile(join(dir, 'checkpoint-000000000003.safetensors.1-1.myelin-tmp'), 'torn')
    const warnings: string[] = []
    const listen = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', listen)
    expect(await run(8, slow, my.callbacks.backupAndRestore({ dir, keep: 4 }))).toEqual(wanted)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    expect(warnings).toEqual([expect.stringContaining('truncated'), expect.stringContaining('damaged')])
    expect((await readdir(dir)).filter((name) => name.endsWith('tmp'))).toEqual([])
  })

  it('a folder that cannot be written is refused when the run begins; one that is lost does not end it', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    await expect(run(7, {}, my.callbacks.backupAndRestore({ dir: join(file, 'x') }))).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      message: expect.stringContaining('cannot be written'),
    })
    const dir = newFolder()
    const losing: my.Callback = {
      async onEpochEnd(epoch) {
        if (epoch === 1) await rm(dir, { recursive: true, force: true })
      },
    }
    const warnings: string[] = []
    const listen = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', listen)
    const { history } = await run(7, { callbacks: () => [losing] }, my.callbacks.backupAndRestore({ dir }))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    expect(history.epoch).toEqual([0, 1, 2, 3])
    expect(warnings.length).toBeGreaterThan(0)
    expect(warnings[0]).toContain('The run goes on')
  })

  it('another program is refused by name', async () => {
    const dir = newFolder()
    await run(7, {}, my.callbacks.backupAndRestore({ dir }))
    await expect(run(7, { optimizer: () => 'sgd' }, my.callbacks.backupAndRestore({ dir }))).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('optimizer.name is "sgd" here and was "nadam"'),
    })
  })

  it('wrong options are refused by name', () => {
    for (const [options, message] of [
      [{}, 'dir must be'],
      [{ dir: 'd', every: 'step' }, 'every must be'],
      [{ dir: 'd', every: 0 }, 'every must be a whole number'],
      [{ dir: 'd', every: { steps: 1, seconds: 1 } }, 'every must be'],
      [{ dir: 'd', every: { seconds: 0 } }, 'every.seconds'],
      [{ dir: 'd', every: { minutes: 1 } }, 'minutes'],
      [{ dir: 'd', keep: 0 }, 'keep'],
      [{ dir: 'd', max: 1 }, 'max'],
    ] as const)
      expect(failure(() => my.callbacks.backupAndRestore(options as never))).toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining(message),
      })
  })
})

describe('checkpoint', () => {
  function parts(seed: number) {
    my.setSeed(seed)
    const model = made()
    const optimizer = my.optimizers.adam({ learningRate: 0.05 })
    const step = my.compileStep(
      (x: my.Tensor, y: my.Tensor) => my.losses.sparseCategoricalCrossentropy(y, model.call(x, { training: true })),
      { parameters: model.trainableWeights, optimizer },
    )
    const dataset = my.Dataset.fromTensors([x, y]).shuffle(26).batch(4)
    return { model, optimizer, step, dataset }
  }

  it('a loop of one’s own goes on where it was, to the same bits', async () => {
    const path = join(folder, 'loop.ckpt')
    /** Three epochs; leaves after so many steps, having saved. */
    const train = async (seed: number, leaveAfter: number, goesOn: boolean) => {
      const { model, optimizer, step, dataset } = parts(seed)
      let losses: number[] = []
      let epoch = 0
      if (goesOn) {
        const extra = (await my.checkpoint.restore(path, { model, optimizer, dataset })) as {
          epoch: number
          losses: number[]
        }
        epoch = extra.epoch
        losses = [...extra.losses]
      }
      let steps = 0
      for (; epoch < 3; epoch++)
        for await (const [a, b] of dataset) {
          losses.push((await step(a, b)).loss)
          if (++steps < leaveAfter) continue
          await my.checkpoint.save(path, { model, optimizer, dataset, extra: { epoch, losses, worst: Number.NaN } })
          return null
        }
      return { losses, weights: model.weights.map(bits) }
    }
    const wanted = await train(7, 100, false)
    expect(wanted?.losses).toHaveLength(21)
    expect(await train(7, 3, false)).toBeNull()
    for (const steps of [1, 4, 8]) expect(await train(50 + steps, steps, true)).toBeNull()
    expect(await train(60, 100, true)).toEqual(wanted)
  })

  it('what is no checkpoint of these things is refused, and changes nothing', async () => {
    const path = join(folder, 'refused.ckpt')
    const { model, optimizer, dataset } = parts(7)
    await my.checkpoint.save(path, { model, optimizer, extra: [1, 'a', null] })
    expect(await my.checkpoint.restore(path, { model, optimizer })).toEqual([1, 'a', null])
    const before = model.weights.map(bits)
    for (const [given, message] of [
      [{ model, optimizer, dataset }, 'dataset is true here and was false'],
      [{ model, optimizer: my.optimizers.sgd() }, 'optimizer is "sgd" here and was "adam"'],
      [
        { model: my.sequential({ layers: [my.layers.dense({ units: 2, inputShape: [2] })] }), optimizer },
        'model.layers',
      ],
      [{ optimizer }, 'model must be a model'],
      [{ model, optimizer: 'adam' }, 'optimizer must be'],
      [{ model, optimizer, dataset: [] }, 'dataset must be'],
      [{ model, optimizer, extras: 1 }, 'extras'],
    ] as const)
      await expect(my.checkpoint.restore(path, given as never), message).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining(message),
      })
    const saved = join(folder, 'model.safetensors')
    await model.save(saved)
    for (const other of [join(folder, 'none'), saved])
      await expect(my.checkpoint.restore(other, { model, optimizer })).rejects.toMatchObject({ code: 'ERR_FORMAT' })
    await expect(my.checkpoint.save(join(folder, 'no', 'where'), { model, optimizer })).rejects.toMatchObject({
      code: 'ERR_FORMAT',
    })
    await expect(my.checkpoint.save(path, { model, optimizer, extra: (() => 1) as never })).rejects.toMatchObject({
      code: 'ERR_FORMAT',
    })
    expect(model.weights.map(bits)).toEqual(before)
  })
})
