import { gradients } from '../../lib/autodiff/backward.js'
import { variable } from '../../lib/autodiff/functional.js'
import { recording } from '../../lib/autodiff/tape.js'
import * as ops from '../../lib/ops/index.js'
import { randomUniform, tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import { sizeOf } from '../../lib/tensor/shape.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { type TensorsFunction, weighted } from './equality.js'

/** A function made at random: the same for the same seed. Free it by disposing of its tensors. */
export interface RandomGraph {
  f: TensorsFunction
  inputs: Tensor[]
  parameters: Parameter[]
}

/**
 * A function of 5 to 40 ops on float32 tensors, over inputs, parameters and constants, with broadcasting, views, products, reductions,
 * shared and repeated subexpressions and several outputs; behind these come the gradients in its inputs and parameters.
 */
export function randomGraph(seed: number): RandomGraph {
  const random = new Random(seed)
  const inputs = Array.from({ length: 1 + random.below(3) }, () => random.tensor(random.shape()))
  const parameters = Array.from({ length: random.below(3) }, (_, i) => {
    return new Parameter(random.tensor(random.shape()), { name: `w${i}` })
  })
  const constants = [random.tensor(random.shape())]
  const steps: Step[] = []
  const { picked } = tidy(() => {
    const pool: Tensor[] = [...constants, ...parameters, ...inputs]
    for (let left = 5 + random.below(36); left > 0; left--) {
      const step = steps.length > 0 && random.below(10) === 0 ? random.of(steps) : random.of(kinds)(random, pool)
      steps.push(step)
      pool.push(...step(pool))
    }
    const outputs = Array.from({ length: 1 + random.below(4) }, () => random.below(steps.length))
    return { picked: outputs.map((back) => pool.length - 1 - back), kept: random.tensors }
  })

  const forward = (given: readonly Tensor[]): Tensor[] => {
    const pool = [...constants, ...parameters, ...given]
    for (const step of steps) pool.push(...step(pool))
    const outputs = picked.map((at) => pool[at] as Tensor)
    // Every other graph needs all of its values.
    return seed % 2 === 0 ? outputs : [...outputs, pool.map((x) => ops.mean(x)).reduce((a, b) => ops.add(a, b))]
  }
  const f: TensorsFunction = (...given) =>
    recording.run(true, () => {
      const variables = given.map(variable)
      const outputs = forward(variables)
      const found = gradients(weighted(outputs), [...variables, ...parameters])
      return [...outputs, ...found.filter((gradient) => gradient !== null)]
    })
  return { f, inputs, parameters }
}

/** What an op takes from the values so far, and what it adds to them. */
type Step = (pool: readonly Tensor[]) => Tensor[]

const unary: readonly ((x: Tensor) => Tensor)[] = [
  ops.neg,
  ops.abs,
  ops.sign,
  ops.square,
  ops.relu,
  ops.tanh,
  ops.sigmoid,
  ops.softplus,
  ops.erf,
  ops.sin,
  ops.cos,
  ops.selu,
  ops.linear,
  ops.flatten,
  (x) => ops.exp(ops.clip(x, -3, 3)),
  (x) => ops.log(ops.add(ops.abs(x), 0.5)),
  (x) => ops.rsqrt(ops.add(ops.square(x), 1)),
  (x) => ops.gelu(x),
  (x) => ops.gelu(x, true),
  (x) => ops.leakyRelu(x, 0.3),
  (x) => ops.elu(x, 0.7),
  (x) => ops.clip(x, -1, 1.5),
  (x) => ops.sub(1, x),
  (x) => ops.mul(x, 0.5),
  (x) => ops.pow(x, 2),
  (x) => x.detach(),
  (x) => ops.cast(ops.cast(ops.clip(x, -99, 99), 'int32'), 'float32'),
  (x) => ops.dropout(x, 0.3, { seed: 1, stream: 16, call: 2 }),
]

const binary = [ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum] as const
const reductions = [ops.sum, ops.mean, ops.variance, ops.max, ops.min, ops.logSumExp] as const
const activations = ['linear', 'relu', 'sigmoid', 'tanh', 'elu', 'selu'] as const

/** Each draws what it needs beforehand, so that a step does the same whenever it is done. */
const kinds: readonly ((random: Random, pool: readonly Tensor[]) => Step)[] = [
  applyUnary,
  applyUnary,
  (random, pool) => {
    const [a, b, op] = [random.index(pool), random.index(pool), random.of(binary)]
    const [left, right] = [pool[a] as Tensor, pool[b] as Tensor]
    const fits = broadcasts(left, right)
    // Shapes that do not go together do once one of them is but one element.
    return (pool) => [op(pool[a] as Tensor, fits ? (pool[b] as Tensor) : ops.mean(pool[b] as Tensor))]
  },
  (random, pool) => {
    const at = random.index(pool)
    const shape = (pool[at] as Tensor).shape
    const row = random.tensor(shape.slice(random.below(shape.length + 1)))
    const [op, swapped] = [random.of(binary), random.below(2) === 1]
    return (pool) => [swapped ? op(row, pool[at] as Tensor) : op(pool[at] as Tensor, row)]
  },
  (random, pool) => {
    const [a, b] = [random.index(pool), random.index(pool)]
    const fits = broadcasts(pool[a] as Tensor, pool[b] as Tensor)
    return (pool) => {
      const [x, y] = [pool[a] as Tensor, fits ? (pool[b] as Tensor) : ops.max(pool[b] as Tensor)]
      return [ops.where(ops.greater(x, y), x, ops.div(y, 2))]
    }
  },
  (random, pool) => {
    const at = random.index(pool)
    const inner = (pool[at] as Tensor).shape.at(-1) ?? 1
    const [kernel, bias] = [random.tensor([inner, 1 + random.below(20)]), random.below(2) === 1]
    const [activation, row] = [random.of(activations), random.tensor([kernel.shape[1] as number])]
    return (pool) => [ops.dense(atLeast(pool[at] as Tensor, 2), kernel, bias ? row : null, activation)]
  },
  (random, pool) => {
    const [at, transposeA] = [random.index(pool), random.below(2) === 1]
    return (pool) => {
      const x = atLeast(pool[at] as Tensor, 2)
      return [ops.mul(ops.matmul(x, x, { transposeA, transposeB: !transposeA }), 0.1)]
    }
  },
  (random, pool) => {
    const [at, op, keepDims] = [random.index(pool), random.of(reductions), random.below(2) === 1]
    const { rank } = pool[at] as Tensor
    const axis = rank === 0 || random.below(4) === 0 ? undefined : random.below(rank)
    return (pool) => [op(pool[at] as Tensor, axis, keepDims)]
  },
  (random, pool) => {
    const at = random.index(pool)
    const { size } = pool[at] as Tensor
    const divisors = [1, 2, 3, 4, 5, 7, 8].filter((n) => size % n === 0)
    const rows = random.of(divisors)
    return (pool) => [ops.reshape(pool[at] as Tensor, [rows, -1])]
  },
  (random, pool) => {
    const at = random.index(pool)
    return (pool) => [ops.transpose(pool[at] as Tensor)]
  },
  (random, pool) => {
    const at = random.index(pool)
    const { shape } = pool[at] as Tensor
    const begin = shape.map((n) => random.below(n))
    const size = shape.map((n, i) => 1 + random.below(n - (begin[i] as number)))
    return (pool) => [ops.slice(pool[at] as Tensor, begin, size)]
  },
  (random, pool) => {
    const [at, axis] = [random.index(pool), random.below(2)]
    return (pool) => {
      const x = atLeast(pool[at] as Tensor, 2)
      return [ops.concat([x, ops.neg(x)], axis)]
    }
  },
  (random, pool) => {
    const [at, side] = [random.index(pool), random.below(3)]
    return (pool) => {
      const x = pool[at] as Tensor
      return [
        ops.pad(
          x,
          x.shape.map((_, i) => (i === 0 ? [side, 1] : [0, 0]) as [number, number]),
          0.25,
        ),
      ]
    }
  },
  (random, pool) => {
    const [at, log] = [random.index(pool), random.below(2) === 1]
    return (pool) => [(log ? ops.logSoftmax : ops.softmax)(atLeast(pool[at] as Tensor, 1), -1)]
  },
  (random, pool) => {
    const at = random.index(pool)
    const channels = (pool[at] as Tensor).shape.at(-1) ?? 1
    const [gamma, beta] = [random.tensor([channels]), random.tensor([channels])]
    return (pool) => [...ops.batchNormalization(atLeast(pool[at] as Tensor, 2), gamma, beta)]
  },
  (random, pool) => {
    const at = random.index(pool)
    const rows = (pool[at] as Tensor).shape[0] ?? 1
    const indices = random.rows(rows)
    return (pool) => [ops.gather(atLeast(pool[at] as Tensor, 1), indices)]
  },
]

function applyUnary(random: Random, pool: readonly Tensor[]): Step {
  const [at, op] = [random.index(pool), random.of(unary)]
  return (pool) => [op(pool[at] as Tensor)]
}

/** With axes of size 1 in front where there are too few. */
function atLeast(x: Tensor, rank: number): Tensor {
  return x.rank >= rank ? x : ops.reshape(x, [...Array<number>(rank - x.rank).fill(1), ...x.shape])
}

function broadcasts({ shape: a }: Tensor, { shape: b }: Tensor): boolean {
  const shape = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => [a.at(-1 - i) ?? 1, b.at(-1 - i) ?? 1])
  return (
    shape.every(([n, m]) => n === m || n === 1 || m === 1) &&
    sizeOf(shape.map(([n, m]) => Math.max(n as number, m as number))) <= mostElements
  )
}

