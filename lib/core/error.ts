import { show } from './show.js'

/** Stable codes of {@link MyelinError}. */
export type ErrorCode =
  | 'ERR_SHAPE'
  | 'ERR_DTYPE'
  | 'ERR_DISPOSED'
  | 'ERR_ARGUMENT'
  | 'ERR_NO_GRADIENT'
  | 'ERR_NOT_FINITE'
  | 'ERR_BUSY'
  | 'ERR_FORMAT'
  | 'ERR_PLATFORM'
  | 'ERR_MEMORY'

/** Every error that Myelin throws on purpose. The message names the op or layer, the shapes, and what to do. */
export class MyelinError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(typeof message === 'string' ? message : show(message), options)
    this.name = 'MyelinError'
    this.code = code
  }
}
