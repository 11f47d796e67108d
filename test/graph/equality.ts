import { expect } from 'vitest'
import { valueAndGrad } from '../../lib/autodiff/functional.js'
import { compile } from '../../lib/graph/compile.js'
import { mul, sum } from '../../lib/ops/index.js'
import { full, tensor } from '../../lib/tensor/creation.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { equalBits, onInstructionSet, withThreads } from '../helpers/machine.js'

export type TensorsFunction = (...inputs: Tensor[]) => readonly Tensor[]

/** The elements' bits, every NaN alike, with dtype and shape in front. */
export function bits(result: Tensor): string {
  const elements = result.data()
  for (let i = 0; i < elements.length; i++) if (Number.isNaN(elements[i])) elements[i] = Number.NaN
  return `${result.dtype} [${result.shape}] ${Buffer.from(elements.buffer).toString('latin1')}`
}

/**
 * Holds a compiled function to the same function run eagerly, on every instruction set that promises equal bits and for one and two
 * threads. The plan is made once, and runs twice each time: what a first run leaves in the arena must not show.
 */
export function expectEager(f: TensorsFunction, inputs: readonly Tensor[], message: string): void {
  const compiled = compile(f)
  try {
    for (const isa of equalBits) {
      for (const threads of [1, 2]) {
        onInstructionSet(isa, () =>
          withThreads(threads, () =>
            tidy(() => {
              const wanted = f(...inputs).map(bits)
              for (const run of [1, 2]) {
                const where = `${message}, ${isa}, threads: ${threads}, run ${run}`
                expect(compiled(...inputs).map(bits), where).toEqual(wanted)
              }
            }),
          ),
        )
      }
    }
  } finally {
    compiled.dispose()
  }
}

/** f and behind its outputs the gradients of their weighted sum in every float32 input, and the second derivatives if asked. */
export function withGradients(f: TensorsFunction, { second = false } = {}): TensorsFunction {
  return (...inputs) => {
    const outputs = f(...inputs)
    const floats = inputs.filter(({ dtype }) => dtype === 'float32')
    const total = (...variables: Tensor[]): Tensor => {
      const left = [...variables]
      return weighted(f(...inputs.map((input) => (input.dtype === 'float32' ? (left.shift() as Tensor) : input))))
    }
    const first = valueAndGrad(total)
    const again = valueAndGrad((...variables) => weighted(first(...variables).grads))
    return [...outputs, ...first(...floats).grads, ...(second ? again(...floats).grads : [])]
  }
}

/** A scalar in which every float32 element counts differently. */
export function weighted(outputs: readonly Tensor[]): Tensor {
  const terms = outputs
    .filter(({ dtype }) => dtype === 'float32')
    .map((output) => sum(mul(output, weightsLike(output))))
  return terms.reduce((a, b) => a.add(b), full([], 0))
}

const weightsLike = ({ shape, size }: Tensor): Tensor =>
  tensor(
    Float32Array.from({ length: size }, (_, i) => ((i * 7) % 13) / 8 - 0.75),
    shape,
  )
