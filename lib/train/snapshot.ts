import { compile } from '../graph/compile.js'
import { slice } from '../ops/index.js'
import type { Parameter } from '../tensor/parameter.js'
import type { Tensor } from '../tensor/tensor.js'

/**
 * Copies of parameters, all as they are between the same two steps of whatever trains them meanwhile: one plan reads them, and no
 * step runs beside it.
 */
export function snapshot(parameters: readonly Parameter[]): Tensor[] {
  if (parameters.length === 0) return []
  const copy = compile(() => parameters.map((parameter) => slice(parameter, [])))
  try {
    return copy()
  } finally {
    copy.dispose()
  }
}
