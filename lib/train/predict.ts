import { noGrad } from '../autodiff/tape.js'
import { checkFlag, checkSignal, checkWhole } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { isBatchIterable } from '../data/source.js'
import type { Plan } from '../graph/plan.js'
import { Planned } from '../graph/planned.js'
import { empty } from '../tensor/creation.js'
import type { Tensor } from '../tensor/tensor.js'
import { awaitJob } from './await-job.js'
import { Borrowed } from './data/borrowed.js'
import { type Layout, SampleSet } from './data/sample-set.js'
import { sampleShapesOf } from './data/segment.js'
import { PredictPlans, type Run } from './predict-plans.js'
import { checkVerbosity, makePassReporter, type PassReporter, type Verbosity } from './progress.js'
import type { TrainableModel } from './trainable-model.js'

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

/** A model's outputs, compiled: a plan for each shape of batch. */
export class Predictor {
  private readonly planned = new Planned<Tensor[]>({ name: 'predict', outputs: (outputs) => outputs })

  /** @param changing whether steps of training may change the weights meanwhile */
  constructor(
    private readonly model: TrainableModel,
    private readonly changing: () => boolean = () => false,
  ) {}

  /** The outputs for all samples, each [n, …], computed batch by batch off this thread. */
  async run(x: unknown, options: PredictOptions): Promise<Tensor[]> {
    checkOptions(options, ['batchSize', 'training', 'verbose', 'signal'], 'predict')
    if (isBatchIterable(x, this.model.inputNames.length > 1) && !Array.isArray(x))
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
    let given: SampleSet | null = null
    let reporter: PassReporter | null = null
    try {
      given = await SampleSet.of(new Borrowed({ x }), this.layout, 'predict')
      this.model.ensureBuilt(sampleShapesOf(given))
      if (given.size === 0) return this.ofNone(given, training)
      reporter = makePassReporter('predict', verbose, Math.ceil(given.size / batchSize))
      return await this.runAll(given, batchSize, training, signal, reporter)
    } finally {
      reporter?.close()
      given?.dispose()
    }
  }

  /** The outputs for one batch, on this thread. */
  runSync(x: unknown): Tensor[] {
    const given = this.batchOf(x, 'predictSync')
    try {
      const plans = this.plansFor(given, given.size, false)
      return (this.cuts(plans) ? runBlocks(plans, given) : null) ?? plans.whole.run(given.inputs)
    } finally {
      given.dispose()
    }
  }

  /** One batch of inputs as tensors, which the model is built for. */
  batchOf(x: unknown, where: string): SampleSet {
    const given = SampleSet.ofBatch({ x }, this.layout, where)
    try {
      this.model.ensureBuilt(sampleShapesOf(given))
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
    this.planned.dispose()
  }

  private get layout(): Layout {
    return { inputNames: this.model.inputNames, outputNames: [] }
  }

  /** No sample makes no step; the shapes of the outputs are still what they are. */
  private ofNone({ inputs }: SampleSet, training: boolean): Tensor[] {
    return noGrad(() => this.model.callAll(inputs, { training }).map((output) => output.detach()))
  }

  private async runAll(
    given: SampleSet,
    batchSize: number,
    training: boolean,
    signal: AbortSignal | undefined,
    reporter: PassReporter | null = null,
  ): Promise<Tensor[]> {
    const { size } = given
    const full = Math.floor(size / batchSize)
    const parts = [
      { begin: 0, batch: batchSize, steps: full },
      { begin: full * batchSize, batch: size - full * batchSize, steps: 1 },
    ]
    let made: Tensor[] = []
    let outputs: readonly Returned[] = []
    let done = 0
    const work = async ({ plan, rows, steps, first }: Run): Promise<void> => {
      outputs = plan.returned
      if (made.length === 0) made = room(plan, size)
      const job = plan.start(given.inputs, made, steps, first)
      const tell = (): void => reporter?.progress(Math.floor((done + job.steps * rows) / batchSize))
      const { status } = await awaitJob(job, signal, reporter === null ? undefined : tell)
      if (status === 'aborted') throw signal?.reason
      done += steps * rows
    }
    try {
      for (const { begin, batch, steps } of parts.filter((part) => part.batch * part.steps > 0)) {
        const plans = this.plansFor(given, batch, training)
        await plans.during(async () => {
          try {
            if (this.cuts(plans)) for (const run of plans.inBlocks(begin, steps)) await work(run)
          } catch (error) {
            if (!isRefusal(error)) throw error
            done = begin
          }
          if (done === begin) await work(plans.inBatches(begin, steps))
        })
      }
      reporter?.end(Math.ceil(size / batchSize))
      return arrange(outputs, made, size)
    } catch (error) {
      for (const tensor of made) tensor.dispose()
      throw error
    }
  }

  /** Whether a batch is computed block by block. Between two of them weights could change, of which all rows are to see one state. */
  private cuts(plans: PredictPlans): boolean {
    return plans.block > 0 && !this.changing()
  }

  private plansFor({ inputs }: SampleSet, batch: number, training: boolean): PredictPlans {
    const specs = inputs.map(({ shape, dtype }) => ({ shape: [batch, ...shape.slice(1)], dtype }))
    return new PredictPlans(this.planned, this.model, specs, training)
  }
}

/** The outputs for one batch, on this thread; null if elements are refused. */
function runBlocks(plans: PredictPlans, { inputs, size }: SampleSet): Tensor[] | null {
  const runs = plans.inBlocks(0, 1)
  const { plan } = runs[0] as Run
  const made = room(plan, size)
  try {
    for (const { plan, steps, first } of runs) plan.runSteps(inputs, made, steps, first)
    return arrange(plan.returned, made, size)
  } catch (error) {
    for (const tensor of made) tensor.dispose()
    if (isRefusal(error)) return null
    throw error
  }
}

/** Whether it may be for an element, which is to be told by its sample in the caller's batch: that then runs as a whole. */
const isRefusal = (error: unknown): boolean => error instanceof MyelinError && error.code === 'ERR_ARGUMENT'

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
