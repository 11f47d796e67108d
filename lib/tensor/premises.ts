import { ambient } from '../core/ambient.js'

/** Answers that a trace took for granted, such as which layers are frozen: a plan of it is good while they hold. */
export class Premises {
  private readonly answers = new Map<object, () => boolean>()

  /** Notes the answer of a thing; its last one counts. */
  note<T extends object, Answer>(thing: T, answer: Answer, ask: (thing: T) => Answer): void {
    this.answers.set(thing, () => ask(thing) === answer)
  }

  /** Whether all things would answer the same now. */
  get hold(): boolean {
    for (const holds of this.answers.values()) if (!holds()) return false
    return true
  }
}

/** Those of the trace under way; null where nobody keeps what is computed. */
export const premises = ambient<Premises | null>(null)
