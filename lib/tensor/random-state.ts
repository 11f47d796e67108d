import { checkWhole, wrong } from '../core/check.js'
import { isPlainObject } from '../core/kinds.js'
import { show } from '../core/show.js'
import { checkSeed, drawsInAll, setDrawsInAll, streams } from './random.js'
import { checkState, State, type Stateful } from './state.js'

interface RandomStreams extends Stateful {
  /** How often numbers were drawn that no layer, initializer or order drew: by functions of the user's. */
  readonly created: number
  /** The state, but with another such number. */
  stateWith(created: number): State
  /** Checks a state; what is returned brings it back. */
  restoring(state: State): () => void
}

/**
 * The random streams under the seed of this thread: the seed, and by stream how often it was drawn from. A layer with a seed of its own
 * has its count in its own state.
 */
export const randomStreams: RandomStreams = {
  state(): State {
    const { seed, calls } = drawsInAll()
    return new State({ seed, draws: Object.fromEntries(calls) })
  },

  restore(state: State): void {
    this.restoring(state)()
  },

  get created(): number {
    return drawsInAll().calls.get(streams.creation) ?? 0
  },

  stateWith(created: number): State {
    const { seed, calls } = drawsInAll()
    return new State({ seed, draws: Object.fromEntries(new Map(calls).set(streams.creation, created)) })
  },

  restoring(state: State): () => void {
    const where = 'random streams'
    const given = checkState(state, where)
    const seed = checkSeed(given.value('seed') as number, where)
    const draws = given.value('draws')
    if (!isPlainObject(draws)) throw wrong(where, `the state has no draws by stream, but ${show(draws)}`)
    const calls = new Map(
      Object.entries(draws).map(([stream, count]) => [
        checkWhole(where, 'a stream', Number(stream), 0),
        checkWhole(where, `the draws of the stream ${stream}`, count as number, 0),
      ]),
    )
    return () => setDrawsInAll(seed, calls)
  },
}
