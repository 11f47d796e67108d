import { wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { isPlainObject } from '../core/kinds.js'
import { own } from '../core/records.js'
import { show } from '../core/show.js'
import { full } from '../tensor/creation.js'
import { Parameter } from '../tensor/parameter.js'
import { eagerly } from '../tensor/recorder.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import { assignEach, State } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'

/** Parameters by path, by which their slots are known in a state. */
export type ParameterPaths = ReadonlyMap<string, Parameter>

/** An optimizer's state: by name (velocity, moving averages) a tensor for each parameter, made when it is first wanted. */
export class Slots {
  private readonly byName = new Map<string, Map<Parameter, Parameter>>()
  /** By name, what they were filled with at first. */
  private readonly beginnings = new Map<string, number>()
  /** In the order in which they were first seen. */
  private readonly parameters = new Set<Parameter>()

  of(name: string, parameters: readonly Parameter[], initial = 0): Parameter[] {
    const slots = this.byName.get(name) ?? new Map<Parameter, Parameter>()
    this.byName.set(name, slots)
    this.beginnings.set(name, initial)
    return parameters.map((parameter) => {
      const slot = slots.get(parameter) ?? newSlot(parameter, name, initial)
      slots.set(parameter, slot)
      this.parameters.add(parameter)
      return slot
    })
  }

  /** By name, what slots are filled with at first. */
  get initial(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.beginnings)
  }

  /** The parameters that have slots, by number. */
  get numbered(): ParameterPaths {
    return new Map([...this.parameters].map((parameter, i) => [String(i), parameter]))
  }

  /**
   * The slots by name and the parameter's path, not copied.
   * @throws MyelinError ERR_ARGUMENT if there is a slot of another parameter
   */
  held(paths: ParameterPaths, where: string): State {
    const pathOf = new Map([...paths].map(([path, parameter]) => [parameter, path]))
    const tensors = new Map<string, Tensor>()
    for (const [name, slots] of this.byName)
      for (const [parameter, slot] of slots) {
        const path = pathOf.get(parameter)
        if (path === undefined)
          throw wrong(
            where,
            `it has state of ${show(parameter.name)}, which is not among the parameters that were given`,
          )
        tensors.set(`${name}/${path}`, slot)
      }
    return State.ofPaths(tensors)
  }

  /**
   * Checks what {@link held} and {@link initial} gave, and makes the slots that are not there yet. What is returned brings the elements back. State that
   * began later goes back to its beginning: compiled steps hold on to it, so it is not dropped.
   */
  restoring(state: State, initial: unknown, paths: ParameterPaths, where: string): () => void {
    if (!isPlainObject(initial))
      throw wrong(where, `the state does not say what slots begin with, but ${show(initial)}`)
    const found: { name: string; parameter: Parameter; value: Tensor }[] = []
    for (const [path, value] of state.tensors) {
      value.check(where)
      const at = path.indexOf('/')
      const name = path.slice(0, at)
      const parameter = paths.get(path.slice(at + 1))
      if (parameter === undefined)
        throw wrong(where, `the state has ${path}, and there is no such parameter among those that were given`)
      if (!sameShape(parameter.shape, value.shape) || value.dtype !== 'float32')
        throw new MyelinError(
          'ERR_SHAPE',
          `[${where}] ${path} in the state is ${value.dtype} ${formatShape(value.shape)}, the parameter is ` +
            `${parameter.dtype} ${formatShape(parameter.shape)}`,
        )
      if (typeof own(initial, name) !== 'number') throw wrong(where, `the state does not say what ${name} begins with`)
      found.push({ name, parameter, value })
    }
    const slots = found.map(({ name, parameter }) => this.of(name, [parameter], own(initial, name) as number)[0])
    return () => {
      assignEach(
        slots as Parameter[],
        found.map(({ value }) => value),
      )
      for (const [name, all] of this.byName)
        for (const slot of all.values()) if (!slots.includes(slot)) this.beginAnew(slot, name)
    }
  }

  private beginAnew(slot: Parameter, name: string): void {
    const beginning = eagerly(() => full(slot.shape, this.beginnings.get(name) ?? 0))
    slot.assign(beginning)
    beginning.dispose()
  }

  clear(): void {
    for (const slots of this.byName.values()) for (const slot of slots.values()) slot.dispose()
    this.byName.clear()
    this.beginnings.clear()
    this.parameters.clear()
  }
}

function newSlot({ name, shape }: Parameter, slot: string, initial: number): Parameter {
  const options = { name: `${name}/${slot}`, trainable: false }
  return eagerly(() => new Parameter(full(shape, initial), options))
}
