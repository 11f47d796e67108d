import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import * as ops from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { centralDifferences, farthest } from './central-differences.js'
import { difference, type GoldenCase, toTensor } from './golden.js'
import { equalBits, instructionSets, onInstructionSet, withThreads } from './machine.js'

type Callable = (...args: never[]) => Tensor | readonly Tensor[]

export interface OpTest {
  /** How inputs and arguments reach the op. Default: in this order. */
  call?: (inputs: Tensor[], args: unknown[]) => Tensor | readonly Tensor[]
  /** Inputs (and arguments) large enough for two threads. */
  large: () => { inputs: Tensor[]; args?: unknown[] }
  /**
   * Against the golden: relative and absolute. Default for values 2e-6, for gradients 1e-5; `absolute` is that of the values alone.
   */
  tolerance?: { value?: number; absolute?: number; gradient?: number }
}

/**
 * Holds an op to its golden cases: values and gradients on every instruction set, gradients and second derivatives to central
 * differences, and equal bits for any number of threads and on all instruction sets that promise them.
 */
export function describeOp(
  name: string,
  cases: readonly GoldenCase[] | undefined,
  { large, tolerance, ...test }: OpTest,
): void {
  const op = Object.entries<unknown>(ops).find(([key]) => key === name)?.[1] as Callable
  // JSON has no undefined: null stands for an argument that is left out.
  const call = test.call ?? ((inputs, args) => op(...([...inputs, ...args.map((arg) => arg ?? undefined)] as never[])))
  const apply = (inputs: Tensor[], args: unknown[]): readonly Tensor[] => {
    const result = call(inputs, args)
    return Array.isArray(result) ? result : [result as Tensor]
  }
  const all = cases ?? []
  const differentiable = all.filter(({ gradients }) => gradients?.some((gradient) => gradient !== null))
  const smooth = differentiable.filter(({ smooth }) => smooth !== false)

  describe(name, () => {
    it('has cases', () => expect(all.length).toBeGreaterThan(0))

    it.each(instructionSets)('gives the golden values and gradients on %s', (isa) => {
      const { value = 2e-6, absolute = value, gradient = 1e-5 } = tolerance ?? {}
      const wrong = onInstructionSet(isa, () =>
        all.flatMap((c) => tidy(() => mismatches(apply, c, { value, absolute, gradient }))),
      )
      expect(wrong).toEqual([])
    })

    it('gives the same bits on every instruction set and for one and two threads', () => {
      for (const isa of instructionSets)
        expect(bitsOf(apply, all, large, isa, 2), `${isa}, threads`).toEqual(bitsOf(apply, all, large, isa, 1))
      for (const isa of equalBits)
        expect(bitsOf(apply, all, large, isa, 1), isa).toEqual(bitsOf(apply, all, large, equalBits[0] as string, 1))
    })

    if (smooth.length > 0) {
      it('has the gradient of central differences', () => {
        const wrong = smooth.flatMap((c) => tidy(() => checkGradient(apply, c)))
        expect(wrong).toEqual([])
      })

      it('has the second derivative of central differences of the gradient', () => {
        const wrong = smooth.flatMap((c) => tidy(() => checkSecond(apply, c)))
        expect(wrong).toEqual([])
      })
    }
  })
}

type Apply = (inputs: Tensor[], args: unknown[]) => readonly Tensor[]

function mismatches(apply: Apply, c: GoldenCase, tolerance: Required<OpTest>['tolerance']): string[] {
  const { value = 0, absolute = 0, gradient = 0 } = tolerance
  const wrong: string[] = []
  const note = (what: string, problem: string | null) =>
    problem !== null && wrong.push(`${c.name}: ${what}: ${problem}`)
  const inputs = variables(c)
  const outputs = apply(inputs, c.args)
  c.outputs.forEach((wanted, i) => {
    const got = outputs[i] as Tensor
    if (got.dtype !== wanted.dtype || String(got.shape) !== String(wanted.shape))
      wrong.push(`${c.name}: output ${i} is ${got.dtype} [${got.shape}], should be ${wanted.dtype} [${wanted.shape}]`)
    else note(`output ${i}`, difference(got.data(), wanted.data, { relative: value, absolute }))
  })
  if (c.gradients?.some((wanted) => wanted !== null)) {
    const found = gradients(outputs[0] as Tensor, inputs, { gradient: upstream(c, outputs[0] as Tensor) })
    c.gradients.forEach((wanted, i) => {
      if (wanted === null) return
      const got = found[i]?.data() ?? new Float32Array(wanted.length)
      note(`gradient ${i}`, difference(got, wanted, { relative: gradient, absolute: gradient }))
    })
  }
  return wrong
}

/** The inputs, those of float32 with a gradient if the case has one. */
function variables(c: GoldenCase): Tensor[] {
  return c.inputs.map((input) => {
    const x = toTensor(input)
    if (c.gradients !== undefined && x.dtype === 'float32') x.requiresGrad = true
    return x
  })
}

const upstream = (c: GoldenCase, output: Tensor): Tensor => tensor((c.upstream ?? []).map(Number), output.shape)

