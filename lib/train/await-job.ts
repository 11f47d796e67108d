import type { PlanJob, PlanResult } from '../graph/plan.js'
import { onAbort } from './abort.js'

/**
 * Waits for a job; the signal ends it between two steps.
 * @param tell called now and then while it goes on
 */
export async function awaitJob(job: PlanJob, signal: AbortSignal | undefined, tell?: () => void): Promise<PlanResult> {
  const stopWaiting = onAbort(signal, () => job.abort())
  const timer = tell === undefined ? undefined : setInterval(tell, progressInterval)
  try {
    return await job.finished
  } finally {
    clearInterval(timer)
    stopWaiting()
  }
}

/** Milliseconds between two looks at how far a job is. */
const progressInterval = 100
