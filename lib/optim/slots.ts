import { slice } from '../ops/index.js'
import { full } from '../tensor/creation.js'
import { Parameter } from '../tensor/parameter.js'
import { eagerly } from '../tensor/recorder.js'

/** An optimizer's state: by name (velocity, moving averages) a tensor for each parameter, made when it is first wanted. */
export class Slots {
  private readonly byName = new Map<string, Map<Parameter, Parameter>>()
  /** What each was filled with at first. */
  private readonly beginnings = new Map<Parameter, number>()

  of(name: string, parameters: readonly Parameter[], initial = 0): Parameter[] {
    const slots = this.byName.get(name) ?? new Map<Parameter, Parameter>()
    this.byName.set(name, slots)
    return parameters.map((parameter) => {
      const slot = slots.get(parameter) ?? newSlot(parameter, name, initial)
      slots.set(parameter, slot)
      this.beginnings.set(slot, initial)
      return slot
    })
  }

  /** Copies the state. What it returns brings it back, once. */
  remember(): () => void {
    const copies = new Map(this.all().map((slot) => [slot, eagerly(() => copyOf(slot))]))
    return () => {
      for (const slot of this.all()) {
        // State that began later goes back to its beginning; compiled steps hold on to it, so it is not dropped.
        const before = copies.get(slot) ?? eagerly(() => full(slot.shape, this.beginnings.get(slot) ?? 0))
        slot.assign(before)
        before.dispose()
      }
    }
  }

  clear(): void {
    for (const slot of this.all()) slot.dispose()
    this.byName.clear()
    this.beginnings.clear()
  }

  private all(): Parameter[] {
    return [...this.byName.values()].flatMap((slots) => [...slots.values()])
  }
}

/** A parameter, so that no scope at work frees it. */
const copyOf = (slot: Parameter): Parameter => new Parameter(slice(slot, []), { name: slot.name, trainable: false })

function newSlot({ name, shape }: Parameter, slot: string, initial: number): Parameter {
  const options = { name: `${name}/${slot}`, trainable: false }
  return eagerly(() => new Parameter(full(shape, initial), options))
}
