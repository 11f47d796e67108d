import { readFileSync } from 'node:fs'

const list = readFileSync(new URL('../../native/kernels/elementwise.def', import.meta.url), 'utf8')

/** The names on the lines of the list of element-wise ops that one of these macros begins. */
const named = (...macros: string[]): string[] =>
  [...list.matchAll(/^(\w+)\((\w+)(,.*)?\)$/gm)].flatMap(([, macro = '', name = '']) =>
    macros.includes(macro) ? [name] : [],
  )

/** Native ops on each element by itself, of one operand, in the list's order. */
export const unaryOps = named('UNARY_OP', 'UNARY_INT_OP')
/** Those of two. */
const binaryNames = named('BINARY_OP', 'BINARY_INT_OP')
const isDerivative = (name: string): boolean => /(Grad|Slope)$/.test(name)
export const binaryOps = binaryNames.filter((name) => !isDerivative(name))
/** Of two operands: the gradient of another op, which only its formula calls. */
export const derivativeOps = binaryNames.filter(isDerivative)
export const comparisonOps = named('COMPARE_OP')
