import { wrong } from '../core/check.js'
import { withFunctions } from '../core/config.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { Dataset } from '../data/dataset.js'
import { type AnyModel, Model } from '../model/model.js'
import { Optimizer } from '../optim/optimizer.js'
import { randomStreams } from '../tensor/random-state.js'
import { State, type StateValue } from '../tensor/state.js'
import { machineFacts, plainFacts, refuseOtherFacts } from '../train/run-facts.js'
import { toPlain } from './plain-data.js'
import { readState, writeState } from './state-file.js'

/** The parts of a loop of one's own that a checkpoint holds. */
export interface CheckpointParts {
  /** Built. */
  model: AnyModel
  optimizer: Optimizer
  /** The Dataset that the loop goes through by `for await`. Default none. */
  dataset?: Dataset<unknown>
  /** Plain data of the loop's own, such as the epoch and the losses so far. Numbers may be NaN or infinite. Default null. */
  extra?: StateValue
}

/** Checkpoints of loops of one's own; `fit` has `callbacks.backupAndRestore`. */
export const checkpoint = {
  /**
   * Writes all that the next step hangs on to a file, whole or not at all: the model, the optimizer, the random streams, the place in the
   * Dataset, as they are when it is called; training may go on meanwhile.
   *
   * ```ts
   * for (let epoch = start; epoch < 10; epoch++)
   *   for await (const [x, y] of dataset) {
   *     await step(x, y)
   *     if (optimizer.iterations % 100 === 0) await checkpoint.save('run.ckpt', { model, optimizer, dataset, extra: { epoch } })
   *   }
   * ```
   * @throws MyelinError ERR_ARGUMENT; ERR_FORMAT for a path that cannot be written, what was there before is as it was then
   */
  async save(path: string, parts: CheckpointParts): Promise<void> {
    const where = 'checkpoint.save'
    const { model, optimizer, dataset, extra = null } = checkParts(parts, where)
    toPlain(extra, where, 'extra')
    const held = new State({
      facts: factsOf(parts),
      streams: randomStreams.state(),
      model: model.held(where),
      optimizer: optimizer.held(model.weightsByPath()),
      dataset: dataset?.state() ?? new State(),
      extra,
    })
    const state = held.copy()
    try {
      await writeState(where, path, state)
    } finally {
      state.dispose()
    }
  },

  /**
   * Brings back what {@link save} wrote, into a model and an optimizer that were made alike; a loop through the Dataset goes on behind the
   * elements that were taken. Random streams are those of the checkpoint, its seed too. All is checked before anything is changed.
   * @returns the `extra`
   * @throws MyelinError ERR_FORMAT for a file that is missing or damaged; ERR_ARGUMENT for one of other things, naming what differs
   */
  async restore(path: string, parts: Omit<CheckpointParts, 'extra'>): Promise<StateValue> {
    const where = 'checkpoint.restore'
    const { model, optimizer, dataset } = checkParts(parts, where)
    const state = await readState(where, path)
    try {
      refuseOtherFacts(factsOf(parts), state.value('facts'), where)
      const restore = [
        model.restoring(state.part('model')),
        optimizer.restoring(state.part('optimizer'), model.weightsByPath()),
        dataset?.restoring(state.part('dataset')),
        randomStreams.restoring(state.part('streams')),
      ]
      for (const part of restore) part?.()
      return state.value('extra') ?? null
    } finally {
      state.dispose()
    }
  },
}

function factsOf({ model, optimizer, dataset }: Omit<CheckpointParts, 'extra'>): StateValue {
  const config = withFunctions(() => model.getConfig())
  return plainFacts({
    model: config,
    optimizer: optimizer.name,
    dataset: dataset !== undefined,
    machine: machineFacts(),
  })
}

function checkParts<P extends CheckpointParts>(parts: P, where: string): P {
  checkOptions(parts, ['model', 'optimizer', 'dataset', 'extra'], where)
  const { model, optimizer, dataset } = parts
  if (!(model instanceof Model)) throw wrong(where, `model must be a model, got ${show(model)}`)
  if (!(optimizer instanceof Optimizer)) throw wrong(where, `optimizer must be an optimizer, got ${show(optimizer)}`)
  if (dataset !== undefined && !(dataset instanceof Dataset))
    throw wrong(where, `dataset must be a Dataset, got ${show(dataset)}`)
  return parts
}
