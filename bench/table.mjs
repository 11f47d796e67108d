/** Prints a head and its rows as a table. Columns are the fields that occur, without what the head says for all rows. */
export function printTable(head, rows) {
  for (const line of headLines(head)) console.log(line)
  const measured = rows.filter(({ missing }) => missing === undefined)
  const present = new Set(measured.flatMap((row) => Object.keys(row)))
  const columns = [...present].filter((column) => !last.includes(column))
  for (const column of last) if (present.has(column) && !saidByHead(column, head, measured)) columns.push(column)
  const cells = measured.map((row) => columns.map((column) => format(row[column])))
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((line) => line[i].length)))
  for (const line of measured.length === 0 ? [] : [columns, ...cells])
    console.log(
      line
        .map((cell, i) => align(cell, widths[i]))
        .join('  ')
        .trimEnd(),
    )
  for (const { impl, missing } of rows) if (missing !== undefined) console.log(`${impl} is missing: ${missing}`)
  console.log()
}

/** The columns at the right. */
const last = ['ratio', 'goal', 'parity', 'threads', 'isa']

const saidByHead = (column, head, rows) =>
  column in head && rows.every((row) => row[column] === undefined || row[column] === head[column])

function headLines({ head, processor, isa, threads, subnormals, versions, before, after }) {
  const counts = before.map((peak) => peak.threads).join(' | ')
  return [
    `${head}: ${processor}, ${isa}, ${threads} threads, subnormals: ${subnormals}`,
    ...wrap(Object.entries(versions).map(([name, version]) => `${name} ${version}`)),
    `peak on ${counts} threads before: ${peaks(before)}`,
    `${' '.repeat(8 + counts.length)} threads after:  ${peaks(after)}`,
  ]
}

/** Parts with commas between, in lines of at most 120 columns. */
function wrap(parts) {
  const lines = ['']
  for (const part of parts) {
    const line = lines.at(-1) === '' ? part : `${lines.at(-1)}, ${part}`
    if (line.length > 120) lines.push(part)
    else lines[lines.length - 1] = line
  }
  return lines
}

function peaks(measured) {
  const all = (figure) => measured.map((peak) => peak[figure].toFixed(0)).join(' | ')
  return `${all('gflops')} GFLOP/s, caches ${all('cacheGBs')} GB/s, memory ${all('memoryGBs')} GB/s`
}

const numeric = /^-?[\d.]+%?$/

function align(cell, width) {
  return numeric.test(cell) ? cell.padStart(width) : cell.padEnd(width)
}

function format(value) {
  if (value === undefined) return ''
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value)
}
