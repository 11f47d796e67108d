import { describe, expect, it } from 'vitest'
import { noGrad } from '../../lib/autodiff/tape.js'
import { compile } from '../../lib/graph/compile.js'
import type { Node, Value } from '../../lib/graph/graph.js'
import { optimize } from '../../lib/graph/passes/index.js'
import { type PlacedGraph, placeValues } from '../../lib/graph/placed-graph.js'
import { Plan } from '../../lib/graph/plan.js'
import { bytesOf, instructionsOf, Storages } from '../../lib/graph/storage.js'
import { trace } from '../../lib/graph/trace.js'
import * as ops from '../../lib/ops/index.js'
import { ones, tensor, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { runChild } from '../helpers/child.js'
import { failure } from '../helpers/failure.js'
import { signed } from '../helpers/random.js'
import { randomGraph } from './random-graph.js'

/** Where the values of a random function lie. Its constants are left to the collector. */
function placed(seed: number): PlacedGraph {
  const { f, inputs } = randomGraph(seed)
  const { graph, constants } = trace(
    inputs,
    (...symbols) => noGrad(() => f(...symbols)),
    (outputs) => outputs,
  )
  return placeValues(optimize(graph, [...constants]))
}

interface Place {
  begin: number
  end: number
}

const overlap = (a: Place, b: Place): boolean => a.begin < b.end && b.begin < a.end

/**
 * Plays a placed graph through and says what is wrong: a value that is read where another one has been written since, and a result that
 * overlaps what its own instruction still reads, unless it takes its very place.
 */
function conflicts({ graph, storages, memory }: PlacedGraph): string[] {
  // Which values are views of each other is asked of the graph alone; that results take the places of inputs is under test.
  const views = new Storages(graph)
  const place = (value: Value): Place | undefined => {
    const begin = memory.offsets.get(storages.root(value))
    return begin === undefined ? undefined : { begin, end: begin + bytesOf(value) }
  }
  const present = new Map<Value, Place>()
  const wrong: string[] = []
  const check = (node: Node, at: number): void => {
    const say = (what: string): void => void wrong.push(`${at} ${node.op.name}: ${what}`)
    for (const input of node.inputs)
      if (place(input) !== undefined && !present.has(views.root(input))) say(`%${input.id} is gone`)
    for (const output of node.outputs) {
      const target = place(output)
      if (target === undefined || target.begin === target.end) continue
      if (target.end > memory.bytes) say(`%${output.id} reaches over the end`)
      for (const input of node.inputs) {
        const source = place(input)
        const inPlace = node.op.elementwise === true && source?.begin === target.begin && source.end === target.end
        if (source !== undefined && overlap(source, target) && !inPlace) say(`%${output.id} overlaps %${input.id}`)
      }
      for (const [value, other] of present) if (overlap(other, target)) present.delete(value)
    }
    for (const output of node.outputs) {
      const target = place(output)
      if (target !== undefined) present.set(views.root(output), target)
    }
    for (const [i, a] of node.outputs.entries())
      for (const b of node.outputs.slice(i + 1)) {
        const [first, second] = [place(a), place(b)]
        if (first !== undefined && second !== undefined && overlap(first, second)) say('its results overlap')
      }
  }
  instructionsOf(graph).forEach(check)
  return wrong
}

describe('the arena', () => {
  it('never gives the place of a value away that is still to be read', () => {
    for (let seed = 0; seed < 200; seed++) expect(conflicts(placed(seed)), `graph ${seed}`).toEqual([])
  })

  it('is at most a fifth larger than the largest set of values that live together', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { memory } = placed(seed)
      expect(memory.bytes, `graph ${seed}`).toBeGreaterThanOrEqual(memory.largestLiveSet)
      expect(memory.bytes, `graph ${seed}`).toBeLessThanOrEqual(1.2 * memory.largestLiveSet)
    }
  })

  it('would be found out by the test', () => {
    const { graph, storages, memory, bindings } = placed(1)
    const offsets = new Map([...memory.offsets].map(([value]) => [value, 0]))
    expect(conflicts({ graph, storages, bindings, memory: { ...memory, offsets } })).not.toEqual([])
  })

  it('above the limit is an error that names tidy and leaves everything usable', async () => {
    const { status, result } = await runChild(
      `
      const { compile, ops, zeros, native } = myelin
      const wide = compile((x) => ops.matmul(ops.matmul(x, x, { transposeA: true }), zeros([6000, 1])))
      const x = zeros([1, 6000])
      const before = native.memory().tensors
      let error
      try { wide(x) } catch ({ name, code, message }) { error = { name, code, message } }
      const after = native.memory().tensors
      const small = compile((x) => ops.sum(ops.matmul(x, x, { transposeA: true })))(zeros([1, 60])).item()
      report({ error, kept: after - before, small })
    `,
      { env: { MYELIN_MEMORY: String(64 << 20) } },
    )
    expect(status).toBe(0)
    const { error, kept, small } = result as { error: unknown; kept: number; small: number }
    expect(error).toMatchObject({
      name: 'MyelinError',
      code: 'ERR_MEMORY',
      message: expect.stringMatching(/\[.*MYELIN_MEMORY/s),
    })
    expect([kept, small]).toEqual([0, 0])
  })
})

