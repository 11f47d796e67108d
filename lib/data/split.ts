import { checkFlag, checkWhole, wrong } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { createFrom } from '../tensor/creation.js'
import { checkSeed } from '../tensor/random.js'
import { tidy } from '../tensor/scope.js'
import type { Tensor } from '../tensor/tensor.js'
import { type RandomSource, randomOrder, randomSource, shuffleInPlace } from './random-source.js'
import { isRecord, type TensorData, toSamples } from './source.js'
import { apportion, stratify } from './strata.js'

/** Inputs and targets of the same samples. */
export interface LabelledTensors {
  x: Tensor
  y: Tensor
}

export interface SplitOptions {
  /** Whether the samples are drawn at random. Default true; else the last ones, or the last of each class, are set apart. */
  shuffle?: boolean
  /** Fixes what is drawn. Default: the next of the global seed, see `setSeed`. */
  seed?: number
  /**
   * Whether each class has the same share in all parts: true if y are the labels, or the labels, one number a sample.
   * Default false.
   */
  stratify?: boolean | TensorData
}

export interface TrainTestSplitOptions extends SplitOptions {
  /** The part that is set apart: a share of the samples (rounded up) between 0 and 1, or their number from 1 on. Default 0.25. */
  testSize?: number
}

export interface KFoldOptions extends SplitOptions {
  /** The number of parts, from 2. Default 5. */
  folds?: number
}

/**
 * Sets some samples apart to test on. The dtypes stay what they are. The tensors are the caller's.
 * @param x the inputs [n, …]
 * @param y the targets [n, …]
 * @throws MyelinError ERR_ARGUMENT for options out of range, different numbers of samples, a part that would be empty, or a
 *   class with fewer than two samples to stratify; ERR_SHAPE
 */
export function trainTestSplit(
  x: TensorData,
  y: TensorData,
  options: TrainTestSplitOptions = {},
): { train: LabelledTensors; test: LabelledTensors } {
  const where = 'trainTestSplit'
  checkOptions(options, ['testSize', 'stratify', 'shuffle', 'seed'], where)
  const { testSize = 0.25 } = options
  return withPair(x, y, where, (pair) => {
    const n = pair.x.shape[0] as number
    const count = testCount(testSize, n)
    const groups = groupsOf(n, pair.y, options, 2, where)
    const counts = apportion(
      count,
      groups.map(({ length }) => length),
    )
    const [train, test] = [[], []] as [Int32Array[], Int32Array[]]
    for (const [i, group] of groups.entries()) {
      const begin = group.length - (counts[i] as number)
      train.push(group.subarray(0, begin))
      test.push(group.subarray(begin))
    }
    const random = randomOf(options, where)
    return { train: pick(pair, join(train, random)), test: pick(pair, join(test, random)) }
  })
}

/**
 * Cross-validation: parts the samples into folds, of sizes that differ by one at most, and holds each out in its turn. What is
 * held out is fixed when the function is called, so the result can be gone through again.
 * @param data { x, y }, for the data of each fold; or the number of samples n, for their numbers alone
 * @returns an iterable of { train, validation }, each { x, y }, or an int32 tensor [samples] for `gather`; made when it is asked
 *   for, and the caller's to dispose
 * @throws MyelinError ERR_ARGUMENT for options out of range, fewer samples than folds, in any class if stratified
 */
export function kFold(data: { x: TensorData; y: TensorData }, options?: KFoldOptions): Iterable<Fold<LabelledTensors>>
export function kFold(data: number, options?: KFoldOptions): Iterable<Fold<Tensor>>
export function kFold(
  data: number | { x: TensorData; y: TensorData },
  options: KFoldOptions = {},
): Iterable<Fold<Tensor | LabelledTensors>> {
  const where = 'kFold'
  checkOptions(options, ['folds', 'stratify', 'shuffle', 'seed'], where)
  const folds = checkWhole(where, 'folds', options.folds ?? 5, 2)
  if (typeof data === 'number') {
    if (checkWhole(where, 'the number of samples', data) > mostSamples)
      throw wrong(where, `the number of samples can be at most ${mostSamples}, got ${data}: rows are numbered by int32`)
    const parts = foldsOf(data, null, folds, options)
    return foldIterable(parts, indexTensor)
  }
  if (!isRecord(data)) throw wrong(where, `needs { x, y } or the number of samples, got ${show(data)}`)
  checkOptions(data, ['x', 'y'], where)
  const { x, y } = data
  const parts = withPair(x, y, where, (pair) => foldsOf(pair.x.shape[0] as number, pair.y, folds, options))
  return foldIterable(parts, (rows) => withPair(x, y, where, (pair) => pick(pair, rows)))
}

