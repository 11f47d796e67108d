import { createHash } from 'node:crypto'
import { native } from '../../native/binding.js'
import { dtypeBytes, elementArray } from '../../tensor/dtype.js'
import type { Tensor } from '../../tensor/tensor.js'

/** Bytes that are hashed before the event loop turns. */
const pieceBytes = 1 << 22

/** The SHA-256 of the elements of tensors, in hexadecimal digits. */
export async function hashOf(tensors: readonly Tensor[], where: string): Promise<string> {
  const hash = createHash('sha256')
  for (const tensor of tensors) {
    const most = Math.floor(pieceBytes / dtypeBytes(tensor.dtype))
    for (let first = 0; first < tensor.size; first += most) {
      tensor.check(where)
      const elements = elementArray(tensor.dtype, Math.min(most, tensor.size - first))
      native.read(tensor.rawHandle, first, elements)
      hash.update(new Uint8Array(elements.buffer))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return hash.digest('hex')
}
