// Rows of figures: the best of two turns, and how one implementation's compare with another's.

/** Times and memory: the less the better. */
const isCost = (figure) => /([uU]s|Ms|MB)$/.test(figure)
/** Speeds and shares: the more the better. */
const isGain = (figure) => /(gflops|GBs|ofPeak|efficiency)$/.test(figure)

/** A row of the better of each figure; what was wrong once is wrong. */
export function best(row, other) {
  const merged = { ...row }
  for (const [figure, value] of Object.entries(other)) {
    if (isCost(figure)) merged[figure] = Math.min(row[figure] ?? value, value)
    else if (isGain(figure)) merged[figure] = Math.max(row[figure] ?? value, value)
    else if (figure === 'parity') merged.parity = value && row.parity !== false
  }
  return merged
}

/**
 * Adds `ratio` and `parity` to rows: a time by the time beside it in the row if there is one, else the time of the implementation
 * `impl` by that of the row; and whether losses, or outputs for the same weights and inputs, are those of `impl`.
 */
export function judge(rows, impl) {
  const own = new Map(rows.filter((row) => row.impl === impl).map((row) => [row.case, row]))
  return rows.map((row) => {
    const { first, ...shown } = row
    const mine = row.impl === impl ? undefined : own.get(row.case)
    if (row.besideUs !== undefined) shown.ratio = row.us / row.besideUs
    else if (mine?.us !== undefined && row.us !== undefined) shown.ratio = mine.us / row.us
    const same = mine && agrees(row, mine)
    return same === undefined ? shown : { ...shown, parity: same && row.parity !== false }
  })
}

/** Mean losses within 2%, outputs within 1e-4; undefined where one of the two has neither. */
function agrees(row, mine) {
  if (row.loss !== undefined && mine.loss !== undefined) return Math.abs(row.loss / mine.loss - 1) < 0.02
  if (row.first === undefined || mine.first === undefined) return undefined
  return row.first.every((value, i) => Math.abs(value - mine.first[i]) < 1e-4)
}

/** A row a time or size: the builds `new` and `old` beside each other. `ratio` is new by old. What could not run, stays as it is. */
export function compare(rows) {
  const missing = rows.filter((row) => row.missing !== undefined)
  const same = (a, b) => a.case === b.case && a.threads === b.threads && a.isa === b.isa
  const pairs = rows
    .filter(({ impl, missing }) => impl === 'new' && missing === undefined)
    .map((row) => [row, rows.find((other) => other.impl === 'old' && other.missing === undefined && same(row, other))])
    .filter(([, old]) => old !== undefined)
  return [...pairs.flatMap(([row, old]) => compareRow(row, old)), ...missing]
}

function compareRow({ case: name, threads, isa, ...row }, old) {
  const wrong = row.parity === false || old.parity === false
  return Object.keys(row)
    .filter((figure) => isCost(figure) && old[figure] !== undefined)
    .map((figure) => ({
      case: name,
      figure,
      new: row[figure],
      old: old[figure],
      ...(old[figure] > 0 && { ratio: row[figure] / old[figure] }),
      ...(wrong && { parity: false }),
      threads,
      isa,
    }))
}
