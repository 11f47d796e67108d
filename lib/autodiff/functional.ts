import { checkFunction, refusePromise } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { zeros } from '../tensor/creation.js'
import { call } from '../tensor/recorder.js'
import { tidy } from '../tensor/scope.js'
import { Tensor } from '../tensor/tensor.js'
import { gradients } from './backward.js'
import { identityOp } from './identity.js'
import { recording } from './tape.js'

export type ScalarFunction = (...xs: Tensor[]) => Tensor

/** One tensor for a function of one, else an array. */
export type Gradients<F extends ScalarFunction> = Parameters<F> extends [Tensor] ? Tensor : Tensor[]

/** The value of a function and its gradients. `grad` is the first of `grads`, which has one for each argument. */
export interface ValueAndGrad {
  value: Tensor
  grad: Tensor
  grads: Tensor[]
}

/**
 * The function that computes f together with its gradient in every argument. Nests, for higher derivatives.
 * @param f a function of float32 tensors whose result has one element
 */
export function valueAndGrad(f: ScalarFunction): (...xs: Tensor[]) => ValueAndGrad {
  checkFunction('grad', 'a function of tensors', f)
  return (...xs) => {
    for (const x of xs)
      if (!(x instanceof Tensor) || x.dtype !== 'float32')
        throw new MyelinError(
          'ERR_DTYPE',
          `[grad] every argument is a float32 tensor, got ${x instanceof Tensor ? x.dtype : show(x)}`,
        )
    return tidy(() =>
      recording.run(true, () => {
        const inputs = xs.map(variable)
        const value = refusePromise('grad', f(...inputs))
        if (!(value instanceof Tensor) || value.size !== 1)
          throw new MyelinError(
            'ERR_SHAPE',
            `[grad] the function must return a tensor of one element, got ${show(value)}`,
          )
        const createGraph = dependsOnOthers(value, new Set(inputs))
        const found = gradients(value, inputs, { createGraph, retainGraph: createGraph })
        const grads = inputs.map(({ shape }, i) => found[i] ?? zeros(shape))
        return { value: createGraph ? value : value.detach(), grad: grads[0] as Tensor, grads }
      }),
    )
  }
}

/**
 * The gradient function of f: for one argument a tensor, for several an array with one for each.
 * @param f a function of float32 tensors whose result has one element
 */
export function grad<F extends ScalarFunction>(f: F): (...xs: Parameters<F>) => Gradients<F>
export function grad(f: ScalarFunction): (...xs: Tensor[]) => Tensor | Tensor[] {
  const both = valueAndGrad(f)
  return (...xs) =>
    tidy(() => {
      const { grad, grads } = both(...xs)
      return grads.length === 1 ? grad : grads
    })
}

/** A tensor of its own to differentiate in, linked to x where x is itself part of a graph. */
export function variable(x: Tensor): Tensor {
  if (x.requiresGrad) return call(identityOp, [x], undefined)
  const result = x.detach()
  result.requiresGrad = true
  return result
}

/** Whether a gradient could be wanted in anything but the inputs: then the gradients themselves need a graph. */
function dependsOnOthers(value: Tensor, inputs: ReadonlySet<Tensor>): boolean {
  const seen = new Set<Tensor>([value])
  for (const tensor of seen) {
    if (tensor.node !== null) for (const input of tensor.node.inputs) seen.add(input)
    else if (tensor.requiresGrad && !inputs.has(tensor)) return true
  }
  return false
}
