import { show } from '../core/show.js'
import type { Shape } from '../tensor/shape.js'
import type { ActivationName } from './choices.js'

let warned = false

/** Warns, once in a process, of a softmax over a single unit: its output is 1 whatever goes in. */
export function warnOfLoneSoftmax(layer: string | null, activation: ActivationName | null, shape: Shape): void {
  if (warned || activation !== 'softmax' || shape.at(-1) !== 1) return
  warned = true
  process.emitWarning(
    `${layer === null ? 'a layer' : `the layer ${show(layer)}`} applies softmax to one unit, which gives 1 for any input; for two classes give one unit with sigmoid ` +
      "and the loss 'binaryCrossentropy', or two units with softmax",
    { code: 'MYELIN_SOFTMAX_OF_ONE' },
  )
}