/** Everything that an op gives for its cases and for a large one, forward and backward, as strings that can be compared. */
function bitsOf(
  apply: Apply,
  cases: readonly GoldenCase[],
  large: OpTest['large'],
  isa: string,
  threads: number,
): string[] {
  return onInstructionSet(isa, () =>
    withThreads(threads, () =>
      tidy(() => {
        const { inputs, args = [] } = large()
        for (const x of inputs) if (x.dtype === 'float32') x.requiresGrad = true
        return [
          bits('large', apply(inputs, args), inputs),
          ...cases.map((c) => {
            const own = variables(c)
            return bits(c.name, apply(own, c.args), own)
          }),
        ]
      }),
    ),
  )
}

function bits(name: string, outputs: readonly Tensor[], inputs: readonly Tensor[]): string {
  const first = outputs[0] as Tensor
  const found = first.requiresGrad ? gradients(first, inputs, { gradient: weightsLike(first) }) : []
  const all = [...outputs, ...found.filter((gradient) => gradient !== null)]
  return `${name} ${all.map(({ data }, i) => hash(data.call(all[i] as Tensor))).join(' ')}`
}

/** A gradient that differs from element to element. */
const weightsLike = ({ shape, size }: Tensor): Tensor =>
  tensor(
    Float32Array.from({ length: size }, (_, i) => ((i * 7) % 13) / 8 - 0.75),
    shape,
  )

/** FNV-1a over 32-bit words; the payload of a NaN does not count. */
export function hash(data: ArrayLike<number>): string {
  const float = new Float32Array(1)
  const word = new Uint32Array(float.buffer)
  let h = 0x811c9dc5
  for (let i = 0; i < data.length; i++) {
    float[0] = Number.isNaN(data[i] as number) ? Number.NaN : (data[i] as number)
    h = Math.imul(h ^ (word[0] as number), 0x01000193) >>> 0
  }
  return `${data.length}:${h.toString(16)}`
}

const floats = (inputs: readonly Tensor[]): Tensor[] => inputs.filter(({ dtype }) => dtype === 'float32')

/** A case's inputs with other float32 elements. */
function replaced(c: GoldenCase, elements: readonly Float32Array[]): Tensor[] {
  let next = 0
  return c.inputs.map((input) => {
    if (input.dtype !== 'float32') return toTensor(input)
    return tensor(elements[next++] as Float32Array, input.shape, { requiresGrad: true })
  })
}

function checkGradient(apply: Apply, c: GoldenCase): string[] {
  const inputs = variables(c)
  const output = apply(inputs, c.args)[0] as Tensor
  const targets = floats(inputs)
  const found = gradients(output, targets, { gradient: upstream(c, output) })
  const weights = (c.upstream ?? []).map(Number)
  const value = (elements: readonly Float32Array[]) =>
    dot((apply(replaced(c, elements), c.args)[0] as Tensor).data(), weights)
  return compare(c.name, found, targets, centralDifferences(value, targets.map(elementsOf)))
}

/** With G the gradient, weighted, as a function of the inputs and of the upstream gradient: is its gradient right? */
function checkSecond(apply: Apply, c: GoldenCase): string[] {
  const weigh = (i: number, k: number) => ((i * 5 + k * 3) % 7) / 4 - 0.8
  const inputs = variables(c)
  const output = apply(inputs, c.args)[0] as Tensor
  const u = upstream(c, output)
  u.requiresGrad = true
  const first = gradients(output, floats(inputs), { gradient: u, createGraph: true })
  const terms = first.flatMap((gradient, k) => {
    if (gradient === null) return []
    const weights = tensor(
      Float32Array.from({ length: gradient.size }, (_, i) => weigh(i, k)),
      gradient.shape,
    )
    return [ops.sum(ops.mul(gradient, weights))]
  })
  const targets = [...floats(inputs), u]
  const found = gradients(
    terms.reduce((a, b) => ops.add(a, b)),
    targets,
  )

  const value = (elements: readonly Float32Array[]): number => {
    const own = replaced(c, elements.slice(0, -1))
    const result = apply(own, c.args)[0] as Tensor
    const gradient = tensor(elements.at(-1) as Float32Array, result.shape)
    return gradients(result, floats(own), { gradient }).reduce(
      (total, g, k) => total + (g === null ? 0 : Array.from(g.data()).reduce((sum, v, i) => sum + v * weigh(i, k), 0)),
      0,
    )
  }
  return compare(c.name, found, targets, centralDifferences(value, targets.map(elementsOf)))
}

const elementsOf = (x: Tensor): Float32Array => x.data() as Float32Array
const dot = (a: ArrayLike<number>, b: readonly number[]): number =>
  b.reduce((sum, v, i) => sum + v * (a[i] as number), 0)

/** Finite differences in float32 are good to about a thousandth of the largest derivative. */
function compare(
  name: string,
  found: readonly (Tensor | null)[],
  targets: readonly Tensor[],
  wanted: readonly Float64Array[],
): string[] {
  const scale = Math.max(1, ...wanted.flatMap((w) => Array.from(w, Math.abs)))
  return wanted.flatMap((w, i) => {
    const got = found[i]?.data() ?? new Float32Array((targets[i] as Tensor).size)
    const at = farthest(got, w)
    const apart = at < 0 ? 0 : Math.abs((got[at] as number) - (w[at] as number))
    return apart <= 1e-3 * scale ? [] : [`${name}: input ${i}[${at}] has ${got[at]}, central differences give ${w[at]}`]
  })
}
