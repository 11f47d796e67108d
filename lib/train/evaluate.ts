import { noGrad } from '../autodiff/tape.js'
import { checkSignal, checkWhole } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import type { BatchIterable, ModelData } from '../data/source.js'
import type { PlanResult } from '../graph/plan.js'
import { Assessment, type Evaluation } from './assessment.js'
import { awaitJob } from './await-job.js'
import { Borrowed } from './data/borrowed.js'
import { type Segment, sampleShapesOf } from './data/segment.js'
import { openSource, type Source } from './data/source.js'
import type { Objective } from './objective.js'
import { Program } from './program.js'
import { checkVerbosity, makePassReporter, type PassReporter, type Verbosity } from './progress.js'
import { disposeOfResult, resultOf, resultUnlessAborted, unwrap } from './promise-result.js'
import type { TrainableModel } from './trainable-model.js'

export interface EvaluateOptions {
  /** Samples at a time. Default 32. Iterables bring batches of their own, and none is given beside them. */
  batchSize?: number
  /** Factors of the samples' losses, as in `fit`; metrics stay as they are. Iterables bring it in their batches. */
  sampleWeight?: ModelData
  /**
   * 0: nothing. 1: a progress bar on a terminal, elsewhere as 2. 2: a line in the end. 'auto' (default): on a terminal a bar while it takes
   * more than two seconds, else nothing.
   */
  verbose?: Verbosity
  /** Ends the run: the promise rejects with the signal's reason. */
  signal?: AbortSignal
}

/** The names of {@link EvaluateOptions}. */
export const evaluateOptionNames = [
  'batchSize',
  'sampleWeight',
  'verbose',
  'signal',
] as const satisfies (keyof EvaluateOptions)[]

/** The loss and the metrics of a model on data. */
export async function evaluateModel(
  model: TrainableModel,
  objective: Objective,
  x: ModelData | BatchIterable,
  y: ModelData | undefined,
  options: EvaluateOptions,
): Promise<Evaluation> {
  checkOptions(options, evaluateOptionNames, 'evaluate')
  const { batchSize, sampleWeight, verbose = 'auto', signal } = options
  if (batchSize !== undefined) checkWhole('evaluate', 'batchSize', batchSize)
  checkVerbosity('evaluate', verbose)
  checkSignal('evaluate', signal)
  const evaluator = new Evaluator(model, objective, 'evaluate')
  let source: Source | null = null
  let reporter: PassReporter | null = null
  try {
    source = await openSource(new Borrowed({ x, y, sampleWeight }), model, batchSize, 'evaluate')
    reporter = makePassReporter('evaluate', verbose, source.steps)
    const logs = signal?.aborted === true ? null : await evaluator.run(source, signal, reporter)
    if (logs === null) throw signal?.reason
    return logs
  } finally {
    reporter?.close()
    evaluator.dispose()
    source?.dispose()
  }
}

/** Assesses a model in inference, as often as one likes. */
export class Evaluator {
  private assessment: Assessment | null = null
  private readonly program: Program

  /** @param where what an error message begins with */
  constructor(
    private readonly model: TrainableModel,
    private readonly objective: Objective,
    private readonly where: string,
  ) {
    this.program = new Program(where, (batch) => noGrad(() => (this.assessment as Assessment).add(batch, false)))
  }

  /** One pass; null if the signal ended it. */
  async run(
    source: Source,
    signal: AbortSignal | undefined,
    reporter: PassReporter | null = null,
  ): Promise<Evaluation | null> {
    this.assessment?.reset()
    const pass = source.pass(0)
    let steps = 0
    let ended = false
    try {
      for (;;) {
        const coming = resultOf(() => pass.next(Number.POSITIVE_INFINITY))
        if ((await resultUnlessAborted(coming, signal)) === null) {
          disposeOfResult(coming)
          return null
        }
        const segment = await unwrap(coming)
        if (segment === null) {
          ended = true
          break
        }
        const { status } = await this.assess(segment, signal, reporter, steps)
        if (status === 'aborted') return null
        steps += segment.steps
      }
    } finally {
      await pass.close(!ended)
    }
    if (this.assessment === null || steps === 0)
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${this.where}] there are no samples; note that a generator can be read only once`,
      )
    const logs = this.assessment.logs()
    reporter?.end(steps, logs)
    return logs
  }

  dispose(): void {
    this.program.dispose()
    this.assessment?.dispose()
  }

  private async assess(
    segment: Segment,
    signal: AbortSignal | undefined,
    reporter: PassReporter | null,
    before: number,
  ): Promise<PlanResult> {
    try {
      this.model.ensureBuilt(sampleShapesOf(segment))
      this.assessment ??= new Assessment(this.model, this.objective)
      const { assessment } = this
      const job = this.program.start(segment)
      const tell = (): void => reporter?.progress(before + job.steps, () => assessment.logs())
      const result = await awaitJob(job, signal, reporter === null ? undefined : tell)
      tell()
      return result
    } finally {
      segment.dispose()
    }
  }
}
