// The names of this folder are what a regularizer option takes. A line here registers one.
export { l1, l1l2, l2 } from './l1l2.js'
export { type OrthogonalOptions, orthogonal } from './orthogonal.js'
