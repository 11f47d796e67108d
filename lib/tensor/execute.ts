import { MyelinError } from '../core/error.js'
import { native, nativeError } from '../native/binding.js'
import { dtypeCodes } from './dtype.js'
import type { Op, TensorSpec } from './op.js'
import { Tensor } from './tensor.js'

/** One op call at a time crosses to C++ in this array, whose memory the addon knows; native/napi/run.h has its layout. */
const shared = native.shareSpec(new Float64Array(new SharedArrayBuffer(8 * 1024)))

/** Runs an op natively, now, on this thread (and the pool's, where the work is large). */
export function execute<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor[] {
  // By index throughout: with iterators an eager call took a tenth longer.
  for (let i = 0; i < inputs.length; i++) if ((inputs[i] as Tensor).handle < 0) throw disposed(op.name)
  const outputs = op.infer(inputs, attrs)
  // A view is of one tensor.
  if (op.opcode < 0) return [(inputs[0] as Tensor).alias((outputs[0] as TensorSpec).shape)]
  const numbers = op.encode?.(attrs, 0)
  const room = 4 + inputs.length + outputs.length * 10 + (numbers?.length ?? 0)
  const s = room > shared.length ? new Float64Array(room) : shared
  s[0] = op.opcode
  s[1] = inputs.length
  s[2] = outputs.length
  let at = 4
  for (let i = 0; i < inputs.length; i++) s[at++] = (inputs[i] as Tensor).handle
  for (let i = 0; i < outputs.length; i++) {
    const { shape, dtype } = outputs[i] as TensorSpec
    s[at++] = dtypeCodes[dtype]
    s[at++] = shape.length
    for (let d = 0; d < shape.length; d++) s[at++] = shape[d] as number
  }
  if (numbers === undefined) {
    s[3] = 0
  } else {
    s[3] = numbers.length
    for (let i = 0; i < numbers.length; i++) s[at++] = numbers[i] as number
  }
  try {
    if (s === shared) native.run()
    else native.run(s)
  } catch (error) {
    throw nativeError(error, op.name, op.layer?.(attrs))
  }
  const results = new Array<Tensor>(outputs.length)
  for (let i = 0; i < outputs.length; i++) {
    const { shape, dtype } = outputs[i] as TensorSpec
    results[i] = new Tensor(s[i] as number, shape, dtype)
  }
  return results
}

function disposed(name: string): MyelinError {
  return new MyelinError(
    'ERR_DISPOSED',
    `[${name}] a tensor is used after it was disposed; return it from tidy() or dispose it later`,
  )
}
