import { noGrad } from '../autodiff/tape.js'
import type { BatchIterable, TensorData } from '../data/source.js'
import { MyelinError } from '../native/error.js'
import { tidy } from '../tensor/scope.js'
import { Assessment, type Logs } from './assessment.js'
import { type Batch, type BatchSource, openSource } from './batches.js'
import type { Objective } from './objective.js'
import { checkSignal, checkWhole } from './options.js'
import { Pacer } from './pacer.js'
import type { Trainee } from './trainee.js'

export interface EvaluateOptions {
  /** Samples at a time. Default 32. */
  batchSize?: number
  /** Ends the run: the promise rejects with the signal's reason. */
  signal?: AbortSignal
}

/** The loss and the metrics of a model on data. */
export async function evaluateModel(
  trainee: Trainee,
  objective: Objective,
  x: TensorData | BatchIterable,
  y: TensorData | undefined,
  { batchSize = 32, signal }: EvaluateOptions,
): Promise<Logs> {
  checkWhole(batchSize, 'batchSize', 'evaluate')
  checkSignal(signal, 'evaluate')
  const source = openSource(x, y, batchSize, 'evaluate')
  try {
    const aborted = (): boolean => signal?.aborted === true
    const logs = aborted() ? null : await evaluateSource(trainee, objective, source, new Pacer(), aborted, 'evaluate')
    if (logs === null) throw signal?.reason
    return logs
  } finally {
    source.dispose()
  }
}

/** One pass in inference; null if it was aborted. */
export async function evaluateSource(
  trainee: Trainee,
  objective: Objective,
  source: BatchSource,
  pacer: Pacer,
  aborted: () => boolean,
  where: string,
): Promise<Logs | null> {
  let assessment: Assessment | undefined
  const pass = source.pass(0)
  for (;;) {
    const more = pass.advance()
    if (!(typeof more === 'boolean' ? more : await more)) break
    assessment = tidy(() => noGrad(() => evaluateBatch(pass.batch(), trainee, objective, assessment)))
    if (pacer.due) await pacer.rest()
    if (aborted()) return null
  }
  if (assessment === undefined)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] there are no samples; note that a generator can be read only once`,
    )
  return assessment.logs()
}

function evaluateBatch(
  batch: Batch,
  trainee: Trainee,
  objective: Objective,
  before: Assessment | undefined,
): Assessment {
  if (before === undefined) trainee.ensureBuilt(batch.x.shape.slice(1))
  const assessment = before ?? new Assessment(trainee, objective)
  assessment.add(batch, false)
  return assessment
}
