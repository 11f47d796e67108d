import type { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'

/** How much there may be in a text of JSON. */
export interface JsonBounds {
  /** Objects and arrays within each other. */
  readonly depth: number
  /** Values in all. */
  readonly values: number
}

/**
 * The value of a text of JSON, which is bounded before memory is spent on it; no object in it has a key twice.
 * @param fault the error for a text that `what` is wrong with
 */
export function parseJson(
  text: string,
  bounds: JsonBounds,
  fault: (what: string, cause?: unknown) => MyelinError,
): unknown {
  checkStructure(text, bounds, fault)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw fault('is no JSON', cause)
  }
}

/** Texts that are no JSON are left to the parser. */
function checkStructure(text: string, { depth, values: most }: JsonBounds, fault: (what: string) => MyelinError): void {
  const keys: Set<string>[] = []
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      if (keys.push(new Set()) > depth) throw fault('is nested too deep')
    } else if (character === '}' || character === ']') keys.pop()
    else if (character === ',' && ++values > most) throw fault('has too many values')
    else if (character === '"') {
      const begin = at
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
      let next = at + 1
      while (' \t\n\r'.includes(text[next] ?? '.')) next++
      if (text[next] === ':') addKey(keys.at(-1), text.slice(begin, at + 1), fault)
    }
  }
}

function addKey(keys: Set<string> | undefined, literal: string, fault: (what: string) => MyelinError): void {
  const key = literal.includes('\\') ? unescaped(literal) : literal.slice(1, -1)
  if (keys?.has(key)) throw fault(`has ${show(key)} twice`)
  keys?.add(key)
}

function unescaped(literal: string): string {
  try {
    return JSON.parse(literal)
  } catch {
    return literal
  }
}
