import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { ones, tensor, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import { assignAll, checkTensors, copiesOf, State, type StateParts } from '../../lib/tensor/state.js'
import { failure } from '../helpers/failure.js'

describe('a state', () => {
  it('is tensors and values by path, made of those of parts', () => {
    const [kernel, bias] = [ones([2]), zeros([1])]
    const dense = new State({ kernel, bias, draws: 3 })
    const whole = new State({
      encoder: new State({ dense }),
      best: Number.POSITIVE_INFINITY,
      history: { loss: [1, 2] },
    })
    expect([...whole.tensors]).toEqual([
      ['encoder/dense/kernel', kernel],
      ['encoder/dense/bias', bias],
    ])
    expect([...whole.values.keys()]).toEqual(['encoder/dense/draws', 'best', 'history'])
    expect(whole.value('best')).toBe(Number.POSITIVE_INFINITY)
    expect(whole.part('encoder').part('dense')).toEqual(dense)
    expect(whole.part('enc')).toEqual(new State())
  })

  it('has a path for each part, whatever the parts are called', () => {
    const names = ['a/b', 'a~1b', 'a', '', '~', '~0', '__proto__', 'constructor']
    const parts = new Map(
      names.map((name, i) => [
        name,
        new State(
          new Map([
            ['b', i],
            ['', -i],
            ['/', i + 100],
          ]),
        ),
      ]),
    )
    const state = new State(parts)
    expect(state.values.size).toBe(3 * names.length)
    for (const [name, part] of parts) expect(state.part(name)).toEqual(part)
  })

  it('has copies of its own, which outlive scopes, and the same memory the second time', () => {
    const weight = new Parameter(tensor([1, 2]), { trainable: false })
    const live = new State({ weight, epoch: 1 })
    const copy = tidy(() => live.copy())
    weight.assign(tensor([3, 4]))
    const first = copy.tensors.get('weight')
    expect(first?.toArray()).toEqual([1, 2])
    const again = new State({ weight, epoch: 2 }).copy(copy)
    expect(again.tensors.get('weight')).toBe(first)
    expect([again.value('epoch'), first?.toArray()]).toEqual([2, [3, 4]])
    const other = new State({ weight: ones([3]) }).copy(again)
    expect(other.tensors.get('weight')).not.toBe(first)
    again.dispose()
    expect(first?.disposed).toBe(true)
  })

  it('is assigned to what it was taken of', () => {
    const weight = new Parameter(tensor([1, 2], undefined, { dtype: 'int32' }), { trainable: false })
    const copy = new State({ weight }).copy()
    weight.assign(tensor([3, 4], undefined, { dtype: 'int32' }))
    const { version } = weight
    assignAll(new Map([['weight', weight]]), copy.tensors)
    expect([weight.toArray(), weight.version]).toEqual([[1, 2], version + 1])
  })

  it('of a tensor that was disposed is refused, and leaves nothing behind', () => {
    const gone = ones([2])
    gone.dispose()
    expect(failure(() => new State({ a: ones([1]), gone }).copy())).toMatchObject({ code: 'ERR_DISPOSED' })
    expect(() => copiesOf([])).not.toThrow()
  })

  it.each([
    ['no record', 5],
    ['a symbol', { a: Symbol('a') }],
    ['undefined', { a: undefined }],
    ['an object with a class', { a: new Date() }],
    ['a list with a hole', { a: new Array(2) }],
  ])('is not made of %s', (_, parts) => {
    expect(failure(() => new State(parts as unknown as StateParts))).toMatchObject({ code: 'ERR_ARGUMENT' })
  })

  it('is not made of data that holds itself', () => {
    const loop: unknown[] = []
    loop.push(loop)
    expect(failure(() => new State({ loop } as unknown as StateParts))).toMatchObject({ code: 'ERR_ARGUMENT' })
  })
})

describe('a state of something else is refused by path', () => {
  const own = new Map([
    ['dense/kernel', ones([3, 4])],
    ['dense/bias', ones([4])],
  ])
  it.each([
    [
      new State({ dense: new State({ kernel: ones([3, 4]), beta: ones([4]) }) }),
      'ERR_ARGUMENT',
      '[restore] the state is not that of a layer: it lacks dense/bias, and it has dense/beta, which is not there',
    ],
    [
      new State({ dense: new State({ kernel: ones([4, 3]), bias: ones([4]) }) }),
      'ERR_SHAPE',
      '[restore] dense/kernel of a layer is [3, 4], in the state [4, 3]',
    ],
    [
      new State({ dense: new State({ kernel: ones([3, 4]), bias: ones([4], { dtype: 'int32' }) }) }),
      'ERR_DTYPE',
      '[restore] dense/bias of a layer is float32, in the state int32',
    ],
  ])('%#', (given, code, message) => {
    expect(failure(() => checkTensors(own, given.tensors, 'restore', 'a layer'))).toMatchObject({ code, message })
  })
})
