import { noGrad } from '../autodiff/tape.js'
import { type TensorData, toSamples } from '../data/source.js'
import type { ElementArray } from '../native/binding.js'
import { slice } from '../ops/slice.js'
import { createFrom } from '../tensor/creation.js'
import { elementArray } from '../tensor/dtype.js'
import { tidy } from '../tensor/scope.js'
import { sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { EvaluateOptions } from './evaluate.js'
import { checkSignal, checkWhole } from './options.js'
import { Pacer } from './pacer.js'
import type { Trainee } from './trainee.js'

export interface PredictOptions extends EvaluateOptions {
  /** Run the layers as in training, for instance to sample from dropout; running statistics then follow. Default false. */
  training?: boolean
}

/** The outputs of a model for all samples, computed batch by batch: [n, …]. */
export async function predictModel(
  trainee: Trainee,
  x: TensorData,
  { batchSize = 32, training = false, signal }: PredictOptions,
): Promise<Tensor> {
  checkWhole(batchSize, 'batchSize', 'predict')
  checkSignal(signal, 'predict')
  signal?.throwIfAborted()
  const { samples, owned } = toSamples(x, 'predict', 'x')
  try {
    const [n, ...sampleShape] = samples.shape as [number, ...number[]]
    trainee.ensureBuilt(sampleShape)
    const outputs = new Outputs(n)
    const pacer = new Pacer()
    // An empty x makes one empty batch, which says what the outputs look like.
    for (let begin = 0; begin === 0 || begin < n; begin += batchSize) {
      tidy(() => {
        const batch = slice(samples, begin, Math.min(batchSize, n - begin))
        outputs.add(noGrad(() => trainee.call(batch, { training })))
      })
      if (pacer.due) await pacer.rest()
      signal?.throwIfAborted()
    }
    return outputs.toTensor()
  } finally {
    if (owned) samples.dispose()
  }
}

/** Outputs of batches, laid behind one another in JavaScript: the native ones are freed batch by batch. */
class Outputs {
  private first: Pick<Tensor, 'shape' | 'dtype'> = { shape: [0], dtype: 'float32' }
  private values: ElementArray = new Float32Array()
  private filled = 0

  constructor(private readonly samples: number) {}

  add(output: Tensor): void {
    if (this.filled === 0) {
      const { shape, dtype } = output
      this.first = { shape: [this.samples, ...shape.slice(1)], dtype }
      this.values = elementArray(dtype, sizeOf(this.first.shape))
    }
    this.values.set(output.data(), this.filled)
    this.filled += output.size
  }

  toTensor(): Tensor {
    return createFrom(this.values, this.first.shape, this.first.dtype)
  }
}
