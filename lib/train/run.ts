import type { PlanJob, PlanResult } from '../graph/plan.js'
import { onAbort } from './abort.js'

/** Waits for a job; the signal ends it between two steps. */
export async function finish(job: PlanJob, signal: AbortSignal | undefined): Promise<PlanResult> {
  const stopWaiting = onAbort(signal, () => job.abort())
  try {
    return await job.finished
  } finally {
    stopWaiting()
  }
}
