import { describe, expect, it } from 'vitest'
import { compile } from '../../lib/graph/compile.js'
import * as ops from '../../lib/ops/index.js'
import { full, randomNormal, randomUniform, tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { type GoldenCase, goldenCases, toTensor } from '../helpers/golden.js'
import { equalBits, onInstructionSet } from '../helpers/machine.js'
import { labels, positive, signed } from '../helpers/random.js'
import { bits, expectEager, type TensorsFunction, withGradients } from './equality.js'
import { randomGraph } from './random-graph.js'

const families = ['unary', 'binary', 'activation', 'reduction', 'movement', 'product', 'normalization', 'toolbox']

type Callable = (...args: never[]) => Tensor | readonly Tensor[]
type Call = (inputs: Tensor[], args: unknown[]) => Tensor | readonly Tensor[]

/** Where inputs and arguments do not simply follow each other. */
const calls: Record<string, Call> = {
  concat: (inputs, [axis]) => ops.concat(inputs, axis as number),
  stack: (inputs, [axis]) => ops.stack(inputs, axis as number),
  where: ([condition, a, b]) => ops.where(condition as Tensor, a as Tensor, b as Tensor),
  dense: ([x, kernel, bias], args) =>
    ops.dense(x as Tensor, kernel as Tensor, bias ?? null, args.at(bias === undefined ? 1 : 0) as ops.DenseActivation),
}

/** An op with all but its tensors. */
function applied(name: string, args: unknown[]): TensorsFunction {
  const op = Object.entries<unknown>(ops).find(([key]) => key === name)?.[1] as Callable
  const call =
    calls[name] ?? ((inputs, args) => op(...([...inputs, ...args.map((arg) => arg ?? undefined)] as never[])))
  return (...inputs) => [call(inputs, args)].flat() as Tensor[]
}

const frozen = (value: Tensor): Parameter => new Parameter(value, { trainable: false })

const [matrix, other] = [[600, 501] as const, [501] as const]

/** Inputs of which two threads each get a share. */
const large: Record<string, () => { inputs: Tensor[]; args?: unknown[] }> = {
  unary: () => ({ inputs: [positive([300_001])] }),
  binary: () => ({ inputs: [positive(matrix), positive(other, 2)] }),
  activation: () => ({ inputs: [signed(matrix)] }),
  reduction: () => ({ inputs: [signed(matrix)], args: [1] }),
  clip: () => ({ inputs: [signed(matrix)], args: [-1, 1] }),
  where: () => ({ inputs: [signed(matrix).greater(0), signed(matrix, 2), signed(other, 3)] }),
  reshape: () => ({ inputs: [signed(matrix)], args: [[-1, 300]] }),
  flatten: () => ({ inputs: [signed(matrix)] }),
  transpose: () => ({ inputs: [signed([61, 70, 83])], args: [[2, 0, 1]] }),
  concat: () => ({ inputs: [signed([600, 300]), signed([600, 301], 2)], args: [-1] }),
  slice: () => ({
    inputs: [signed(matrix)],
    args: [
      [1, 3],
      [598, 490],
    ],
  }),
  pad: () => ({
    inputs: [signed(matrix)],
    args: [
      [
        [1, 0],
        [2, 3],
      ],
    ],
  }),
  gather: () => ({ inputs: [signed([97, 300]), labels(1000, 97)] }),
  oneHot: () => ({ inputs: [labels(9000, 41)], args: [41] }),
  cast: () => ({ inputs: [signed(matrix)], args: ['int32'] }),
  broadcastTo: () => ({ inputs: [signed([70, 1, 83])], args: [[70, 61, 83]] }),
  matmul: () => ({ inputs: [signed([130, 257]), signed([257, 190], 2)] }),
  dot: () => ({ inputs: [signed([130, 257]), signed([257], 2)] }),
  dense: () => ({ inputs: [signed([130, 257]), signed([257, 190], 2), signed([190], 3)], args: ['tanh'] }),
  batchNormalization: () => ({ inputs: [signed([700, 130]), positive([130], 2), signed([130], 3)] }),
  batchNormalizationInference: () => ({
    inputs: [signed([700, 130]), signed([130]), positive([130], 2), signed([130], 3), signed([130], 4)],
  }),
  sparseSoftmaxCrossEntropy: () => ({ inputs: [signed([2000, 43]), labels(2000, 43)] }),
  softmaxCrossEntropy: () => ({ inputs: [signed([2000, 43]), positive([2000, 43], 2)] }),
  toolbox: () => ({ inputs: [signed(matrix)] }),
  prelu: () => ({ inputs: [signed(matrix), signed(other, 2)] }),
  expandDims: () => ({ inputs: [signed(matrix)], args: [1] }),
  squeeze: () => ({ inputs: [signed([600, 1, 501])] }),
  stack: () => ({ inputs: [signed(matrix), signed(matrix, 2)], args: [1] }),
  split: () => ({ inputs: [signed(matrix)], args: [[100, 401], 1] }),
  tile: () => ({ inputs: [signed([70, 83])], args: [[5, 7]] }),
  layerNormalization: () => ({ inputs: [signed([700, 130]), signed([130], 2), signed([130], 3)] }),
}

describe.each(families)('compiled equals eager: %s', (family) => {
  const ofFamily = goldenCases(family)
  it.each(Object.keys(ofFamily))('%s', (name) => {
    const cases = ofFamily[name] as GoldenCase[]
    for (const { name: what, inputs, args, gradients, smooth } of cases) {
      const f = applied(name, args)
      const differentiable = gradients?.some((gradient) => gradient !== null) === true
      expectEager(differentiable ? withGradients(f, { second: smooth !== false }) : f, inputs.map(toTensor), what)
    }
    const { inputs, args = [] } = (large[name] ?? large[family])?.() ?? { inputs: [] }
    const f = applied(name, args)
    const differentiable = cases.some(({ gradients }) => gradients?.some((gradient) => gradient !== null))
    expectEager(differentiable ? withGradients(f) : f, inputs, 'large')
  })
})

/** Ops without golden cases: random draws, and changes of parameters, which hand back what became of these. */
const others: Record<string, () => { f: TensorsFunction; inputs: Tensor[] }> = {
  dropout: () => ({
    f: withGradients((x) => [ops.dropout(x as Tensor, 0.4, { seed: 3, stream: 16, call: 5 })]),
    inputs: [signed(matrix)],
  }),
  rrelu: () => ({
    f: withGradients((x) => [ops.rrelu(x as Tensor, { training: true, seed: 3 })]),
    inputs: [signed(matrix)],
  }),
  permutation: () => ({
    f: (x) => [ops.gather(x as Tensor, ops.permutation(1000, { seed: 3, stream: 2, call: 1 }))],
    inputs: [signed([1000, 3])],
  }),
  classLabels: () => ({
    f: (x, y) => [ops.classLabels(x as Tensor, 5, 'a'), ops.classLabels(y as Tensor, 5, '')],
    inputs: [labels(40, 5), ops.cast(labels(7, 5), 'float32')],
  }),
  gatherRows: () => ({
    f: (x, bytes, rows) => [
      ops.gatherRows(x as Tensor, rows as Tensor),
      ops.gatherRows(bytes as Tensor, rows as Tensor),
      ops.gatherRows(bytes as Tensor, rows as Tensor, 1 / 255),
    ],
    inputs: [
      signed([50, 600]),
      tensor(
        Uint8Array.from({ length: 50 * 600 }, (_, i) => i),
        [50, 600],
      ),
      labels(500, 50),
    ],
  }),
}

describe('compiled equals eager: random draws and rows', () => {
  it.each(Object.keys(others))('%s', (name) => {
    const { f, inputs } = (others[name] as () => { f: TensorsFunction; inputs: Tensor[] })()
    expectEager(f, inputs, name)
  })

  it('draws number by number as eagerly', () => {
    const f = () => {
      const [a, b] = [ops.dropout(full([50], 1), 0.5), ops.dropout(full([50], 1), 0.5)]
      return [a, b, randomNormal([7]), randomUniform([3]), ops.rrelu(full([9], -1), { training: true })]
    }
    const compiled = compile(f)
    const runs = (run: () => Tensor[]): string[] => {
      setSeed(5)
      return [run(), run(), run()].flatMap((outputs) => outputs.map(bits))
    }
    const wanted = runs(f)
    expect(new Set(wanted).size).toBe(15)
    expect(runs(compiled)).toEqual(wanted)
  })
})

const doubles = (n: number): Parameter => frozen(full([8 * n], 0, { dtype: 'uint8' }))

/** Ops that change parameters: the function, what it changes, and what it is given. */
const changes: Record<string, () => { f: TensorsFunction; changed: Parameter[]; inputs: Tensor[] }> = {
  assignMovingAverage: () => {
    const running = frozen(signed([700]))
    const f = (x: Tensor) => {
      const before = ops.sum(running)
      ops.assignMovingAverage(running, x, 0.9)
      return [before, ops.sum(running)]
    }
    return { f: f as TensorsFunction, changed: [running], inputs: [signed([700], 2)] }
  },
  accumulate: () => {
    const [totals, products] = [doubles(3), doubles(3)]
    const f = (x: Tensor) => {
      ops.accumulate(totals, x, 0.3)
      ops.accumulate(products, x, 1, ops.greater(x, 0))
      return [ops.sum(x)]
    }
    return { f: f as TensorsFunction, changed: [totals, products], inputs: [signed([5, 3])] }
  },
  accumulateCounts: () => {
    const totals = doubles(4)
    const f = (x: Tensor) => {
      ops.accumulateCounts(totals, x)
      return [ops.sum(x)]
    }
    return { f: f as TensorsFunction, changed: [totals], inputs: [labels(50, 4)] }
  },
  accumulateMoments: () => {
    const totals = doubles(6)
    const f = (x: Tensor) => {
      ops.accumulateMoments(totals, x)
      return [ops.sum(x)]
    }
    return { f: f as TensorsFunction, changed: [totals], inputs: [signed([9, 2])] }
  },
  update: () => {
    const [w, v] = [frozen(signed([30, 40])), frozen(positive([30, 40]))]
    const f = (x: Tensor, y: Tensor) => {
      const gradient = ops.matmul(x, y, { transposeA: true })
      const before = ops.sum(w)
      ops.update('rmsprop', [w], [gradient], [[v]], () => [0.01, 0.9, 1e-7, 0, 0, 1, 1, Number.POSITIVE_INFINITY, 0])
      return [before, ops.sum(w), gradient]
    }
    return { f: f as TensorsFunction, changed: [w, v], inputs: [signed([9, 30]), signed([9, 40])] }
  },
  accumulateGradients: () => {
    const [a, b] = [frozen(signed([30, 40])), frozen(signed([7], 2))]
    const f = (x: Tensor, y: Tensor) => {
      ops.accumulateGradients([a, b], [ops.square(x), y], () => 0)
      return [ops.sum(a), ops.sum(b)]
    }
    return { f: f as TensorsFunction, changed: [a, b], inputs: [signed([30, 40], 3), signed([7], 4)] }
  },
  clipFactors: () => {
    const f = (x: Tensor, y: Tensor) =>
      [true, false].map((each) => ops.clipFactors([x, ops.square(y)], { apply: () => 1, scale: 0.5, limit: 2, each }))
    return { f: f as TensorsFunction, changed: [], inputs: [signed([300, 140]), signed([7], 4)] }
  },
  assign: () => {
    const w = frozen(signed([30, 40]))
    const f = (x: Tensor) => {
      ops.assign(w, ops.mul(w, x), () => 1)
      return [ops.sum(w)]
    }
    return { f: f as TensorsFunction, changed: [w], inputs: [signed([40])] }
  },
}

describe('compiled changes what eager changes', () => {
  it.each(Object.keys(changes))('%s', (name) => {
    const make = changes[name] as (typeof changes)[string]
    const states = (compiling: boolean): string[] => {
      const { f, changed, inputs } = make()
      const run = compiling ? compile(f) : f
      return [1, 2, 3].flatMap(() => [...run(...inputs), ...changed].map(bits))
    }
    for (const isa of equalBits) onInstructionSet(isa, () => expect(states(true), isa).toEqual(states(false)))
  })
})

describe('compiled equals eager: random graphs', () => {
  const graphs = 200
  const share = 25
  it.each(Array.from({ length: graphs / share }, (_, i) => i * share))('%i and after', (first) => {
    for (let seed = first; seed < first + share; seed++) {
      const { f, inputs } = randomGraph(seed)
      expectEager(f, inputs, `graph ${seed}`)
    }
  })
})

it('holds every op to it', () => {
  const functions = Object.entries<unknown>(ops).filter(([, op]) => typeof op === 'function')
  const covered = [
    ...families.flatMap((family) => Object.keys(goldenCases(family))),
    ...Object.keys(others),
    ...Object.keys(changes),
    'isDenseActivation',
  ]
  expect(functions.map(([name]) => name).filter((name) => !covered.includes(name))).toEqual([])
})
