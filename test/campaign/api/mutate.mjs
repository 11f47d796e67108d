import { toss } from './values.mjs'

/**
 * Arguments with something wrong about them, or as they are.
 * @param args right ones, which are not changed themselves
 * @returns the arguments, and what was done, in words
 */
export function mutate(args, hostile, random) {
  const change = random.pick(changes)
  const changed = [...args]
  return { args: changed, done: change(changed, hostile, random) }
}

const changes = [
  () => 'as they are',
  replaceOne,
  replaceOne,
  replacePart,
  replacePart,
  replacePart,
  (args, hostile) => {
    const { label, value } = hostile()
    args.push(value)
    return `and also ${label}`
  },
  (args) => {
    args.pop()
    return 'without the last'
  },
  (args, hostile, random) => {
    const given = random.some(4, hostile)
    args.splice(0, args.length, ...given.map(({ value }) => value))
    return given.map(({ label }) => label).join(', ')
  },
  (args, _, random) => {
    const at = chosenPart(args, random)
    if (at === null) return 'as they are'
    Object.defineProperty(at.holder, at.key, { get: toss, enumerable: true, configurable: true })
    return `${at.path} a getter that throws`
  },
  (args, _, random) => {
    const at = chosenPart(args, random)
    if (at === null) return 'as they are'
    const value = at.holder[at.key]
    const get = () => {
      for (const tensor of tensorsOf(args)) tensor.dispose()
      return value
    }
    Object.defineProperty(at.holder, at.key, { get, enumerable: true, configurable: true })
    return `${at.path} a getter that disposes of the tensors`
  },
  (args) => {
    for (const tensor of tensorsOf(args)) tensor.dispose()
    return 'with their tensors disposed'
  },
  (args, _, random) => {
    const i = random.below(args.length)
    if (typeof args[i] !== 'object' || args[i] === null) return 'as they are'
    args[i] = new Proxy(args[i], {})
    return `argument ${i} a proxy`
  },
]

function replaceOne(args, hostile, random) {
  const { label, value } = hostile()
  const i = random.below(Math.max(1, args.length))
  args[i] = value
  return `argument ${i} ${label}`
}

function replacePart(args, hostile, random) {
  const at = chosenPart(args, random)
  if (at === null) return replaceOne(args, hostile, random)
  const { label, value } = hostile()
  at.holder[at.key] = value
  return `${at.path} ${label}`
}

/** A place in an array or options among the arguments, which are copied on the way; null where there is none. */
function chosenPart(args, random) {
  const places = args.flatMap((arg, i) => (isOpen(arg) ? [i] : []))
  if (places.length === 0) return null
  const i = random.pick(places)
  let holder = Array.isArray(args[i]) ? [...args[i]] : { ...args[i] }
  args[i] = holder
  let path = `argument ${i}`
  for (;;) {
    const keys = Array.isArray(holder) ? [...holder.keys()] : [...Object.keys(holder), 'unheardOf']
    const key = random.pick(keys.length > 0 ? keys : [0])
    path += `[${JSON.stringify(key)}]`
    const inner = holder[key]
    if (!isOpen(inner) || random.once(2)) return { holder, key, path }
    holder[key] = Array.isArray(inner) ? [...inner] : { ...inner }
    holder = holder[key]
  }
}

/** Whether it is an array or a plain object. */
function isOpen(value) {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) ? value.length < 100 : Object.getPrototypeOf(value) === Object.prototype
}

/** The tensors among values, in arrays and plain objects too; nothing throws when it is looked at. */
export function tensorsOf(value, depth = 0) {
  if (typeof value !== 'object' || value === null || depth > 3) return []
  if (ArrayBuffer.isView(value)) return []
  try {
    if (Array.isArray(value) && value.length >= 100) return []
    const parts = Object.getOwnPropertyDescriptors(value)
    if (typeof parts.rawHandle?.value === 'number') return typeof value.dispose === 'function' ? [value] : []
    return isOpen(value) ? Object.values(parts).flatMap((part) => tensorsOf(part.value, depth + 1)) : []
  } catch {
    return []
  }
}