const mostElements = 20_000

/** Whole numbers and tensors from a seed (mulberry32). */
class Random {
  /** All that were drawn. */
  readonly tensors: Tensor[] = []
  private state: number

  constructor(private readonly seed: number) {
    this.state = seed
  }

  /** From 0 to n − 1. */
  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % n
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** One of the values, rather a late one, and none that is so large that ops on it would make the graph slow. */
  index(pool: readonly Tensor[]): number {
    for (;;) {
      const at = this.below(2) === 0 ? pool.length - 1 - this.below(Math.min(4, pool.length)) : this.below(pool.length)
      if ((pool[at] as Tensor).size <= mostElements / 4) return at
    }
  }

  shape(): number[] {
    const rank = this.below(8) === 0 ? 0 : 1 + this.below(3)
    return Array.from({ length: rank }, () => this.of([1, 2, 3, 4, 5, 8, 17]))
  }

  tensor(shape: readonly number[]): Tensor {
    const seed = this.seed * 1000 + this.tensors.length
    return this.keep(randomUniform(shape, { min: -1.5, max: 1.5, seed }))
  }

  rows(below: number): Tensor {
    return this.keep(tensor(Int32Array.from({ length: 1 + this.below(9) }, () => this.below(below))))
  }

  private keep(drawn: Tensor): Tensor {
    this.tensors.push(drawn)
    return drawn
  }
}
