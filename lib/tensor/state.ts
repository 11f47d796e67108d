import { wrong } from '../core/check.js'
import { ofThisCopy } from '../core/copies.js'
import { MyelinError } from '../core/error.js'
import { isPlainObject } from '../core/kinds.js'
import { inWords, listed, show } from '../core/show.js'
import { native, nativeError } from '../native/binding.js'
import { empty } from './creation.js'
import { Parameter } from './parameter.js'
import { track } from './scope.js'
import { formatShape, type Shape, sameShape } from './shape.js'
import { Tensor } from './tensor.js'

/**
 * A part of a state that is no tensor. Numbers may be infinite or NaN. Functions, such as a schedule, stand for themselves; one that has
 * a `getConfig` can be written down by it.
 */
export type StateValue =
  | null
  | boolean
  | number
  | string
  | ((...given: never[]) => unknown)
  | readonly StateValue[]
  | { readonly [name: string]: StateValue }

/** Parts of a state by name: tensors, plain values, and states of parts of the whole. */
export type StateParts = Readonly<Record<string, Tensor | State | StateValue>>

/** Something that can be brought back to what it was. */
export interface Stateful {
  /** Copies of all that changes. Whoever asked owns them, and frees them by `dispose`. */
  state(): State
  /**
   * Brings a state back. All of it is checked before anything is changed; the copies stay the caller's.
   * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE if it is not the state of an equal thing, naming paths and shapes
   */
  restore(state: State): void
}

/**
 * A thing as it is at a moment: tensors and plain values by path, such as `encoder/dense/kernel`. A path is made of the names from the
 * whole to the part; in each `~` is written `~0` and `/` is written `~1` (RFC 6901), so that different parts never have the same path.
 */
export class State {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly values: ReadonlyMap<string, StateValue>

  /**
   * A state of parts; that of a part goes under the part's name. Nothing is copied.
   * @throws MyelinError ERR_ARGUMENT for what is no tensor, state or plain value
   */
  constructor(parts: StateParts | ReadonlyMap<string, Tensor | State | StateValue> = {}) {
    const tensors = new Map<string, Tensor>()
    const values = new Map<string, StateValue>()
    if (!(parts instanceof Map) && !isPlainObject(parts))
      throw wrong('State', `takes parts by name, { name: tensor, state or value }, got ${show(parts)}`)
    for (const [name, part] of parts instanceof Map ? parts : Object.entries(parts as StateParts)) {
      const step = escaped(name)
      if (part instanceof State) {
        for (const [path, tensor] of part.tensors) tensors.set(`${step}/${path}`, tensor)
        for (const [path, value] of part.values) values.set(`${step}/${path}`, value)
      } else if (part instanceof Tensor) tensors.set(step, part)
      else if (isValue(part)) values.set(step, part)
      else throw wrong('State', `${show(name)} must be a tensor, a state or plain data, got ${show(part)}`)
    }
    this.tensors = tensors
    this.values = values
  }

  /** A state of paths as they are. @internal */
  static ofPaths(tensors: ReadonlyMap<string, Tensor>, values: ReadonlyMap<string, StateValue> = new Map()): State {
    return Object.assign(new State(), { tensors, values })
  }

  /** A state of parts that have no names, by their number. @internal */
  static inOrder(parts: readonly State[]): State {
    return new State(new Map(parts.map((part, i) => [String(i), part])))
  }

  /** The states that {@link inOrder} took. @throws MyelinError ERR_ARGUMENT if there are more parts than so many @internal */
  ordered(n: number, where: string): State[] {
    const strange = this.names.find((name) => !(Number(name) < n))
    if (strange !== undefined) throw wrong(where, `the state has a part ${show(strange)}, where there are ${n}`)
    return Array.from({ length: n }, (_, i) => this.part(String(i)))
  }

  /** The state of the part with this name, as it went in; an empty one if there is none. Nothing is copied. */
  part(name: string): State {
    const prefix = `${escaped(name)}/`
    const within = <T>(entries: ReadonlyMap<string, T>): Map<string, T> =>
      new Map([...entries].flatMap(([path, x]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), x]] : [])))
    return State.ofPaths(within(this.tensors), within(this.values))
  }

  /** The names of the parts, tensors and values. */
  get names(): string[] {
    const steps = [...this.tensors.keys(), ...this.values.keys()].map((path) => path.split('/', 1)[0] as string)
    return [...new Set(steps)].map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  }

  /** The value with this name; undefined if there is none. */
  value(name: string): StateValue | undefined {
    return this.values.get(escaped(name))
  }

  /**
   * This state with copies of the tensors, all as they are between the same two steps of whatever trains them meanwhile. They outlive
   * every scope.
   * @param into a copy of an earlier time: its tensors are written over, where paths and shapes are the same
   * @throws MyelinError ERR_DISPOSED, ERR_MEMORY; `into` is as it was then
   */
  copy(into?: State): State {
    const again = into !== undefined && isEmpty(differences(this.tensors, into.tensors))
    if (!again) {
      const made = copiesOf([...this.tensors.values()])
      for (const tensor of made) track(tensor, null)
      return State.ofPaths(new Map([...this.tensors.keys()].map((path, i) => [path, made[i] as Tensor])), this.values)
    }
    assignAll(into.tensors, this.tensors)
    return State.ofPaths(into.tensors, this.values)
  }

  /** Frees the tensors. */
  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose()
  }

  /** @internal */
  [inWords](): string {
    return `a State of ${this.tensors.size} tensors and ${this.values.size} values`
  }
}

