import type { AnyLayer } from '../nn/layer.js'

/** What a summary tells of a model, whose class lies a file above. */
export interface Summarized {
  readonly name: string
  readonly built: boolean
  readonly layers: readonly AnyLayer[]
  countParams(): { total: number; trainable: number; nonTrainable: number }
}

/** Keras' table: each layer's name and class, output shape and number of parameters, and their sums. */
export function summarize(model: Summarized): string {
  const head = ['Layer (type)', 'Output Shape', 'Param #']
  const rows = model.layers.map(cells)
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] as string).length)),
  )
  const rule = (left: string, line: string, cross: string, right: string): string =>
    left + widths.map((width) => line.repeat(width + 2)).join(cross) + right
  const row = (texts: readonly string[], bar: string): string => {
    const padded = texts.map((text, i) =>
      i === 2 ? text.padStart(widths[i] as number) : text.padEnd(widths[i] as number),
    )
    return `${bar} ${padded.join(` ${bar} `)} ${bar}`
  }
  return [
    `Model: "${model.name}"`,
    rule('┏', '━', '┳', '┓'),
    row(head, '┃'),
    rule('┡', '━', '╇', '┩'),
    ...rows.flatMap((texts, i) => [...(i === 0 ? [] : [rule('├', '─', '┼', '┤')]), row(texts, '│')]),
    rule('└', '─', '┴', '┘'),
    ...totals(model),
  ].join('\n')
}

function cells(layer: AnyLayer): string[] {
  const parameters = layer.weights.reduce((n, { size }) => n + size, 0)
  const shape = layer.built ? `(None, ${layer.outputShape.join(', ')})`.replace(', )', ')') : '?'
  return [`${layer.name} (${layer.className})`, shape, layer.built ? thousands(parameters) : '?']
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
