import { recording } from '../autodiff/tape.js'
import { checkFunction, refusePromise } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import type { TensorSpec } from '../tensor/op.js'
import { Symbolic } from '../tensor/symbolic.js'
import { Tensor } from '../tensor/tensor.js'
import { Plan } from './plan.js'
import { trace } from './trace.js'

/** A tensor, or tensors in an array or object. */
export type Tensors = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor }

/** A compiled function of tensors. */
export interface Compiled<Inputs extends readonly Tensor[], Result extends Tensors> {
  (...inputs: Inputs): Result
  /** The plan for inputs like these, in words. */
  explain(...inputs: Inputs): string
  /** Frees the plans. */
  dispose(): void
}

/**
 * Turns a function of tensors into a plan, which then runs as one native call: bit for bit what the function computes
 * eagerly, without a call for each op and without allocations in between. A plan is made for each combination of input
 * shapes and dtypes. Parameters are read when the plan runs; other tensors from outside are constants. Results carry no
 * gradient: take gradients inside, with grad().
 * @param f must not read elements, and must return a tensor, an array of tensors or an object of tensors
 * @throws MyelinError ERR_ARGUMENT, when first called, if f reads elements or returns no tensor
 */
export function compile<Inputs extends readonly Tensor[], Result extends Tensors>(
  f: (...inputs: Inputs) => Result,
): Compiled<Inputs, Result> {
  checkFunction('compile', 'a function of tensors', f)
  const name = f.name === '' ? 'compile' : f.name
  const plans = new Map<string, { plan: Plan; assemble: (outputs: readonly Tensor[]) => Result }>()

  const planFor = (inputs: Inputs) => {
    checkTensors(inputs, name)
    const key = planKey(inputs)
    const known = plans.get(key)
    if (known !== undefined) return known
    const traced = trace(
      inputs,
      (...symbols) =>
        refusePromise(
          name,
          recording.run(false, () => f(...(symbols as readonly Tensor[] as Inputs))),
        ),
      (result) => parts(result, name),
    )
    const { graph, draws, constants, result } = traced
    const made = { plan: new Plan(graph, { name, draws, constants }), assemble: assembler(result) }
    plans.set(key, made)
    return made
  }

  const compiled = (...inputs: Inputs): Result => {
    if (inputs.some((input) => input instanceof Symbolic)) return f(...inputs)
    const { plan, assemble } = planFor(inputs)
    return assemble(plan.run(inputs))
  }
  return Object.assign(compiled, {
    explain: (...inputs: Inputs) => planFor(inputs).plan.explain(),
    dispose() {
      for (const { plan } of plans.values()) plan.dispose()
      plans.clear()
    },
  })
}

/** By what a plan is chosen: the inputs' shapes and dtypes. */
export const planKey = (inputs: readonly TensorSpec[]): string =>
  inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ')

const unusable = (input: Tensor, name: string): MyelinError =>
  new MyelinError(
    'ERR_DISPOSED',
    `[${name}] ${show(input)} has been disposed, or is one of a function that is being compiled`,
  )

/** Refuses arguments that are no tensors, or have no elements. */
export function checkTensors(inputs: readonly unknown[], name: string): void {
  inputs.forEach((input, i) => {
    if (!(input instanceof Tensor))
      throw new MyelinError('ERR_ARGUMENT', `[${name}] argument ${i} must be a Tensor, got ${show(input)}`)
    if (input.handle < 0) throw unusable(input, name)
  })
}

function parts(result: Tensors, name: string): readonly Tensor[] {
  const all =
    result instanceof Tensor ? [result] : typeof result === 'object' && result !== null ? Object.values(result) : []
  if (all.length === 0 || !all.every((part) => part instanceof Tensor))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${name}] a compiled function must return a tensor, or tensors in an array or object`,
    )
  return all
}

/** Puts computed tensors into the form that the function returned them in. */
function assembler<Result extends Tensors>(result: Result): (outputs: readonly Tensor[]) => Result {
  if (result instanceof Tensor) return (outputs) => outputs[0] as Tensor as Result
  if (Array.isArray(result)) return (outputs) => [...outputs] as readonly Tensor[] as Result
  const names = Object.keys(result)
  return (outputs) =>
    Object.fromEntries(names.map((key, i) => [key, outputs[i] as Tensor])) as Record<string, Tensor> as Result
}
