import { noGrad } from '../autodiff/tape.js'
import { type Samples, type TensorData, toSamples, toSamplesInSlices } from '../data/source.js'
import { planKey } from '../graph/compile.js'
import { Plan } from '../graph/plan.js'
import { trace } from '../graph/trace.js'
import { empty } from '../tensor/creation.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { EvaluateOptions } from './evaluate.js'
import { Hold } from './hold.js'
import { checkSignal, checkWhole } from './options.js'
import { finish } from './run.js'
import type { Trainee } from './trainee.js'

export interface PredictOptions extends EvaluateOptions {
  /** Run the layers as in training, for instance to sample from dropout; running statistics then follow. Default false. */
  training?: boolean
}

/** Which rows a run works through: `steps` batches, from a row on. */
interface Rows {
  begin: number
  batch: number
  steps: number
}

/** A model's outputs, compiled: a plan for each shape of batch. */
export class Predictor {
  private readonly plans = new Map<string, Plan>()

  constructor(private readonly trainee: Trainee) {}

  /** The outputs for all samples, computed batch by batch off this thread: [n, …]. */
  async run(x: TensorData, { batchSize = 32, training = false, signal }: PredictOptions): Promise<Tensor> {
    checkWhole(batchSize, 'batchSize', 'predict')
    checkSignal(signal, 'predict')
    signal?.throwIfAborted()
    const hold = new Hold()
    let given: Samples | null = null
    try {
      given = await toSamplesInSlices(hold.keep(x), 'predict', 'x')
      const { samples } = given
      const [n, ...sampleShape] = samples.shape as [number, ...number[]]
      this.trainee.ensureBuilt([sampleShape])
      if (n === 0) return noGrad(() => (this.trainee.callAll([samples], { training })[0] as Tensor).detach())
      const steps = Math.floor(n / batchSize)
      const begin = steps * batchSize
      const parts = [
        { begin: 0, batch: batchSize, steps },
        { begin, batch: n - begin, steps: 1 },
      ]
      return await this.runAll(
        samples,
        parts.filter((part) => part.batch * part.steps > 0),
        training,
        signal,
      )
    } finally {
      if (given?.owned) given.samples.dispose()
      hold.dispose()
    }
  }

  /** The output for one batch, on this thread. */
  runSync(x: TensorData): Tensor {
    const { samples, owned } = toSamples(x, 'predictSync', 'x')
    try {
      this.trainee.ensureBuilt([samples.shape.slice(1)])
      return this.planFor(samples, samples.shape, false, 0).run([samples])[0] as Tensor
    } finally {
      if (owned) samples.dispose()
    }
  }

  dispose(): void {
    for (const plan of this.plans.values()) plan.dispose()
    this.plans.clear()
  }

  private async runAll(
    samples: Tensor,
    parts: readonly Rows[],
    training: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Tensor> {
    const [n, ...sampleShape] = samples.shape as [number, ...number[]]
    let output: Tensor | null = null
    try {
      for (const { begin, batch, steps } of parts) {
        const stride = steps === 1 ? 1 : batch
        const plan = this.planFor(samples, [batch, ...sampleShape], training, stride)
        const [result] = plan.outputSpecs
        // A model of views only computes nothing: its output is its input in another shape.
        if (result === undefined)
          return noGrad(() => (this.trainee.callAll([samples], { training })[0] as Tensor).detach())
        output ??= empty([n, ...result.shape.slice(1)], result.dtype)
        const { status } = await finish(plan.start([samples], [output], steps, begin / stride), signal)
        if (status === 'aborted') throw signal?.reason
      }
      return output as Tensor
    } catch (error) {
      output?.dispose()
      throw error
    }
  }

  /** @param rowsAStep how many rows each step is further on; 0 for a plan that takes one batch */
  private planFor(samples: Tensor, shape: Shape, training: boolean, rowsAStep: number): Plan {
    const { trainee, plans } = this
    const name = 'predict'
    const key = `${planKey([{ shape, dtype: samples.dtype }])} ${training} ${rowsAStep}`
    const known = plans.get(key)
    if (known !== undefined) return known
    const { graph, draws, constants } = trace(
      [{ shape, dtype: samples.dtype }],
      (x) => noGrad(() => trainee.callAll([x], { training })[0] as Tensor),
      (result) => [result],
    )
    const rows = ({ shape }: { shape: Shape }): number => sizeOf(shape.slice(1)) * rowsAStep
    const [output] = graph.outputs
    const walk =
      rowsAStep === 0 || output === undefined
        ? {}
        : { strides: new Map([[0, rows({ shape })]]), outputStrides: new Map([[0, rows(output)]]) }
    const plan = new Plan(graph, { name, draws, constants, ...walk })
    plans.set(key, plan)
    return plan
  }
}
