import { own, put } from '../core/records.js'
import type { Logs } from './assessment.js'
import type { StopReason } from './callbacks/callback.js'

/** The result of a run. */
export interface History {
  /** The whole epochs, counted from 0. */
  epoch: number[]
  /** For each of them the figures: loss, the metrics, the same with val_ on validation data, learningRate. */
  history: Record<string, number[]>
  /** Why the run ended before its last epoch; absent if it did not. */
  stopped?: StopReason
}

/** Notes the figures of an epoch down. */
export function note({ epoch: epochs, history }: History, epoch: number, logs: Logs): void {
  epochs.push(epoch)
  for (const [name, value] of Object.entries(logs)) {
    const figures = own(history, name)
    if (figures === undefined) put(history, name, [value])
    else figures.push(value)
  }
}
