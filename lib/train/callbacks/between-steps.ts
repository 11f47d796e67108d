/** The models whose callbacks are at work. */
const paused = new WeakSet<object>()

/** Whether the model's run is in a hook, so that no step runs and its weights may be set. */
export const isBetweenSteps = (model: object): boolean => paused.has(model)

/** Calls a hook of a run of the model, while none of its steps runs. */
export async function betweenSteps(model: object, hook: () => void | Promise<void>): Promise<void> {
  paused.add(model)
  try {
    await hook()
  } finally {
    paused.delete(model)
  }
}
