import { full } from '../tensor/creation.js'
import { eagerly } from '../tensor/recorder.js'
import { Parameter } from '../tensor/tensor.js'

/** An optimizer's state: by name (velocity, moving averages) a tensor for each parameter, made when it is first wanted. */
export class Slots {
  private readonly byName = new Map<string, Map<Parameter, Parameter>>()

  of(name: string, parameters: readonly Parameter[], initial = 0): Parameter[] {
    const slots = this.byName.get(name) ?? new Map<Parameter, Parameter>()
    this.byName.set(name, slots)
    return parameters.map((parameter) => {
      const slot = slots.get(parameter) ?? newSlot(parameter, name, initial)
      slots.set(parameter, slot)
      return slot
    })
  }

  clear(): void {
    for (const slots of this.byName.values()) for (const slot of slots.values()) slot.dispose()
    this.byName.clear()
  }
}

function newSlot({ name, shape }: Parameter, slot: string, initial: number): Parameter {
  const options = { name: `${name}/${slot}`, trainable: false }
  return eagerly(() => new Parameter(full(shape, initial), options))
}