describe('a function that cannot be compiled', () => {
  const w = new Parameter(signed([3, 4]), { name: 'w' })
  const x = signed([2, 3])
  const refused = (f: (x: Tensor) => unknown) => failure(() => compile(f as (x: Tensor) => Tensor)(x))

  it.each<[string, (x: Tensor) => unknown, RegExp]>([
    ['data', (x) => tensor(x.mul(2).data()), /^\[data\] .*compile.*\[2, 3\]/],
    ['an item', (x) => ops.mul(x, ops.sum(x).item()), /^\[item\] .*compile/],
    ['nested arrays', (x) => tensor(x.toArray()), /^\[toArray\] .*compile/],
    ['a shape that depends on values', (x) => zeros([ops.argMax(ops.flatten(x)).item()]), /^\[item\] .*compile/],
  ])('because it reads %s', (_, f, message) => {
    expect(refused(f)).toEqual({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })
  })

  it.each<[string, (x: Tensor) => unknown]>([
    ['nothing', () => undefined],
    ['a number', () => 3],
    ['an empty list', () => []],
    ['something else in a list', (x) => [x, 3]],
  ])('because it returns %s', (_, f) => {
    expect(refused(f)).toEqual({ code: 'ERR_ARGUMENT', message: expect.stringMatching(/must return a tensor/) })
  })

  it('because it is asynchronous', () => {
    expect(refused(async (x) => x).code).toBe('ERR_ARGUMENT')
  })

  it('because of a tensor from inside another', () => {
    let kept = x
    compile((x: Tensor) => {
      kept = ops.mul(x, 2)
      return kept
    })(x)
    expect(refused((x) => ops.add(x, kept))).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/another traced function/),
    })
  })

  it('because shapes do not fit', () => {
    expect(refused((x) => ops.matmul(x, x))).toEqual({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/^\[matmul\].*\[2, 3\]/),
    })
  })

  it('says which op stands in the way of every gradient', () => {
    const names: [string, (x: Tensor) => Tensor][] = [
      ['argMax', (x) => ops.mean(ops.cast(ops.argMax(ops.matmul(x, w), 1), 'float32'))],
      ['greater', (x) => ops.mean(ops.where(ops.greater(ops.matmul(x, w), 0), 1, 0))],
      ['cast', (x) => ops.mean(ops.cast(ops.cast(ops.matmul(x, w), 'int32'), 'float32'))],
    ]
    for (const [name, loss] of names) {
      const step = compileStep(loss, { parameters: [w], optimizer: 'sgd' })
      const wanted = { code: 'ERR_NO_GRADIENT', message: expect.stringMatching(`^\\[compileStep\\].* ${name}`) }
      expect(failure(() => step.sync(x))).toEqual(wanted)
    }
  })

  it('says that no parameter is reached where nothing stands in the way', () => {
    const step = compileStep((x: Tensor) => ops.mean(x), { parameters: [w], optimizer: 'sgd' })
    expect(failure(() => step.sync(x))).toEqual({
      code: 'ERR_NO_GRADIENT',
      message: '[compileStep] the loss does not depend differentiably on any of 1 parameters',
    })
  })

  it('and nothing is changed by trying', () => {
    const before = [...w.data()]
    const step = compileStep((x: Tensor) => ops.sum(ops.square(ops.matmul(x, w))), {
      parameters: [w],
      optimizer: 'adam',
    })
    expect(failure(() => step.sync(signed([2, 5]))).code).toBe('ERR_SHAPE')
    expect([...w.data()]).toEqual(before)
    expect(step.sync(x).loss).toBeGreaterThan(0)
    expect([...w.data()]).not.toEqual(before)
  })
})

