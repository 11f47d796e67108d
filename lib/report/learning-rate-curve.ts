import type { CurvePoint } from '../train/callbacks/learning-rate-curve.js'

/**
 * A loss over learning rates as an SVG document: logarithmic rates to the right, one label a decade; the smoothed loss a line, those of
 * the batches dots as far as they lie within its range.
 * @param points at least one
 * @param marked a rate to mark, or null
 */
export function drawCurve(points: readonly CurvePoint[], marked: number | null): string {
  const decades = points.map(({ learningRate }) => Math.log10(learningRate))
  const [x, y] = [scale(decades, left, width - right), lossScale(points)]
  const line = points.map(({ loss }, i) => `${place(x.at(decades[i] as number))},${place(y.at(loss))}`).join(' ')
  const parts = [
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...decadeTicks(x).map(({ label, value }) => {
      const at = place(x.at(value))
      return `<path d="M${at} ${top}V${bottom}" stroke="#e0e0e0"/><text x="${at}" y="${bottom + 18}" text-anchor="middle">${label}</text>`
    }),
    ...y.ticks.map(({ label, value }) => {
      const at = place(y.at(value))
      return `<path d="M${left} ${at}H${width - right}" stroke="#e0e0e0"/><text x="${left - 8}" y="${at}" dy="0.35em" text-anchor="end">${label}</text>`
    }),
    `<path d="M${left} ${top}V${bottom}H${width - right}" fill="none" stroke="#606060"/>`,
    ...points.flatMap(({ batchLoss }, i) =>
      batchLoss < y.least || batchLoss > y.most
        ? []
        : [`<circle cx="${place(x.at(decades[i] as number))}" cy="${place(y.at(batchLoss))}" r="1.8" fill="#a9c7e0"/>`],
    ),
    `<polyline points="${line}" fill="none" stroke="#1f6fb4" stroke-width="2" stroke-linejoin="round"/>`,
    ...mark(points, marked, x, y),
    `<text x="${(left + width - right) / 2}" y="${height - 12}" text-anchor="middle">learning rate</text>`,
    `<text transform="translate(18 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">loss, smoothed (line) and of single batches</text>`,
  ]
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="13" fill="#303030">\n${parts.join('\n')}\n</svg>\n`
}

const [width, height] = [720, 420]
const [left, right, top] = [76, 28, 28]
const bottom = height - 56

interface Scale {
  least: number
  most: number
  /** The place in the picture. */
  at(value: number): number
}

interface Tick {
  label: string
  value: number
}

/** A linear scale over all values; where they are all the same, around them. */
function scale(values: readonly number[], from: number, to: number): Scale {
  const low = values.reduce((least, value) => Math.min(least, value))
  const high = values.reduce((most, value) => Math.max(most, value))
  const [least, most] = low === high ? [low - 0.5, high + 0.5] : [low, high]
  return { least, most, at: (value) => from + ((value - least) / (most - least)) * (to - from) }
}

/** At most about eight labels, at whole decades where there are two, else at both ends. */
function decadeTicks({ least, most }: Scale): Tick[] {
  const [first, last] = [Math.ceil(least - 1e-9), Math.floor(most + 1e-9)]
  if (last - first < 1) return [least, most].map((value) => ({ value, label: (10 ** value).toPrecision(2) }))
  const step = Math.ceil((last - first + 1) / 8)
  return range(first, last, step).map((value) => ({ value, label: `1e${value}` }))
}

function lossScale(points: readonly CurvePoint[]): Scale & { ticks: Tick[] } {
  const y = scale(
    points.map(({ loss }) => loss),
    bottom - 8,
    top + 8,
  )
  const step = roundStep((y.most - y.least) / 5)
  const digits = Math.max(0, -Math.floor(Math.log10(step)))
  const ticks = range(Math.ceil(y.least / step), Math.floor(y.most / step), 1).map((n) => ({
    value: n * step,
    label: step < 1e-4 || step >= 1e5 ? (n * step).toExponential(1) : (n * step).toFixed(digits),
  }))
  return { ...y, ticks }
}

/** The 1, 2 or 5 times a power of ten that is not less than a length. */
function roundStep(length: number): number {
  const power = 10 ** Math.floor(Math.log10(length))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= length) ?? 10)
}

function mark(points: readonly CurvePoint[], marked: number | null, x: Scale, y: Scale): string[] {
  const point = points.find(({ learningRate }) => learningRate === marked)
  if (point === undefined) return []
  const [cx, cy] = [x.at(Math.log10(point.learningRate)), y.at(point.loss)]
  // The curve falls about here: there is room below it to the left, and above it to the right.
  const [anchor, tx, ty] = cx > 240 ? ['end', cx - 10, Math.min(cy + 18, bottom - 6)] : ['start', cx + 10, cy - 10]
  return [
    `<circle cx="${place(cx)}" cy="${place(cy)}" r="5" fill="#d1483a"/>`,
    `<text x="${place(tx)}" y="${place(ty)}" text-anchor="${anchor}" fill="#d1483a">suggestion ${point.learningRate.toPrecision(2)}</text>`,
  ]
}

function range(first: number, last: number, step: number): number[] {
  const numbers: number[] = []
  for (let n = first; n <= last; n += step) numbers.push(n)
  return numbers
}

/** Tenths of a pixel are enough. */
const place = (n: number): number => Math.round(n * 10) / 10
