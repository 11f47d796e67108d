import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import type { Op } from '../tensor/op.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { record, recording } from './tape.js'

export interface CustomOp<Inputs extends Tensor[] = Tensor[]> {
  /** For error messages. */
  name: string
  /** Composed of ops; runs without recording. */
  forward: (...inputs: Inputs) => Tensor
  /**
   * The gradient of each input (null: none), given that of the output; for a single input the tensor alone will do.
   * Composed of ops, so that with `createGraph` it is differentiable again.
   */
  backward: (
    dy: Tensor,
    saved: { inputs: Readonly<Inputs>; output: Tensor },
  ) => Tensor | null | readonly (Tensor | null)[]
}

/** A differentiable op with a gradient of the user's own: straight-through estimators, stabler formulas, gradient reversal. */
export function customOp<Inputs extends Tensor[] = Tensor[]>(
  definition: CustomOp<Inputs>,
): (...inputs: Inputs) => Tensor {
  checkOptions(definition, ['name', 'forward', 'backward'], 'customOp')
  const { name, forward, backward } = definition
  if (typeof name !== 'string' || typeof forward !== 'function' || typeof backward !== 'function')
    throw new MyelinError('ERR_ARGUMENT', '[customOp] needs a name and the functions forward and backward')
  const op: Op<undefined> = {
    name,
    opcode: -1,
    infer: () => [],
    gradient({ inputs, outputs: [output] }, [dy]) {
      // It is recorded as an application to what forward took, with one output.
      const saved = { inputs: inputs as Readonly<Inputs>, output: output as Tensor }
      const result = backward(dy as Tensor, saved)
      const all = Array.isArray(result) ? result : [result]
      all.forEach((gradient: unknown, i) => {
        if (gradient !== null && !(gradient instanceof Tensor))
          throw new MyelinError(
            'ERR_ARGUMENT',
            `[${name}] backward must return a tensor or null for each input, got ${show(gradient)} for input ${i}`,
          )
      })
      if (all.length !== inputs.length)
        throw new MyelinError(
          'ERR_ARGUMENT',
          `[${name}] backward returned ${all.length} gradients for ${inputs.length} inputs`,
        )
      inputs.forEach(({ shape }, i) => {
        const gradient = all[i]
        if (gradient !== null && !sameShape(gradient.shape, shape))
          throw new MyelinError(
            'ERR_SHAPE',
            `[${name}] backward returned ${formatShape(gradient.shape)} for input ${i}, which is ${formatShape(shape)}`,
          )
      })
      return all
    },
    saves: 'both',
  }
  return (...inputs) => {
    for (const input of inputs)
      if (!(input instanceof Tensor))
        throw new MyelinError('ERR_ARGUMENT', `[${name}] every input must be a tensor, got ${show(input)}`)
    const output = recording.run(false, () => forward(...inputs))
    if (!(output instanceof Tensor))
      throw new MyelinError('ERR_ARGUMENT', `[${name}] forward must return a tensor, got ${show(output)}`)
    const own = inputs.includes(output) || output.node !== null ? output.detach() : output
    if (recording.value && inputs.some((input) => input.requiresGrad)) record(op, inputs, undefined, [own])
    return own
  }
}
