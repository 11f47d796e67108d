import type { AnyLayer } from '../nn/layer.js'

/** A model as a summary sees it, whose class lies a file above. */
interface Summarized {
  readonly name: string
  readonly built: boolean
  readonly layers: readonly AnyLayer[]
  /** The names of what each layer is applied to; absent where each follows on the one before. */
  readonly connections?: ReadonlyMap<AnyLayer, readonly string[]>
  countParams(): { total: number; trainable: number; nonTrainable: number }
}

/** The most that a line of the table takes. */
const widest = 100
const numbers = 2

/**
 * Keras' table: each layer's name and class, output shape and number of parameters, in a graph also what it is connected to; and
 * the sums. A model within is one row. No line is wider than 100 columns.
 */
export function summarize(model: Summarized): string {
  const { connections } = model
  const head = ['Layer (type)', 'Output Shape', 'Param #', ...(connections === undefined ? [] : ['Connected to'])]
  const rows = model.layers.map((layer) => [
    ...cells(layer),
    ...(connections === undefined ? [] : [connections.get(layer)?.join(', ') ?? '-']),
  ])
  const widths = narrow(head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length))))
  const rule = (left: string, line: string, cross: string, right: string): string =>
    left + widths.map((width) => line.repeat(width + 2)).join(cross) + right
  const line = (texts: readonly string[], bar: string): string => {
    const padded = widths.map((width, i) => {
      const text = texts[i] ?? ''
      return i === numbers ? text.padStart(width) : text.padEnd(width)
    })
    return `${bar} ${padded.join(` ${bar} `)} ${bar}`
  }
  const lines = (row: readonly string[]): string[] => {
    const wrapped = row.map((text, i) => wrap(text, widths[i] as number))
    const height = Math.max(...wrapped.map(({ length }) => length))
    return Array.from({ length: height }, (_, k) =>
      line(
        wrapped.map((cell) => cell[k] ?? ''),
        '│',
      ),
    )
  }
  return [
    `Model: "${model.name}"`,
    rule('┏', '━', '┳', '┓'),
    line(head, '┃'),
    rule('┡', '━', '╇', '┩'),
    ...rows.flatMap((row, i) => [...(i === 0 ? [] : [rule('├', '─', '┼', '┤')]), ...lines(row)]),
    rule('└', '─', '┴', '┘'),
    ...totals(model),
  ].join('\n')
}

function cells(layer: AnyLayer): string[] {
  const parameters = layer.weights.reduce((n, { size }) => n + size, 0)
  const shapes = layer.outputShapes.map((shape) => `(None, ${shape.join(', ')})`.replace(', )', ')'))
  return [
    `${layer.name} (${layer.className})`,
    layer.built ? shapes.join(', ') : '?',
    layer.built ? thousands(parameters) : '?',
  ]
}

/** Takes from the widest columns of text what is too much for a line. */
function narrow(widths: readonly number[]): number[] {
  const result = [...widths]
  const room = widest - 3 * widths.length - 1
  let excess = result.reduce((a, b) => a + b, -room)
  for (; excess > 0; excess--) {
    const texts = result.filter((_, i) => i !== numbers)
    const largest = result.findIndex((width, i) => i !== numbers && width === Math.max(...texts))
    result[largest] = (result[largest] as number) - 1
  }
  return result
}

/** Lines of at most so many letters, broken behind a space where there is one. */
function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text]
  const space = text.lastIndexOf(' ', width)
  const end = space > 0 ? space : width
  return [text.slice(0, end), ...wrap(text.slice(end).trimStart(), width)]
}

function totals(model: Summarized): string[] {
  if (!model.built) return [' Not built yet: the input shape is unknown.']
  const { total, trainable, nonTrainable } = model.countParams()
  return [
    ` Total params: ${thousands(total)} (${size(total)})`,
    ` Trainable params: ${thousands(trainable)} (${size(trainable)})`,
    ` Non-trainable params: ${thousands(nonTrainable)} (${size(nonTrainable)})`,
  ]
}

const thousands = (n: number): string => n.toLocaleString('en-US')

/** The memory of n float32 numbers. */
function size(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let amount = n * 4
  let unit = 0
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  return `${unit === 0 ? amount.toFixed(0) : amount.toFixed(2)} ${units[unit]}`
}
