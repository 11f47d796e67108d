import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const lib = fileURLToPath(new URL('../../../lib', import.meta.url))

/** What classes keep to themselves, as their sources say it: class name → names of members that are private, protected or @internal. */
const hidden = new Map()
for (const file of readdirSync(lib, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.ts')) continue
  const source = readFileSync(`${lib}/${file}`, 'utf8')
  for (const [, name, body] of source.matchAll(/^export (?:abstract )?class (\w+)[^\n]*\{\n([\s\S]*?)^\}/gm))
    hidden.set(name, new Set([...(hidden.get(name) ?? []), ...hiddenIn(body)]))
}

function* hiddenIn(body) {
  for (const [, name] of body.matchAll(/(?:private|protected) (?:\w+ )*?(\w+)[(:<?]/g)) yield name
  for (const [, name] of body.matchAll(/@internal(?:(?!\*\/)[\s\S])*\*\/\n\s+(?:\w+ )*?(\w+)[(:<?]/g)) yield name
}

/** Whether a class says that a member is not for its users. */
export const isHidden = (className, member) => hidden.get(className)?.has(member) === true

/** The names of the public methods and accessors of an object, its class's and those of the classes behind that. */
export function membersOf(object) {
  const found = new Set()
  const secret = new Set(['constructor'])
  for (
    let at = object;
    at !== null && at !== Object.prototype && at !== Function.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of hidden.get(at.constructor?.name) ?? []) secret.add(name)
    for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' || get !== undefined) found.add(name)
  }
  return [...found].filter((name) => !secret.has(name))
}
