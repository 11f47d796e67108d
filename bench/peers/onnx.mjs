// The network of the infer case as an ONNX file: a few protocol buffer messages, written by hand.

/**
 * Batch normalization, dense and ELU over and over; softmax at the end. Operator set 13.
 * @param weights for each size: gamma, beta, mean, variance, kernel [in, out], bias
 */
export function network(weights, sizes) {
  let read = 0
  const take = (...dims) => {
    const count = dims.reduce((a, b) => a * b)
    read += count
    return { dims, data: weights.subarray(read - count, read) }
  }
  const initializers = []
  const nodes = []
  let value = 'x'
  const node = (op, parameters, attributes = []) => {
    const names = parameters.map((parameter) => {
      initializers.push(tensor(`w${initializers.length}`, parameter))
      return `w${initializers.length - 1}`
    })
    const output = nodes.length === 3 * (sizes.length - 1) - 1 ? 'y' : `h${nodes.length}`
    nodes.push(
      message(
        ...[value, ...names].map((name) => text(1, name)),
        text(2, output),
        text(4, op),
        ...attributes.map((attribute) => bytes(5, attribute)),
      ),
    )
    value = output
  }
  for (let i = 0; i + 1 < sizes.length; i++) {
    const [fanIn, fanOut] = [sizes[i], sizes[i + 1]]
    node('BatchNormalization', [take(fanIn), take(fanIn), take(fanIn), take(fanIn)], [float('epsilon', 1e-3)])
    node('Gemm', [take(fanIn, fanOut), take(fanOut)])
    node(i + 2 < sizes.length ? 'Elu' : 'Softmax', [])
  }
  const graph = message(
    ...nodes.map((item) => bytes(1, item)),
    text(2, 'network'),
    ...initializers.map((item) => bytes(5, item)),
    bytes(11, valueInfo('x', sizes[0])),
    bytes(12, valueInfo('y', sizes.at(-1))),
  )
  return message(varintField(1, 8), bytes(7, graph), bytes(8, message(text(1, ''), varintField(2, 13))))
}

const float32 = 1
const attributeFloat = 1

function tensor(name, { dims, data }) {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return message(...dims.map((n) => varintField(1, n)), varintField(2, float32), text(8, name), bytes(9, raw))
}

function float(name, number) {
  return message(
    text(1, name),
    key(2, 5),
    new Uint8Array(Float32Array.of(number).buffer),
    varintField(20, attributeFloat),
  )
}

/** A matrix of any number of rows. */
function valueInfo(name, columns) {
  const dims = [message(text(2, 'n')), message(varintField(1, columns))]
  const shape = message(...dims.map((dim) => bytes(1, dim)))
  return message(text(1, name), bytes(2, message(bytes(1, message(varintField(1, float32), bytes(2, shape))))))
}

const message = (...parts) => Buffer.concat(parts)
const key = (field, type) => varint(field * 8 + type)
const varintField = (field, value) => message(key(field, 0), varint(value))
const bytes = (field, content) => message(key(field, 2), varint(content.length), content)
const text = (field, content) => bytes(field, Buffer.from(content))

function varint(value) {
  const out = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128)
  return Uint8Array.from([...out, rest])
}
