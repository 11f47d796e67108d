import { createHash } from 'node:crypto'

const noHash = '0'.repeat(64)

/**
 * A file in which something is not as it was written.
 * @param other another file, of which pieces are taken
 * @returns the bytes, and in words what was done
 */
export function mutated(file, random, other) {
  const kinds = [none, flips, truncation, length, splice, header, header, header, description, description, description]
  const change = random.pick(kinds)
  try {
    const { bytes, text } = change(Buffer.from(file), random, other)
    return { file: bytes, how: { kind: change.name, text } }
  } catch (error) {
    // Not every file has what is to be changed.
    if (!(error instanceof Lacking)) throw error
    return { file: flips(Buffer.from(file), random).bytes, how: { kind: 'flips', text: 'some bits' } }
  }
}

class Lacking extends Error {}

const none = (bytes) => ({ bytes, text: 'as it was' })

function flips(bytes, random) {
  const places = random.some(7, () => random.below(8 * bytes.length))
  places.push(random.below(random.once(2) ? 64 : 8 * bytes.length))
  for (const place of places) bytes[place >> 3] ^= 1 << (place & 7)
  return { bytes, text: `bits ${places.join(' ')}` }
}

function truncation(bytes, random) {
  const end = random.once(3) ? random.below(16) : random.below(bytes.length)
  if (random.once(4)) return { bytes: Buffer.concat([bytes, bytes.subarray(0, end)]), text: `${end} bytes more` }
  return { bytes: bytes.subarray(0, end), text: `to ${end} bytes` }
}

function length(bytes, random) {
  const real = bytes.readBigUInt64LE()
  const near = real + BigInt(random.below(9)) - 4n
  const value = random.pick([
    near,
    near,
    0n,
    1n,
    BigInt(bytes.length),
    BigInt(bytes.length - 8),
    100_000_000n,
    2n ** 53n,
    2n ** 64n - 1n,
  ])
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value))
  return { bytes, text: `header of ${value} bytes` }
}

function splice(bytes, random, other) {
  const [from, to] = [random.below(bytes.length), random.below(other.length)]
  return {
    bytes: Buffer.concat([bytes.subarray(0, from), other.subarray(to)]),
    text: `${from} bytes, then those from ${to} of another`,
  }
}

/** Changes what the header says of tensors; the hash is right. */
function header(bytes, random) {
  const { json, data } = partsOf(bytes)
  const text = edit(json, random, (key) => key !== '__metadata__')
  return { bytes: together(json, data, random), text }
}

/** Changes what a file says of a model; the hash is right. */
function description(bytes, random) {
  const { json, data } = partsOf(bytes)
  if (json.__metadata__?.myelin === undefined) throw new Lacking()
  const told = JSON.parse(json.__metadata__.myelin)
  const text = edit(told, random)
  json.__metadata__.myelin = random.once(50) ? JSON.stringify(told).slice(random.below(50)) : JSON.stringify(told)
  return { bytes: together(json, data, random), text }
}

function partsOf(bytes) {
  const end = 8 + Number(bytes.readBigUInt64LE())
  return { json: JSON.parse(String(bytes.subarray(8, end))), data: bytes.subarray(end) }
}

function together(json, data, random) {
  if (json.__metadata__?.sha256 !== undefined) json.__metadata__.sha256 = noHash
  let text = JSON.stringify(json)
  if (random.once(20))
    text = text.replace(
      random.pick([',', ':', '"', '{', ']', 'F32']),
      random.pick(['', ',,', '[', '\\u0000', '"a":1,']),
    )
  const hash = createHash('sha256').update(text).update(data).digest('hex')
  const header = Buffer.from(text.replace(noHash, hash))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, data])
}

/** Replaces, takes away, adds or renames something in JSON; says what. */
function edit(json, random, open = () => true) {
  const places = []
  const visit = (holder, path) => {
    for (const key of Object.keys(holder)) {
      if (path === '' && !open(key)) continue
      places.push({ holder, key, path: `${path}/${key}` })
      if (typeof holder[key] === 'object' && holder[key] !== null) visit(holder[key], `${path}/${key}`)
    }
  }
  visit(json, '')
  const texts = []
  for (let edits = random.once(3) ? 3 : 1; edits > 0 && places.length > 0; edits--) {
    const { holder, key, path } = random.pick(places)
    const value = hostile(holder[key], random, () => {
      const one = random.pick(places)
      return structuredClone(one.holder[one.key])
    })
    if (random.once(8)) delete holder[key]
    else if (random.below(7) === 0)
      holder[random.pick(['x', '__proto__', 'constructor', '~number', 'shared', 'name', ''])] = value
    else holder[key] = value
    texts.push(`${path} = ${JSON.stringify(value)?.slice(0, 60)}`)
  }
  return texts.join(', ')
}

function hostile(value, random, another) {
  if (typeof value === 'number' && random.once(2))
    return random.pick([value + 1, value - 1, -value, value * 2, value + 0.5, value * 2 ** 20, value * 2 ** 40])
  return random.pick([
    ...[
      () => null,
      () => true,
      () => -1,
      () => 0,
      () => 1,
      () => 3,
      () => 1e308,
      () => 2 ** 53,
      () => 2 ** 31,
      () => 65_536,
      () => 0.5,
    ],
    ...[
      () => '',
      () => 'a',
      () => '__proto__',
      () => 'Dense',
      () => 'Sequential',
      () => 'relu',
      () => 'x'.repeat(10_000),
    ],
    ...[() => [], () => ({}), () => [[]], () => [2 ** 20, 2 ** 20], () => [3, 0], () => Array(1000).fill(1)],
    ...[
      () => ({ '~number': 'NaN' }),
      () => ({ '~number': '-Infinity' }),
      () => ({ '~number': 3 }),
      () => ({ shared: 's/a' }),
    ],
    ...[
      () => ({ name: 'heNormal' }),
      () => ({ className: 'Dense', config: { units: 5 } }),
      () => nested(random.pick([3, 150, 300])),
    ],
    ...[another, another, another, another],
  ])()
}

/** An array in an array, and so on. */
function nested(depth) {
  let value = []
  for (let i = 0; i < depth; i++) value = [value]
  return value
}
