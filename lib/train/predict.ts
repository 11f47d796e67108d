import { noGrad } from '../autodiff/tape.js'
import { checkFlag, checkSignal, checkWhole } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { isBatchIterable } from '../data/source.js'
import { planKey } from '../graph/compile.js'
import { Plan } from '../graph/plan.js'
import { trace } from '../graph/trace.js'
import { slice } from '../ops/index.js'
import { empty } from '../tensor/creation.js'
import type { TensorSpec } from '../tensor/op.js'
import { formatShape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { sampleShapesOf } from './batches.js'
import { Hold } from './hold.js'
import { checkVerbosity, makePassReporter, type PassReporter, type Verbosity } from './report.js'
import { finish } from './run.js'
import { type Layout, SampleSet } from './sample-set.js'
import type { Trainee } from './trainee.js'

export interface PredictOptions {
  /** Samples at a time. Default 32. */
  batchSize?: number
  /** Run the layers as in training, for instance to sample from dropout; running statistics then follow. Default false. */
  training?: boolean
  /** As in `evaluate`: 0 nothing, 1 a progress bar on a terminal, 2 a line in the end, 'auto' (default) a bar if it takes long. */
  verbose?: Verbosity
  /** Ends the run: the promise rejects with the signal's reason. */
  signal?: AbortSignal
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

  /** The outputs for all samples, each [n, …], computed batch by batch off this thread. */
  async run(x: unknown, options: PredictOptions): Promise<Tensor[]> {
    checkOptions(options, ['batchSize', 'training', 'verbose', 'signal'], 'predict')
    if (isBatchIterable(x, this.trainee.inputNames.length > 1) && !Array.isArray(x))
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[predict] takes data in memory, got ${show(x)}; for batches: for await (const y of model.predictStream(batches)) …`,
      )
    const { batchSize = 32, training = false, verbose = 'auto', signal } = options
    checkWhole('predict', 'batchSize', batchSize)
    checkFlag('predict', 'training', training)
    checkVerbosity('predict', verbose)
    checkSignal('predict', signal)
    signal?.throwIfAborted()
    const hold = new Hold()
    let given: SampleSet | null = null
    let reporter: PassReporter | null = null
    try {
      given = await SampleSet.of({ x: hold.keep(x) }, this.layout, 'predict')
      this.trainee.ensureBuilt(sampleShapesOf(given))
      if (given.size === 0) return this.ofNone(given, training)
      reporter = makePassReporter('predict', verbose, Math.ceil(given.size / batchSize))
      return await this.runAll(given, batchSize, training, signal, reporter)
    } finally {
      reporter?.close()
      given?.dispose()
      hold.dispose()
    }
  }

  /** The outputs for one batch, on this thread. */
  runSync(x: unknown): Tensor[] {
    const given = this.batchOf(x, 'predictSync')
    try {
      return this.planFor(given, given.size, false, 0).run(given.inputs)
    } finally {
      given.dispose()
    }
  }

  /** One batch of inputs as tensors, which the model is built for. */
  batchOf(x: unknown, where: string): SampleSet {
    const given = SampleSet.ofBatch({ x }, this.layout, where)
    try {
      this.trainee.ensureBuilt(sampleShapesOf(given))
      return given
    } catch (error) {
      given.dispose()
      throw error
    }
  }

  /** The outputs for one batch, computed off this thread. */
  async runBatch(given: SampleSet, signal: AbortSignal | undefined): Promise<Tensor[]> {
    return given.size === 0 ? this.ofNone(given, false) : this.runAll(given, given.size, false, signal)
  }

  dispose(): void {
    for (const plan of this.plans.values()) plan.dispose()
    this.plans.clear()
  }

  private get layout(): Layout {
    return { inputNames: this.trainee.inputNames, outputNames: [] }
  }

  /** No sample makes no step; the shapes of the outputs are still what they are. */
  private ofNone({ inputs }: SampleSet, training: boolean): Tensor[] {
    return noGrad(() => this.trainee.callAll(inputs, { training }).map((output) => output.detach()))
  }

  private async runAll(
    given: SampleSet,
    batchSize: number,
    training: boolean,
    signal: AbortSignal | undefined,
    reporter: PassReporter | null = null,
  ): Promise<Tensor[]> {
    const { size } = given
    const steps = Math.floor(size / batchSize)
    const begin = steps * batchSize
    const parts: Rows[] = [
      { begin: 0, batch: batchSize, steps },
      { begin, batch: size - begin, steps: 1 },
    ]
    let made: Tensor[] = []
    let done = 0
    try {
      let outputs: readonly Returned[] = []
      for (const { begin, batch, steps } of parts.filter((part) => part.batch * part.steps > 0)) {
        const stride = steps === 1 ? 1 : batch
        const plan = this.planFor(given, batch, training, stride)
        outputs = plan.returned
        if (made.length === 0) made = room(plan, size)
        const job = plan.start(given.inputs, made, steps, begin / stride)
        const tell = (): void => reporter?.progress(done + job.steps)
        const { status } = await finish(job, signal, reporter === null ? undefined : tell)
        if (status === 'aborted') throw signal?.reason
        done += steps
      }
      reporter?.end(done)
      return arrange(outputs, made, size)
    } catch (error) {
      for (const tensor of made) tensor.dispose()
      throw error
    }
  }

  /** @param rowsAStep how many rows each step is further on; 0 for a plan that takes one batch */
  private planFor({ inputs }: SampleSet, batch: number, training: boolean, rowsAStep: number): Plan {
    const specs = inputs.map(({ shape, dtype }) => ({ shape: [batch, ...shape.slice(1)], dtype }))
    const key = `${planKey(specs)} ${training} ${rowsAStep}`
    const known = this.plans.get(key)
    if (known !== undefined) return known
    let plan = this.compile(specs, training, rowsAStep, false)
    if (rowsAStep > 0 && plan.returned.some(({ at }) => at < 0)) {
      // What only passes through a plan cannot be walked through: such a model's outputs are copied.
      plan.dispose()
      plan = this.compile(specs, training, rowsAStep, true)
    }
    this.plans.set(key, plan)
    return plan
  }

  private compile(specs: readonly TensorSpec[], training: boolean, rowsAStep: number, copied: boolean): Plan {
    const { trainee } = this
    const { graph, draws, constants } = trace(
      specs,
      (...inputs) => {
        const outputs = noGrad(() => trainee.callAll(inputs, { training }))
        outputs.forEach((output, i) => {
          this.checkBatch(output, specs[0]?.shape[0] as number, i)
        })
        return copied ? outputs.map((output) => slice(output, [])) : outputs
      },
      (outputs) => outputs,
    )
    const walk = (values: readonly TensorSpec[]): Map<number, number> =>
      new Map(values.map(({ shape }, i) => [i, sizeOf(shape.slice(1)) * rowsAStep]))
    // An output that passes through is no output of the plan, and has no stride.
    const passed = graph.outputs.some((output) => graph.inputs.includes(output))
    const strides = rowsAStep === 0 || passed ? {} : { strides: walk(specs), outputStrides: walk(graph.outputs) }
    return new Plan(graph, { name: 'predict', draws, constants, ...strides })
  }

  private checkBatch({ shape }: Tensor, batch: number, i: number): void {
    if (shape[0] !== batch)
      throw new MyelinError(
        'ERR_SHAPE',
        `[predict] the output ${show(this.trainee.outputNames[i])} is ${formatShape(shape)} for a batch of ${batch} samples; its first axis must count them`,
      )
  }
}

type Returned = Plan['returned'][number]

/** Tensors for what a plan computes, for all samples. */
function room({ outputSpecs, returned }: Plan, size: number): Tensor[] {
  return outputSpecs.map(({ dtype }, place) => {
    const shape = returned.find(({ at }) => at === place)?.shape ?? []
    return empty([size, ...shape.slice(1)], dtype)
  })
}

/** The outputs among what was computed; some may be views of others. */
function arrange(outputs: readonly Returned[], made: readonly Tensor[], size: number): Tensor[] {
  const taken = new Set<Tensor>()
  return outputs.map(({ shape, at }) => {
    const tensor = made[at] as Tensor
    if (taken.has(tensor)) return tensor.alias([size, ...shape.slice(1)])
    taken.add(tensor)
    return tensor
  })
}
