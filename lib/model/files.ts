import type { DType } from '../tensor/dtype.js'

/** A model's layers as plain data, which `JSON.stringify` writes and {@link modelFromJSON} reads. */
export interface ModelJson {
  /** Of the form in which the rest is written. */
  readonly version: number
  /** The registered class of the model, and its config; numbers that JSON does not know are { "~number": "NaN" }, and so on. */
  readonly className: string
  readonly config: Readonly<Record<string, unknown>>
}

export interface LoadWeightsOptions {
  /**
   * Weights are found by the names of their layer and their own (`dense_1/kernel`), wherever the layer is in either model, where no weight
   * has the very path; what remains on either side is told, and no error. Default false: all paths must be the same.
   */
  byName?: boolean
  /** Weights of another shape or dtype are left as they are and told, and are no error. Default false. */
  skipMismatch?: boolean
  /**
   * The file has the names of PyTorch: where they belong in the model. A record from their names, or the beginnings of these up to a dot
   * (`encoder.0`), to paths of layers (`encoder/dense`); names that are not in it are taken with / for their dots. Or a function from a
   * name to the path of a layer or a weight, null for what is not wanted. Weights of dense layers are transposed, `running_mean` and
   * `running_var` are the moving statistics, `num_batches_tracked` is passed over.
   */
  mapping?: Readonly<Record<string, string>> | ((name: string) => string | null | undefined)
}

/** A tensor's dtype and shape, as a file tells them. */
export interface TensorKind {
  readonly dtype: string
  readonly shape: readonly number[]
}

/** The outcome of `loadWeights`. Paths are those of `model.weightsByPath()`. */
export interface LoadedWeights {
  /** The paths of the weights that were set. */
  readonly loaded: readonly string[]
  /** The paths of weights that the file does not have. */
  readonly missing: readonly string[]
  /** The names of tensors in the file that the model has no place for. */
  readonly unexpected: readonly string[]
  /** The weights that are something else in the file than in the model. */
  readonly mismatched: readonly {
    readonly path: string
    readonly file: TensorKind
    readonly model: TensorKind & { readonly dtype: DType }
  }[]
}

/** How models are written to files, and read; io/ lies a floor above. */
export interface ModelFiles<Model> {
  save(model: Model, path: string): Promise<void>
  saveWeights(model: Model, path: string): Promise<void>
  loadWeights(model: Model, path: string, options?: LoadWeightsOptions): Promise<LoadedWeights>
  toJSON(model: Model): ModelJson
}
