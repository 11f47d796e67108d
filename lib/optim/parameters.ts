import { isMap } from 'node:util/types'
import { wrong } from '../core/check.js'
import { isListOf } from '../core/kinds.js'
import { show } from '../core/show.js'
import { Parameter } from '../tensor/parameter.js'
import { Tensor } from '../tensor/tensor.js'

/** Their gradients: a tensor for each, or null for none. */
export function checkGradients(where: string, gradients: readonly (Tensor | null)[]): void {
  if (!isListOf(gradients, (g) => g === null || g === undefined || g instanceof Tensor))
    throw wrong(where, `gradients must be a list with a Tensor, or null, for each parameter, got ${show(gradients)}`)
  for (const gradient of gradients) gradient?.check(where)
}

/** The parameters that an optimizer is to update, each of them once, as a second update in one step would double the rate. */
export function checkParameters(where: string, parameters: readonly Parameter[]): void {
  if (!isListOf(parameters, (p) => p instanceof Parameter))
    throw wrong(where, 'parameters must be a list of Parameter, such as model.trainableWeights')
  const twice = parameters.find((p, i) => parameters.indexOf(p) !== i)
  if (twice !== undefined)
    throw wrong(
      where,
      `${show(twice.name)} stands twice among the parameters; list each once: [...new Set(parameters)]`,
    )
}

/** Parameters by path. */
export function checkPaths(where: string, paths: ReadonlyMap<string, Parameter>): void {
  const given: unknown = paths
  if (!isMap(given) || !isListOf([...given.keys()], (path) => typeof path === 'string'))
    throw wrong(
      where,
      `parameters must be a Map from paths to Parameters, such as model.weightsByPath(); got ${show(given)}`,
    )
  checkParameters(where, [...paths.values()])
}