const mostSamples = 2 ** 31 - 1

/** One round of cross-validation. */
export interface Fold<T> {
  train: T
  validation: T
}

function foldIterable<T>(parts: readonly Int32Array[], make: (rows: Int32Array) => T): Iterable<Fold<T>> {
  return {
    *[Symbol.iterator]() {
      for (const held of parts)
        yield { train: make(join(parts.filter((part) => part !== held))), validation: make(held) }
    },
  }
}

/** The numbers of the samples of each fold. Classes are dealt out one after the other, so that the folds stay of one size. */
function foldsOf(n: number, y: Tensor | null, folds: number, options: KFoldOptions): Int32Array[] {
  if (n < folds) throw wrong('kFold', `${n} samples do not make ${folds} folds`)
  const dealt = join(groupsOf(n, y, options, folds, 'kFold'))
  if (options.stratify === undefined || options.stratify === false)
    return Array.from({ length: folds }, (_, i) =>
      dealt.subarray(Math.ceil((i * n) / folds), Math.ceil(((i + 1) * n) / folds)),
    )
  return Array.from({ length: folds }, (_, fold) => dealt.filter((_, i) => i % folds === fold))
}

/** The samples' numbers, in the order in which they are parted: all in one group, or a group a class. */
function groupsOf(
  n: number,
  y: Tensor | null,
  options: SplitOptions,
  least: number,
  where: string,
): readonly Int32Array[] {
  const { stratify: labels = false, shuffle = true } = options
  checkFlag(where, 'shuffle', shuffle)
  const random = randomOf(options, where)
  if (labels === false) return [random === null ? Int32Array.from({ length: n }, (_, i) => i) : randomOrder(n, random)]
  const strata = stratify(labels === true ? (y ?? refuseUnlabelled(where)) : labels, n, least, where)
  if (random !== null) for (const { members } of strata) shuffleInPlace(members, random)
  return strata.map(({ members }) => members)
}

function refuseUnlabelled(where: string): never {
  throw wrong(where, 'stratify: true needs { x, y }; with a number of samples give the labels')
}

function randomOf({ shuffle = true, seed }: SplitOptions, where: string): RandomSource | null {
  if (seed !== undefined) checkSeed(seed, where)
  return shuffle ? randomSource(seed) : null
}

function testCount(testSize: number, n: number): number {
  const where = 'trainTestSplit'
  if (!(typeof testSize === 'number' && testSize > 0 && (testSize < 1 || Number.isInteger(testSize))))
    throw wrong(where, `testSize must be a share between 0 and 1, or a whole number from 1; got ${show(testSize)}`)
  const count = testSize < 1 ? Math.ceil(testSize * n) : testSize
  if (count < n) return count
  throw wrong(where, `testSize ${testSize} of ${n} samples leaves nothing to train on`)
}

/** All rows one after the other, in random order if one is wanted. */
function join(parts: readonly Int32Array[], random: RandomSource | null = null): Int32Array {
  const rows = new Int32Array(parts.reduce((n, { length }) => n + length, 0))
  let at = 0
  for (const part of parts) {
    rows.set(part, at)
    at += part.length
  }
  if (random !== null) shuffleInPlace(rows, random)
  return rows
}

function pick({ x, y }: LabelledTensors, rows: Int32Array): LabelledTensors {
  return tidy(() => {
    const indices = indexTensor(rows)
    return { x: x.gather(indices), y: y.gather(indices) }
  })
}

const indexTensor = (rows: Int32Array): Tensor => createFrom(rows, [rows.length], 'int32')

/** Runs fn on x and y as tensors, and frees those that were made for it. */
function withPair<T>(x: TensorData, y: TensorData, where: string, fn: (pair: LabelledTensors) => T): T {
  const inputs = toSamples(x, where, 'x')
  try {
    const targets = toSamples(y, where, 'y')
    try {
      const [n, m] = [inputs.samples.shape[0], targets.samples.shape[0]]
      if (n !== m) throw wrong(where, `x has ${n} samples, y has ${m}`)
      if (n === 0) throw wrong(where, 'there are no samples')
      return fn({ x: inputs.samples, y: targets.samples })
    } finally {
      if (targets.owned) targets.samples.dispose()
    }
  } finally {
    if (inputs.owned) inputs.samples.dispose()
  }
}
