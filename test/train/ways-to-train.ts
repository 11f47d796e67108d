import { expect } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import type { Model } from '../../lib/model/index.js'
import { rememberArguments } from '../../lib/nn/activations/activate.js'
import type { LossLike } from '../../lib/nn/choices.js'
import { gather, mean, mul } from '../../lib/ops/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import { arange } from '../../lib/tensor/creation.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { bits } from '../graph/equality.js'
import { getLoss } from '../helpers/choices.js'

/** Training that eager ops, a compiled step and fit must do alike, bit for bit: batches in the order of the samples. */
export interface Training {
  /** Called for each way, and the same each time: it sets the seed. */
  make: () => { model: Model; optimizer: Optimizer }
  loss: LossLike
  x: Tensor
  y: Tensor
  /** One number a sample. Default: none. */
  sampleWeight?: Tensor
  batchSize: number
  epochs: number
  /** Default: once through the data. An epoch goes on where the last one ended. */
  stepsPerEpoch?: number
  /** Called before each epoch but the first. */
  between?: (optimizer: Optimizer) => void
}

export interface Outcome {
  /** The mean over the samples of each epoch. */
  losses: number[]
  /** In bits, as the prediction for all samples. */
  weights: string[]
  prediction: string
}

/** Trains in each of the ways, and compares what they come to. @returns that */
export async function trainsAlike(training: Training): Promise<Outcome> {
  const wanted = eagerly(training)
  expect(wanted.losses.every(Number.isFinite)).toBe(true)
  expect(byStep(training), 'compileStep').toEqual(wanted)
  expect(await byFit(training), 'fit').toEqual(wanted)
  expect(await byFit(training, { singly: true }), 'fit, a job a step').toEqual(wanted)
  return wanted
}

export function eagerly(training: Training): Outcome {
  const prepared = prepare(training)
  const { model, optimizer, objective } = prepared
  const { trainableWeights } = model
  const losses = byHand(prepared, (...batch) =>
    tidy(() => {
      const loss = objective(...batch)
      optimizer.update(trainableWeights, gradients(loss, trainableWeights))
      return loss.item()
    }),
  )
  return { losses, ...end(model, model.call(training.x)) }
}

export function byStep(training: Training): Outcome {
  const prepared = prepare(training)
  const { model, optimizer, objective } = prepared
  const step = compileStep(objective, { parameters: model.trainableWeights, optimizer })
  const losses = byHand(prepared, (...batch) => step.sync(...batch).loss)
  step.dispose()
  return { losses, ...end(model, model.predictSync(training.x)) }
}

/** @param options singly: someone listens to single steps, so that each is a job of its own */
export async function byFit(training: Training, { singly = false } = {}): Promise<Outcome> {
  const { x, y, sampleWeight, batchSize } = training
  const prepared = prepare(training)
  const { model, options, optimizer, steps } = prepared
  let heard = 0
  const callbacks = [...options.callbacks, ...(singly ? [{ onBatchEnd: () => void heard++ }] : [])]
  const { history } = await model.fit(x, y, { ...options, callbacks, batchSize, shuffle: false, sampleWeight })
  expect(optimizer.iterations).toBe(steps)
  expect(heard).toBe(singly ? steps : 0)
  return { losses: history.loss ?? [], ...end(model, await model.predict(x, { batchSize: x.shape[0] })) }
}

/** By fit on batches that come one after the other, at once or `later`. */
export async function byIterable(training: Training, { later = false } = {}): Promise<Outcome> {
  const { model, options, batches } = prepare(training)
  const stream = {
    async *[Symbol.asyncIterator]() {
      yield* batches
    },
  }
  const { history } = await model.fit(later ? stream : batches, undefined, options)
  return { losses: history.loss ?? [], ...end(model, model.predictSync(training.x)) }
}

type Batch = [x: Tensor, y: Tensor] | [x: Tensor, y: Tensor, sampleWeight: Tensor]

type Prepared = ReturnType<typeof prepare>

/** A model made anew, the batches of its data, the training loss as fit has it, and what fit is told. */
function prepare({ make, loss, x, y, sampleWeight, batchSize, epochs, stepsPerEpoch, between = () => {} }: Training) {
  const { model, optimizer } = make()
  model.compile({ optimizer, loss })
  model.ensureBuilt(x.shape.slice(1))
  const n = x.shape[0] as number
  const batches = Array.from({ length: Math.ceil(n / batchSize) }, (_, i): Batch => {
    const rows = arange(i * batchSize, Math.min(n, (i + 1) * batchSize), 1, { dtype: 'int32' })
    const [a, b] = [gather(x, rows), gather(y, rows)]
    return sampleWeight === undefined ? [a, b] : [a, b, gather(sampleWeight, rows)]
  })
  const lossOf = getLoss(loss)
  const objective = (...batch: Batch): Tensor => {
    const [x, y] = batch
    const weight = batch.length === 3 ? batch[2] : undefined
    const { result, originOf } = rememberArguments(
      (activation) => activation !== null && activation === lossOf.fromLogits,
      () => model.call(x, { training: true }),
    )
    const logits = originOf(result)?.argument
    const value = lossOf(y, logits ?? result, {
      ...(logits !== undefined && { fromLogits: true }),
      ...(weight !== undefined && { reduction: 'none' }),
    })
    const weighted = weight === undefined ? value : mul(value, weight)
    return weighted.rank === 0 ? weighted : mean(weighted)
  }
  const options = {
    epochs,
    stepsPerEpoch,
    verbose: 0,
    callbacks: [{ onEpochBegin: (epoch: number) => void (epoch > 0 && between(optimizer)) }],
  } as const
  const steps = epochs * (stepsPerEpoch ?? batches.length)
  return { model, optimizer, batches, objective, options, between, epochs, steps }
}

/** Runs a step for each batch. @returns the mean loss over the samples of each epoch */
function byHand(prepared: Prepared, step: (...batch: Batch) => number): number[] {
  const { batches, optimizer, between, epochs, steps } = prepared
  const perEpoch = steps / epochs
  const losses = Array.from({ length: epochs }, (_, epoch) => {
    if (epoch > 0) between(optimizer)
    let [total, n] = [0, 0]
    for (let i = 0; i < perEpoch; i++) {
      const batch = batches[(epoch * perEpoch + i) % batches.length] as Batch
      const size = batch[0].shape[0] as number
      total += step(...batch) * size
      n += size
    }
    return total / n
  })
  expect(optimizer.iterations).toBe(steps)
  return losses
}

const end = (model: Model, prediction: Tensor) => ({ weights: model.weights.map(bits), prediction: bits(prediction) })
