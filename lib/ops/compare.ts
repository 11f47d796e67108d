import { comparison } from './elementwise.js'

// a ∘ b element by element, with broadcasting: bool, without gradient. A NaN is unequal to everything.
export const equal = comparison('equal')
export const notEqual = comparison('notEqual')
export const greater = comparison('greater')
export const greaterEqual = comparison('greaterEqual')
export const less = comparison('less')
export const lessEqual = comparison('lessEqual')
