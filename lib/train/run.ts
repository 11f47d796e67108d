import type { PlanJob, PlanResult } from '../graph/plan.js'

/** Waits for a job; the signal ends it between two steps. */
export async function finish(job: PlanJob, signal: AbortSignal | undefined): Promise<PlanResult> {
  const abort = (): void => job.abort()
  if (signal?.aborted === true) abort()
  signal?.addEventListener('abort', abort)
  try {
    return await job.finished
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
