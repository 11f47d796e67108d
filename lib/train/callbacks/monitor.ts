import { wrong } from '../../core/check.js'
import { didYouMean, lookUp } from '../../core/names.js'
import { own } from '../../core/records.js'
import { from, optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { listed, show } from '../../core/show.js'
import * as losses from '../../nn/losses/index.js'
import * as metrics from '../../nn/metrics/index.js'
import type { Logs } from '../assessment.js'
import type { TrainingRun } from './callback.js'
import { checkLogs } from './hook-arguments.js'

/** Whether less or more of a figure is better. */
export type MonitorMode = 'auto' | 'min' | 'max'

export interface MonitorOptions {
  /** The figure to watch, a name in the epoch's logs: `loss`, `val_loss`, `val_accuracy`, … Default `val_loss`. */
  monitor?: string
  /** By how much a figure must be better than the best so far to count: from 0. Default 0. */
  minDelta?: number
  /** Default `auto`: by the name, less of a loss or an error, more of an accuracy, precision, recall, AUC or R². */
  mode?: MonitorMode
}

export const monitorSchema = {
  monitor: optional(checkFigure, 'val_loss'),
  minDelta: optional(from(0), 0),
  mode: optional(checkMode, 'auto'),
} satisfies Schema<MonitorOptions>

function checkFigure(where: string, option: string, given: string): string {
  if (typeof given === 'string' && given !== '') return given
  throw wrong(where, `${option} must be the name of a figure, got ${show(given)}`)
}

function checkMode(where: string, option: string, given: MonitorMode): MonitorMode {
  return lookUp<MonitorMode, MonitorMode>({ auto: 'auto', min: 'min', max: 'max' }, given, option, where)
}

/** A figure that is watched from epoch to epoch, and the best that there was of it. NaN is never better. */
export class Monitor {
  readonly name: string
  best: number
  private readonly sign: 1 | -1
  private readonly minDelta: number

  /**
   * @param where what an error message begins with
   * @throws MyelinError ERR_ARGUMENT for a name that `auto` cannot tell the mode of
   */
  constructor(
    private readonly where: string,
    { monitor, minDelta, mode }: ValuesOf<typeof monitorSchema>,
  ) {
    this.name = monitor
    this.minDelta = minDelta
    this.sign = mode === 'auto' ? this.signByName() : mode === 'min' ? 1 : -1
    this.best = this.worst
  }

  /** At the beginning of a run. @throws MyelinError ERR_ARGUMENT if there will be no such figure */
  begin({ figures }: TrainingRun): void {
    this.best = this.worst
    if (figures !== undefined) this.expectAmong(figures)
  }

  /** The figure of an epoch. @throws MyelinError ERR_ARGUMENT if it is not there */
  read(logs: Logs): number {
    const value = own(checkLogs(this.where, logs, this.name), this.name)
    if (value !== undefined) return value
    this.expectAmong(Object.keys(logs))
    throw wrong(this.where, `the figure ${show(this.name)} has no value`)
  }

  /** Whether a value is better than another by more than `minDelta`. */
  isBetter(value: number, than = this.best): boolean {
    return this.sign * value < this.sign * than - this.minDelta
  }

  /** The best value so far as a state has it: any number, ±∞ where there was none. @throws MyelinError ERR_ARGUMENT */
  checkBest(best: unknown): number {
    if (typeof best === 'number' && !Number.isNaN(best)) return best
    throw wrong(this.where, `the state must hold the best value so far, a number, got ${show(best)}`)
  }

  private get worst(): number {
    return this.sign * Number.POSITIVE_INFINITY
  }

  private signByName(): 1 | -1 {
    if (betterBelow.test(this.name)) return 1
    if (betterAbove.test(this.name)) return -1
    const told = toldByName()
    const near = didYouMean(
      this.name,
      told.flatMap((name) => [name, `val_${name}`]),
    )
    throw wrong(
      this.where,
      `whether less or more of ${show(this.name)} is better cannot be told by its name.${near} Known: ${told.join(', ')}, each also ` +
        "with val_ before it; another figure needs mode 'min' or 'max'",
    )
  }

  private expectAmong(figures: readonly string[]): void {
    if (figures.includes(this.name)) return
    const validated = figures.some((figure) => figure.startsWith('val_'))
    if (!validated && this.name.startsWith('val_') && figures.includes(this.name.slice('val_'.length)))
      throw wrong(
        this.where,
        `monitor ${show(this.name)} needs validation data: give validationData or validationSplit. Known: ${listed(figures)}`,
      )
    lookUp(Object.fromEntries(figures.map((figure) => [figure, true])), this.name, 'figure to monitor', this.where)
  }
}

const betterBelow = /(loss|error|entropy|divergence|poisson|hinge|huber|logcosh|mse|mae)$/i
const betterAbove = /(acc|accuracy|precision|recall|f1|auc|r2|similarity)$/i

/** The registered figures whose name tells whether less or more of them is better. */
function toldByName(): string[] {
  const names = new Set(['loss', ...Object.keys(metrics), ...Object.keys(losses)])
  return [...names].filter((name) => betterBelow.test(name) || betterAbove.test(name))
}
