import type { Graph, Value } from './graph.js'
import { bytesOf, instructionsOf, type Storages } from './storage.js'

/** Where each intermediate value lies in the arena. */
export interface MemoryPlan {
  /** By root value, bytes from the start. */
  offsets: ReadonlyMap<Value, number>
  /** The size of the arena in bytes. */
  bytes: number
  /** The most bytes that are needed at any one time: no plan can do with less. */
  largestLiveSet: number
}

interface Interval {
  root: Value
  bytes: number
  /** The instructions that first writes and last reads it. */
  begin: number
  end: number
  offset: number
}

const alignment = 64

/**
 * Lays the intermediate values of a graph into one arena so that no two that live at the same time overlap: the largest first,
 * each at the lowest place that is free all its life ("greedy by size", Pisarchyk & Lee 2020).
 * @param fixed values that live outside the arena
 */
export function planMemory(graph: Graph, storages: Storages, fixed: ReadonlySet<Value>): MemoryPlan {
  const intervals = lifetimes(graph, storages, fixed)
  const placed: Interval[] = []
  for (const interval of [...intervals].sort((a, b) => b.bytes - a.bytes || a.begin - b.begin)) {
    interval.offset = lowestPlace(
      interval,
      placed.filter((other) => other.begin <= interval.end && interval.begin <= other.end),
    )
    placed.push(interval)
  }
  return {
    offsets: new Map(placed.map(({ root, offset }) => [root, offset])),
    bytes: placed.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes), 0),
    largestLiveSet: largestLiveSet(intervals),
  }
}

function lifetimes(graph: Graph, storages: Storages, fixed: ReadonlySet<Value>): Interval[] {
  const intervals = new Map<Value, Interval>()
  instructionsOf(graph).forEach(({ inputs, outputs }, at) => {
    for (const value of [...inputs, ...outputs]) {
      const root = storages.root(value)
      if (fixed.has(root)) continue
      const known = intervals.get(root)
      if (known !== undefined) known.end = at
      else intervals.set(root, { root, bytes: aligned(bytesOf(root)), begin: at, end: at, offset: 0 })
    }
  })
  return [...intervals.values()]
}

/** The lowest offset at which an interval does not touch its contemporaries. */
function lowestPlace({ bytes }: Interval, contemporaries: readonly Interval[]): number {
  let offset = 0
  for (const other of [...contemporaries].sort((a, b) => a.offset - b.offset)) {
    if (other.offset - offset >= bytes) break
    offset = Math.max(offset, other.offset + other.bytes)
  }
  return offset
}

function largestLiveSet(intervals: readonly Interval[]): number {
  const change = new Map<number, number>()
  const add = (at: number, bytes: number): void => {
    change.set(at, (change.get(at) ?? 0) + bytes)
  }
  for (const { begin, end, bytes } of intervals) {
    add(begin, bytes)
    add(end + 1, -bytes)
  }
  let live = 0
  let most = 0
  for (const [, bytes] of [...change].sort(([a], [b]) => a - b)) {
    live += bytes
    most = Math.max(most, live)
  }
  return most
}

const aligned = (bytes: number): number => Math.max(alignment, Math.ceil(bytes / alignment) * alignment)
