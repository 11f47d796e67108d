/** Prints rows as a table; the columns are the fields that occur. */
export function printTable(rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => columns.map((column) => format(row[column])))
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((line) => line[i].length)))
  for (const line of [columns, ...cells])
    console.log(
      line
        .map((cell, i) => align(cell, widths[i]))
        .join('  ')
        .trimEnd(),
    )
}

const numeric = /^-?[\d.]+%?$/

function align(cell, width) {
  return numeric.test(cell) ? cell.padStart(width) : cell.padEnd(width)
}

function format(value) {
  if (value === undefined) return ''
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value)
}
