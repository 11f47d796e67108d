import { makeReporter } from '../../lib/train/progress.js'

/** Shows the bar of an epoch that is half done until `ended` says so, as a run does on a terminal. */
export async function showBar(ended: () => unknown): Promise<void> {
  const reporter = makeReporter(1, 1, 100)
  reporter.epochBegin(0)
  while (!ended()) {
    reporter.progress(50, () => ({ loss: 0.5 }))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  reporter.close()
}