describe('a plan', () => {
  const { graph, draws, constants } = trace(
    [{ shape: [2, 3], dtype: 'float32' }],
    (x) => ops.mul(x, 2),
    (y) => [y],
  )
  const plan = new Plan(graph, { name: 'double', draws, constants })

  it.each<[string, Tensor[]]>([
    ['another shape', [ones([3, 2])]],
    ['another rank', [ones([6])]],
    ['another dtype', [ones([2, 3], { dtype: 'int32' })]],
    ['no tensor', []],
  ])('refuses %s', (_, inputs) => {
    expect(failure(() => plan.run(inputs))).toEqual({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/^\[double\] input 0 must be float32 \[2, 3\], got /),
    })
  })

  it('refuses what has been disposed', () => {
    const x = ones([2, 3])
    x.dispose()
    expect(failure(() => plan.run([x]))).toEqual({ code: 'ERR_DISPOSED', message: expect.stringMatching(/\[double\]/) })
  })
})

describe('compile', () => {
  const values = (x: Tensor) => [...x.data()]

  it('makes a plan for each shape and dtype', () => {
    let traced = 0
    const twice = compile((x: Tensor) => {
      traced++
      return ops.add(x, x)
    })
    const inputs = [ones([2]), ones([3]), ones([2]), ones([2], { dtype: 'int32' }), ones([1, 2])]
    expect(inputs.map((x) => twice(x).toString())).toEqual(inputs.map((x) => x.add(x).toString()))
    expect(traced).toBe(4)
  })

  it('reads a parameter and views of it when it runs, and other tensors when it is traced', () => {
    const w = new Parameter(tensor([1, 2]))
    const view = ops.reshape(w, [2])
    const fixed = tensor([10, 20])
    const f = (x: Tensor) => [ops.mul(x, w), ops.mul(x, ops.square(w.detach())), ops.square(view), ops.add(x, fixed)]
    const compiled = compile(f)
    const x = tensor([1, 1])
    expect(compiled(x).map(values)).toEqual(f(x).map(values))
    w.assign(tensor([3, 4]))
    expect(compiled(x).map(values)).toEqual(f(x).map(values))
    fixed.dispose()
    expect(compiled(x).map(values).at(-1)).toEqual([11, 21])
  })

  it('reads a view of a parameter before and after the parameter changes', () => {
    const make = () => {
      const w = new Parameter(tensor([1, 2]), { trainable: false })
      return (x: Tensor) => {
        const view = ops.reshape(w, [2, 1])
        const before = ops.sum(view)
        ops.assignMovingAverage(w, x, 0.5)
        return [before, ops.sum(view)]
      }
    }
    expect(compile(make())(tensor([5, 5])).map(values)).toEqual([[3], [6.5]])
    expect(make()(tensor([5, 5])).map(values)).toEqual([[3], [6.5]])
  })

  it('tells −0 from 0', () => {
    const f = (x: Tensor) => [ops.clip(x, 0, 1), ops.clip(x, -0, 1), ops.elu(x, 0), ops.elu(x, -0)].map(ops.reciprocal)
    const x = tensor([-1, 2])
    expect(compile(f)(x).map(values)).toEqual(f(x).map(values))
  })

  it('returns results that stand for themselves', () => {
    const f = compile((x: Tensor) => {
      const y = ops.mul(x, 2)
      return { y, again: y, x, view: ops.reshape(y, [2, 1]) }
    })
    const x = tensor([1, 2])
    const { y, again, x: same, view } = f(x)
    y.dispose()
    same.dispose()
    expect([again, view, x].map(values)).toEqual([
      [2, 4],
      [2, 4],
      [1, 2],
    ])
  })

  it('takes what is empty', () => {
    const f = (x: Tensor) => [
      x,
      ops.reshape(x, [0, 2]),
      ops.sum(x),
      ops.matmul(ops.reshape(x, [0, 2]), zeros([2, 3])),
      ops.concat([x, x], 0),
    ]
    expect(compile(f)(zeros([0])).map(String)).toEqual(f(zeros([0])).map(String))
  })
})
