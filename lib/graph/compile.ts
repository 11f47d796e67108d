import { recording } from '../autodiff/tape.js'
import { checkFunction, refusePromise } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { Symbolic } from '../tensor/symbolic.js'
import { Tensor } from '../tensor/tensor.js'
import { Planned, type Traced } from './planned.js'

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
 * shapes and dtypes, and of which of the layers that it depends on are frozen. Parameters are read when the plan runs; other tensors from outside are constants. Results carry no
 * gradient: take gradients inside, with grad().
 * @param f must not read elements, and must return a tensor, an array of tensors or an object of tensors
 * @throws MyelinError ERR_ARGUMENT, when first called, if f reads elements or returns no tensor
 */
export function compile<Inputs extends readonly Tensor[], Result extends Tensors>(
  f: (...inputs: Inputs) => Result,
): Compiled<Inputs, Result> {
  checkFunction('compile', 'a function of tensors', f)
  const name = f.name === '' ? 'compile' : f.name
  const planned = new Planned<Result>({ name, outputs: (result) => parts(result, name) })
  const body = (...symbols: Tensor[]): Result =>
    refusePromise(
      name,
      recording.run(false, () => f(...(symbols as readonly Tensor[] as Inputs))),
    )
  const tracedFor = (inputs: Inputs): Traced<Result> => {
    checkTensors(inputs, name)
    return planned.for(inputs, body)
  }

  const compiled = (...inputs: Inputs): Result => {
    if (inputs.some((input) => input instanceof Symbolic)) return f(...inputs)
    const traced = tracedFor(inputs)
    return assemble(traced.result, traced.plan().run(inputs))
  }
  return Object.assign(compiled, {
    explain: (...inputs: Inputs) => tracedFor(inputs).plan().explain(),
    dispose: () => planned.dispose(),
  })
}

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
function assemble<Result extends Tensors>(like: Result, outputs: readonly Tensor[]): Result {
  if (like instanceof Tensor) return outputs[0] as Tensor as Result
  if (Array.isArray(like)) return [...outputs] as readonly Tensor[] as Result
  const entries = Object.keys(like).map((key, i) => [key, outputs[i] as Tensor])
  return Object.fromEntries(entries) as Record<string, Tensor> as Result
}
