import { describe, expect, it } from 'vitest'
import { partsOf, weightPartsOf } from '../../lib/data/parts.js'
import { tensor } from '../../lib/tensor/creation.js'

const [a, b] = [tensor([1]), tensor([2])]

describe('partsOf', () => {
  const data = (given: unknown, names: string[]): unknown[] => partsOf(given, names, 'fit', 'x').map(({ data }) => data)

  it('takes what a single one is given as it is, or by name', () => {
    for (const given of [a, [1, 2], [[1], [2]], new Float32Array(2)]) expect(data(given, ['x'])).toEqual([given])
    expect(data([a], ['x'])).toEqual([a])
    expect(data({ x: a }, ['x'])).toEqual([a])
    const shaped = { data: new Float32Array(2), shape: [2] }
    expect(data(shaped, ['x'])).toEqual([shaped])
  })

  it('takes several as a list, or by name in any order', () => {
    expect(data([a, b], ['p', 'q'])).toEqual([a, b])
    expect(data({ q: b, p: a }, ['p', 'q'])).toEqual([a, b])
    expect(data({ data: b, shape: a }, ['shape', 'data'])).toEqual([a, b])
    expect(partsOf([a, b], ['p', 'q'], 'fit', 'x').map(({ name }) => name)).toEqual(['x "p"', 'x "q"'])
  })

  it.each([
    [a, /got a Tensor/],
    [[a], /got a list of 1/],
    [undefined, /got undefined/],
    [{ p: a }, /no part "q"/],
    [{ p: a, q: b, r: b }, /part "r", which the model does not; it has "p", "q"/],
  ])('refuses %#', (given, message) => {
    expect(() => data(given, ['p', 'q'])).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) }),
    )
  })
})

describe('weightPartsOf', () => {
  const data = (given: unknown): unknown[] => weightPartsOf(given, ['p', 'q'], 'fit').map(({ data }) => data)

  it('lets one array serve all, and leaves out what is not named', () => {
    expect(data(undefined)).toEqual([undefined, undefined])
    expect(data(a)).toEqual([a, a])
    expect(data([1, 2, 3])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
    expect(data([a, null])).toEqual([a, undefined])
    expect(data({ q: b })).toEqual([undefined, b])
    expect(() => data({ r: b })).toThrow(/part "r"/)
    expect(() => data([a])).toThrow(/a list of 1/)
  })
})
