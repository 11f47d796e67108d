import { wrong } from '../core/check.js'
import { isPlainObject } from '../core/kinds.js'
import { own } from '../core/records.js'
import { show } from '../core/show.js'
import type { LoadWeightsOptions } from '../model/files.js'
import type { AnyModel } from '../model/model.js'

/** Where a tensor of PyTorch's belongs. */
export interface Place {
  /** The path of a weight; if there is none such, words for what was looked for. */
  readonly path: string
  /** Whether its two axes change places: a linear layer there holds [out, in], a dense one here [in, out]. */
  readonly transposed: boolean
}

const scaleShift = { weight: 'gamma', bias: 'beta' }

/** By the class of a layer, what PyTorch calls its weights. */
const namesByClass: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Dense: { weight: 'kernel', bias: 'bias' },
  BatchNormalization: { ...scaleShift, running_mean: 'movingMean', running_var: 'movingVariance' },
  LayerNormalization: scaleShift,
  GroupNormalization: scaleShift,
  Embedding: { weight: 'embeddings' },
  Prelu: { weight: 'alpha' },
}

/**
 * Where tensors belong that have PyTorch's names; null for one that is not wanted.
 * @throws MyelinError ERR_ARGUMENT for what is no mapping, or one that gives no path
 */
export function torchPlaces(
  mapping: NonNullable<LoadWeightsOptions['mapping']>,
  model: AnyModel,
): (name: string) => Place | null {
  if (typeof mapping !== 'function' && !isPlainObject(mapping))
    throw wrong('loadWeights', `mapping must be a record of names and paths, or a function, got ${show(mapping)}`)
  const weights = model.weightsByPath()
  const layers = model.layersByPath()
  return (name) => {
    const dot = name.lastIndexOf('.')
    const last = name.slice(dot + 1)
    if (last === 'num_batches_tracked') return null
    const mapped = typeof mapping === 'function' ? mapping(name) : mappedBy(mapping, name)
    if (mapped === null || mapped === undefined) return null
    if (typeof mapped !== 'string')
      throw wrong(
        'loadWeights',
        `mapping must give the path of a layer or a weight for ${show(name)}, got ${show(mapped)}`,
      )
    const known = own(namesByClass, layers.get(mapped)?.className ?? '')
    const path = weights.has(mapped) ? mapped : `${mapped}/${own(known ?? {}, last) ?? last}`
    const layer = layers.get(path.slice(0, path.lastIndexOf('/')))
    return { path, transposed: layer?.className === 'Dense' && last === 'weight' }
  }
}

/** By the name itself, else by its longest beginning that is in the record; what follows that is the way on. */
function mappedBy(mapping: Readonly<Record<string, string>>, name: string): unknown {
  const whole = own(mapping, name)
  if (whole !== undefined) return whole
  const steps = name.split('.').slice(0, -1)
  for (let n = steps.length; n > 0; n--) {
    const begin = own(mapping, steps.slice(0, n).join('.'))
    if (begin !== undefined) return typeof begin === 'string' ? [begin, ...steps.slice(n)].join('/') : begin
  }
  return steps.join('/')
}