ofThisCopy(State)

/** Copies of tensors, all as they are between the same two steps of whatever trains them meanwhile. */
export function copiesOf(tensors: readonly Tensor[]): Tensor[] {
  const made: Tensor[] = []
  try {
    for (const { shape, dtype } of tensors) made.push(empty(shape, dtype))
    assignHandles(made, tensors)
    return made
  } catch (error) {
    for (const tensor of made) tensor.dispose()
    throw error
  }
}

/** Assigns to tensors the elements of those with the same paths, all between the same two steps. Shapes and dtypes must agree. */
export function assignAll(to: ReadonlyMap<string, Tensor>, from: ReadonlyMap<string, Tensor>): void {
  const paths = [...to.keys()].filter((path) => from.has(path))
  const tensorsAt = (of: ReadonlyMap<string, Tensor>): Tensor[] => paths.flatMap((path) => of.get(path) ?? [])
  assignHandles(tensorsAt(to), tensorsAt(from))
}

/** Assigns the elements of tensors to others of the same shapes and dtypes, all between the same two steps. */
export function assignEach(to: readonly Parameter[], from: readonly Tensor[]): void {
  assignHandles(to, from)
}

function assignHandles(to: readonly Tensor[], from: readonly Tensor[]): void {
  const handles = (tensors: readonly Tensor[]): Float64Array =>
    Float64Array.from(tensors, (tensor) => {
      tensor.check('state')
      return tensor.rawHandle
    })
  try {
    native.assignAll(handles(to), handles(from))
  } catch (error) {
    throw nativeError(error, 'state')
  }
  for (const tensor of to) if (tensor instanceof Parameter) tensor.version++
}

/** In what the tensors of a state are not those of a thing, by path. */
export interface Differences {
  /** Those that the state lacks. */
  missing: string[]
  /** Those that the thing lacks. */
  unexpected: string[]
  /** Those of another shape or dtype. */
  mismatched: string[]
}

/** A tensor's shape and dtype, which may be none of ours. */
interface Kind {
  readonly shape: Shape
  readonly dtype: unknown
}

export function differences(own: ReadonlyMap<string, Kind>, given: ReadonlyMap<string, Kind>): Differences {
  const paths = [...own.keys()]
  const fits = (path: string): boolean => {
    const [a, b] = [own.get(path), given.get(path)]
    return a === undefined || b === undefined || (a.dtype === b.dtype && sameShape(a.shape, b.shape))
  }
  return {
    missing: paths.filter((path) => !given.has(path)),
    unexpected: [...given.keys()].filter((path) => !own.has(path)),
    mismatched: paths.filter((path) => !fits(path)),
  }
}

const isEmpty = ({ missing, unexpected, mismatched }: Differences): boolean =>
  missing.length + unexpected.length + mismatched.length === 0

/**
 * Refuses a state whose tensors are not those of a thing.
 * @param where what the message begins with
 * @param what the thing, in words
 * @throws MyelinError ERR_ARGUMENT for paths that are missing or too many, ERR_SHAPE, ERR_DTYPE, ERR_DISPOSED
 */
export function checkTensors(
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
  where: string,
  what: string,
): void {
  for (const tensor of given.values()) tensor.check(where)
  const { missing, unexpected, mismatched } = differences(own, given)
  if (missing.length + unexpected.length > 0)
    throw wrong(
      where,
      `the state is not that of ${what}:` +
        (missing.length > 0 ? ` it lacks ${listed(missing, most)}` : '') +
        (missing.length > 0 && unexpected.length > 0 ? ', and' : '') +
        (unexpected.length > 0 ? ` it has ${listed(unexpected, most)}, which is not there` : ''),
    )
  const [path] = mismatched
  if (path === undefined) return
  const [mine, its] = [own.get(path), given.get(path)] as [Tensor, Tensor]
  const sameKind = mine.dtype === its.dtype
  throw new MyelinError(
    sameKind ? 'ERR_SHAPE' : 'ERR_DTYPE',
    `[${where}] ${path} of ${what} is ${sameKind ? formatShape(mine.shape) : mine.dtype}, in the state ` +
      `${sameKind ? formatShape(its.shape) : its.dtype}${mismatched.length > 1 ? `; ${mismatched.length - 1} more differ` : ''}`,
  )
}

/** A state that a user gave. @throws MyelinError ERR_ARGUMENT for anything else */
export function checkState(state: unknown, where: string): State {
  if (state instanceof State) return state
  throw wrong(where, `takes a State, as state() gives it, got ${show(state)}`)
}

/** How many paths a message names. */
const most = 8

/** The path of a part within a path; '' is the whole. */
export const pathOf = (within: string, name: string): string =>
  within === '' ? escaped(name) : `${within}/${escaped(name)}`

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** Whether it is plain data. Data that holds itself, or is nested like that, is not. */
function isValue(value: unknown, depth = 0): value is StateValue {
  if (value === null || ['boolean', 'number', 'string', 'function'].includes(typeof value)) return true
  if (depth > 32) return false
  if (Array.isArray(value)) return Array.from(value).every((entry) => isValue(entry, depth + 1))
  return isPlainObject(value) && Object.values(value).every((entry) => isValue(entry, depth + 1))
}
