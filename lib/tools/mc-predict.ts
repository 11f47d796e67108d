import { noGrad } from '../autodiff/tape.js'
import { checkWhole, wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { type TensorData, toSamplesInSlices } from '../data/source.js'
import { Planned } from '../graph/planned.js'
import { Model } from '../model/model.js'
import { rememberArguments } from '../nn/activations/activate.js'
import type { ActivationName } from '../nn/choices.js'
import { add, concat, log, maximum, mean, mul, slice, sqrt, sub, sum, variance } from '../ops/index.js'
import { empty } from '../tensor/creation.js'
import { seededDraws } from '../tensor/random.js'
import { tidy, track } from '../tensor/scope.js'
import { sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

export interface McPredictOptions {
  /** How often each input is passed through the network. Default 100. */
  samples?: number
  /** Inputs at a time; their outputs of all passes are held at once. Default 32. */
  batchSize?: number
  /**
   * Fixes the masks, whatever `setSeed` says; a layer with a seed of its own begins that one's masks anew. Default: the layers'
   * streams go on.
   */
  seed?: number
}

/** The statistics of the passes; the tensors are the caller's. */
export interface McPrediction {
  /** The mean over the passes, as the model's output: [n, …]. */
  mean: Tensor
  /** The standard deviation over the passes (divisor: their number), of the same shape. */
  stddev: Tensor
  /**
   * The entropy of the mean, in nats. For a model that ends in softmax −Σ p·ln p over the classes, [n, …] without the last axis;
   * in sigmoid −p·ln p − (1 − p)·ln(1 − p), as the output. Null for a model that ends otherwise.
   */
  entropy: Tensor | null
}

/**
 * Monte Carlo dropout (Gal & Ghahramani 2016): passes each input through the network many times, with dropout on and all else as
 * in inference: batch normalization keeps its running statistics. The spread over the passes tells how sure the network is.
 * Compiled, and off the JavaScript thread.
 * @param model with one output, and a layer of the dropout family
 * @param x the inputs [n, …]
 * @throws MyelinError ERR_ARGUMENT for wrong options, no samples, or a model in which nothing is dropped; ERR_SHAPE
 */
export async function mcPredict(model: Model, x: TensorData, options: McPredictOptions = {}): Promise<McPrediction> {
  if (!(model instanceof Model)) throw wrong(where, `needs a model and the inputs, got ${show(model)}`)
  checkOptions(options, ['samples', 'batchSize', 'seed'], where)
  const { samples = 100, batchSize = 32, seed } = options
  checkWhole(where, 'samples', samples)
  checkWhole(where, 'batchSize', batchSize)
  const draw = seed === undefined ? <T>(fn: () => T): T => fn() : seededDraws(seed, where)
  const given = await toSamplesInSlices(x, where, 'x')
  // The caller may dispose of the original meanwhile.
  const inputs = given.owned ? given.samples : given.samples.alias(given.samples.shape)
  track(inputs, null)
  const parts: Tensor[][] = []
  const passes = new Passes(model, samples)
  try {
    const n = inputs.shape[0] as number
    if (n === 0) throw new MyelinError('ERR_ARGUMENT', `[${where}] there are no samples`)
    if (!model.built) noGrad(() => tidy(() => void model.call(rowsOf(inputs, 0, 1))))
    for (let begin = 0; begin < n; begin += batchSize) {
      const batch = rowsOf(inputs, begin, Math.min(batchSize, n - begin))
      try {
        parts.push(await passes.run(batch, draw))
      } finally {
        batch.dispose()
      }
    }
    const [average, stddev, entropy = null] = tidy(() => joined(parts))
    return { mean: average as Tensor, stddev: stddev as Tensor, entropy }
  } finally {
    passes.dispose()
    for (const part of parts.flat()) part.dispose()
    inputs.dispose()
  }
}

const where = 'mcPredict'

/** Many passes of a batch, and what they come to. */
class Passes {
  private readonly network = new Planned<Output>({ name: where, outputs: ({ output }) => [output] })
  private readonly statistics = new Planned<Tensor[]>({ name: where, outputs: (results) => results })

  constructor(
    private readonly model: Model,
    private readonly samples: number,
  ) {}

  /** Mean, standard deviation and, if there is one, entropy. */
  async run(batch: Tensor, draw: <T>(fn: () => T) => T): Promise<Tensor[]> {
    const { model, samples } = this
    const traced = this.network.for([batch], (x) => noGrad(() => outputOf(model, x)))
    if (!traced.draws)
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${where}] the model ${show(model.name)} has no dropout layer with a rate between 0 and 1, so that all passes would be equal`,
      )
    const { output, activation } = traced.result
    const network = traced.plan('', () => ({ outputStrides: new Map([[0, sizeOf(output.shape)]]) }))
    const outputs = empty([samples, ...output.shape], 'float32')
    const statistics = this.statistics.for([outputs], (y) => noGrad(() => statisticsOf(y, activation))).plan()
    const results = statistics.newOutputs()
    for (const tensor of [outputs, ...results]) track(tensor, null)
    try {
      await draw(() => network.start([batch], [outputs], samples, 0)).finished
      await statistics.start([outputs], results, 1, 0).finished
      return results
    } catch (error) {
      for (const result of results) result.dispose()
      throw error
    } finally {
      outputs.dispose()
    }
  }

  dispose(): void {
    this.network.dispose()
    this.statistics.dispose()
  }
}

const isProbability = (activation: ActivationName | null): boolean =>
  activation === 'softmax' || activation === 'sigmoid'

/** A model's output, and the activation by which it ends, if it gives probabilities. */
interface Output {
  output: Tensor
  activation: ActivationName | null
}

function outputOf(model: Model, x: Tensor): Output {
  const call = (): unknown => model.call(x, { training: false, dropout: true })
  const { result: output, originOf } = rememberArguments(isProbability, call)
  if (output instanceof Tensor) return { output, activation: originOf(output)?.activation ?? null }
  throw new MyelinError(
    'ERR_ARGUMENT',
    `[${where}] the model ${show(model.name)} has several outputs; give one with a single one`,
  )
}

/** The statistics of outputs [samples, batch, …]. */
function statisticsOf(outputs: Tensor, activation: ActivationName | null): Tensor[] {
  const average = mean(outputs, 0)
  const entropy = entropyOf(average, activation)
  const stddev = sqrt(variance(outputs, 0))
  return entropy === null ? [average, stddev] : [average, stddev, entropy]
}

function entropyOf(p: Tensor, activation: ActivationName | null): Tensor | null {
  if (activation === 'softmax') return sub(0, sum(pLogP(p), -1))
  if (activation === 'sigmoid') {
    const other = sub(1, p)
    return sub(0, add(pLogP(p), pLogP(other)))
  }
  return null
}

/** The least normal float32: 0·ln of it is 0, which is the limit of p·ln p. */
const tiny = 2 ** -126

const pLogP = (p: Tensor): Tensor => mul(p, log(maximum(p, tiny)))

const rowsOf = (x: Tensor, begin: number, rows: number): Tensor =>
  noGrad(() => slice(x, begin, [rows, ...x.shape.slice(1)]))

/** The parts of all batches, each kind behind one another. */
function joined(parts: readonly Tensor[][]): Tensor[] {
  const [first = []] = parts
  return first.map((_, kind) => concat(parts.flatMap((part) => part[kind] ?? [])))
}
