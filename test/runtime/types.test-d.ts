import { describe, expectTypeOf, it } from 'vitest'
import {
  add,
  type CsvOptions,
  cloneModel,
  customOp,
  Dataset,
  type DType,
  type ErrorCode,
  type Evaluation,
  grad,
  type History,
  input,
  Layer,
  type LoadedWeights,
  layers,
  loadModel,
  losses,
  type Model,
  MyelinError,
  metrics,
  model,
  modelFromJSON,
  type NestedArray,
  optimizers,
  Parameter,
  type Sequential,
  type ShapedArray,
  type SymbolicTensor,
  sequential,
  type Tensor,
  tensor,
  tidy,
  valueAndGrad,
  zeros,
} from '../../lib/index.js'

describe('tensors', () => {
  it('have typed fields', () => {
    const x = tensor([1, 2])
    expectTypeOf(x).toEqualTypeOf<Tensor>()
    expectTypeOf(x.shape).toEqualTypeOf<readonly number[]>()
    expectTypeOf(x.dtype).toEqualTypeOf<DType>()
    expectTypeOf<DType>().toEqualTypeOf<'float32' | 'int32' | 'uint8' | 'bool'>()
    expectTypeOf(x.grad).toEqualTypeOf<Tensor | null>()
    expectTypeOf(x.data()).toEqualTypeOf<Float32Array | Int32Array | Uint8Array>()
    expectTypeOf(x.item()).toBeNumber()
    expectTypeOf(x.toArray()).toEqualTypeOf<NestedArray>()
    // @ts-expect-error a shape is for reading
    x.shape = [1]
    // @ts-expect-error no such dtype
    zeros([1], { dtype: 'float64' })
    // @ts-expect-error a tensor is not made of text
    tensor('x')
  })

  it('have every op as a method that takes what the function takes behind its first argument', () => {
    const x = tensor([1, 2])
    expectTypeOf(x.add).parameters.toEqualTypeOf<[b: Tensor | number]>()
    expectTypeOf(x.matmul(x, { transposeB: true }).add(1).relu()).toEqualTypeOf<Tensor>()
    expectTypeOf(x.sum).parameter(0).toEqualTypeOf<number | readonly number[] | undefined>()
    expectTypeOf(x.where(x, 0)).toEqualTypeOf<Tensor>()
    expectTypeOf(x.concat(x)).toEqualTypeOf<Tensor>()
    expectTypeOf(x.stack([x, x], -1)).toEqualTypeOf<Tensor>()
    // @ts-expect-error a number is no tensor
    x.concat(1)
    expectTypeOf(x.backward).returns.toBeVoid()
    // @ts-expect-error an option that is not there
    x.matmul(x, { transposeC: true })
    // @ts-expect-error a text is no tensor
    add(x, 'y')
  })

  it('become parameters', () => {
    const p = new Parameter(zeros([1]), { name: 'w', trainable: false })
    expectTypeOf(p).toMatchTypeOf<Tensor>()
    expectTypeOf(p.assign).parameter(0).toEqualTypeOf<Tensor>()
    expectTypeOf(p.trainable).toBeBoolean()
  })
})

describe('functions of functions', () => {
  it('customOp takes what its forward takes, and backward sees it', () => {
    const scale = customOp({
      name: 'scale',
      forward: (x: Tensor, by: Tensor) => x.mul(by),
      backward: (dy, { inputs: [x, by] }) => [dy.mul(by), dy.mul(x)],
    })
    expectTypeOf(scale).parameters.toEqualTypeOf<[x: Tensor, by: Tensor]>()
    // @ts-expect-error one is missing
    scale(tensor(1))
  })

  it('grad keeps one argument one tensor', () => {
    expectTypeOf(grad((x) => x)(zeros([]))).toEqualTypeOf<Tensor>()
    expectTypeOf(grad((x: Tensor, y: Tensor) => x.add(y))(zeros([]), zeros([]))).toEqualTypeOf<Tensor[]>()
    expectTypeOf(valueAndGrad((x) => x as Tensor)(zeros([]))).toMatchTypeOf<{
      value: Tensor
      grad: Tensor
      grads: Tensor[]
    }>()
  })

  it('tidy returns what its function returns', () => {
    expectTypeOf(tidy(() => ({ a: zeros([1]), n: 1 }))).toEqualTypeOf<{ a: Tensor; n: number }>()
  })
})

describe('errors', () => {
  it('have a code of a closed list', () => {
    expectTypeOf(new MyelinError('ERR_SHAPE', '').code).toEqualTypeOf<ErrorCode>()
    // @ts-expect-error no such code
    new MyelinError('ERR_OTHER', '')
  })
})

describe('models', () => {
  it('take layers and options by name', () => {
    const net = sequential({ layers: [layers.dense({ units: 3, activation: 'relu' })] })
    net.compile({
      optimizer: optimizers.adam({ learningRate: 0.1 }),
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
    })
    net.compile({ optimizer: 'rmsprop', loss: (yTrue, yPred) => yTrue.sub(yPred).square().mean() })
    expectTypeOf(net.predict(zeros([1, 2]))).resolves.toEqualTypeOf<Tensor>()
    expectTypeOf(net.summary()).toBeString()
    // @ts-expect-error no such optimizer
    net.compile({ optimizer: 'sdg', loss: 'meanSquaredError' })
    // @ts-expect-error no such activation
    layers.dense({ units: 3, activation: 'rleu' })
  })

  it('of a graph give a tensor for one output and an array for several', () => {
    const x = input({ shape: [2] })
    const y = layers.dense({ units: 1 }).apply(x)
    expectTypeOf(y).toEqualTypeOf<SymbolicTensor>()
    expectTypeOf(model({ inputs: x, outputs: y }).call(zeros([1, 2]))).toEqualTypeOf<Tensor>()
    expectTypeOf(model({ inputs: [x], outputs: [y] }).call([zeros([1, 2])])).toEqualTypeOf<Tensor>()
    expectTypeOf(model({ inputs: { x }, outputs: [y, x] }).call(zeros([1, 2]))).toEqualTypeOf<Tensor[]>()
    expectTypeOf(model({ inputs: x, outputs: [y, x] }).apply(x)).toEqualTypeOf<SymbolicTensor[]>()
    expectTypeOf(layers.add().apply([zeros([1, 2]), zeros([1, 2])])).toEqualTypeOf<Tensor>()
    expectTypeOf(sequential({ layers: [x, layers.dense({ units: 1 })] })).toMatchTypeOf<Model>()
    // @ts-expect-error a layer is no symbolic tensor
    model({ inputs: x, outputs: layers.dense({ units: 1 }) })
  })

  it('are layers, and take layers of the user', () => {
    class Both extends Layer<Tensor[]> {
      override call([a, b]: readonly Tensor[]) {
        return [b as Tensor, a as Tensor]
      }
    }
    expectTypeOf(new Both().apply([zeros([1]), zeros([1])])).toEqualTypeOf<Tensor[]>()
    expectTypeOf(sequential()).toMatchTypeOf<Layer>()
  })

  it('evaluate resolves with a loss for sure, and with metrics by name', () => {
    type Figures = Awaited<ReturnType<Model['evaluate']>>
    expectTypeOf<Figures['loss']>().toEqualTypeOf<number>()
    expectTypeOf<Figures>().toMatchTypeOf<Record<string, number>>()
  })

  it('fit resolves with a history', () => {
    expectTypeOf<Awaited<ReturnType<Model['fit']>>>().toEqualTypeOf<History>()
    expectTypeOf<History['history']>().toEqualTypeOf<Record<string, number[]>>()
    expectTypeOf<History['epoch']>().toEqualTypeOf<number[]>()
  })

  it('are loaded as what they are said to be, and cloned as what they are', () => {
    expectTypeOf(loadModel('path')).resolves.toEqualTypeOf<Model>()
    expectTypeOf(loadModel<Sequential>('path')).resolves.toEqualTypeOf<Sequential>()
    expectTypeOf(modelFromJSON<Model<Tensor[]>>('{}')).toEqualTypeOf<Model<Tensor[]>>()
    expectTypeOf(cloneModel(sequential())).toEqualTypeOf<Sequential>()
    expectTypeOf<Awaited<ReturnType<Model['loadWeights']>>>().toEqualTypeOf<LoadedWeights>()
    const net = sequential()
    net.loadWeights('path', { byName: true, mapping: { 'encoder.0': 'encoder/dense' } })
    net.loadWeights('path', { mapping: (name) => (name === 'x' ? null : `a/${name}`) })
    // @ts-expect-error no such option
    net.loadWeights('path', { strict: false })
    // @ts-expect-error a path is a text
    net.save(3)
  })

  it('fit and evaluate take options straight after batches', () => {
    const net = sequential({ layers: [layers.dense({ units: 3 })] })
    const batches = Dataset.fromTensors({ x: zeros([4, 2]), y: zeros([4, 3]) }).batch(2)
    expectTypeOf(net.fit(batches, { epochs: 2, shuffle: false })).resolves.toEqualTypeOf<History>()
    expectTypeOf(net.evaluate(batches, { signal: AbortSignal.abort() })).resolves.toEqualTypeOf<Evaluation>()
    expectTypeOf(net.fit(zeros([4, 2]), zeros([4, 3]), { epochs: 2 })).resolves.toEqualTypeOf<History>()
    // @ts-expect-error no such option
    net.fit(batches, { verbosity: 1 })
  })
})

describe('datasets', () => {
  const net = sequential({ layers: [layers.dense({ units: 1 })] })
  const houses = Dataset.fromCsv('houses.csv', { target: 'price' })

  it('of CSV files have a number for one float32 target', () => {
    type Sample<X, Y> = Dataset<[x: X, y: Y]>
    expectTypeOf(Dataset.fromCsv('a.csv')).toEqualTypeOf<Dataset<Float32Array>>()
    expectTypeOf(Dataset.fromCsv('a.csv', { dtypes: { features: 'uint8' } })).toEqualTypeOf<Dataset<Uint8Array>>()
    expectTypeOf(houses).toEqualTypeOf<Sample<Float32Array, number>>()
    expectTypeOf(Dataset.fromCsv('a.csv', { target: 3, dtypes: { features: 'int32' } })).toEqualTypeOf<
      Sample<Int32Array, number>
    >()
    expectTypeOf(Dataset.fromCsv('a.csv', { target: 'b', dtypes: { target: 'int32' } })).toEqualTypeOf<
      Sample<Float32Array, number | ShapedArray>
    >()
    expectTypeOf(Dataset.fromCsv('a.csv', { target: ['b', 2] })).toEqualTypeOf<
      Sample<Float32Array, number | ShapedArray>
    >()
    const options: CsvOptions = { target: 'b' }
    expectTypeOf(Dataset.fromCsv('a.csv', options)).toEqualTypeOf<
      Sample<Float32Array | Int32Array | Uint8Array, number | ShapedArray>
    >()
    expectTypeOf(Dataset.fromCsv(async () => new Blob(['a']).stream())).toEqualTypeOf<Dataset<Float32Array>>()
    // @ts-expect-error cells are not read as bool
    Dataset.fromCsv('a.csv', { dtypes: { features: 'bool' } })
    // @ts-expect-error no such way
    Dataset.fromCsv('a.csv', { onMissing: 'drop' })
  })

  it('map to pairs where pairs are written, which fit takes', () => {
    const scaled = houses.map(([x, y]) => [x, Number(y) / 1e5])
    expectTypeOf(scaled).toEqualTypeOf<Dataset<[Float32Array, number]>>()
    expectTypeOf(houses.map(async ([x, y]) => [x, y / 1e5])).toEqualTypeOf<Dataset<[Float32Array, number]>>()
    expectTypeOf(houses.map(([x, y]) => [{ x }, [y, y], 1])).toEqualTypeOf<
      Dataset<[{ x: Float32Array }, number[], number]>
    >()
    expectTypeOf(houses.map(([x]) => Array.from(x))).toEqualTypeOf<Dataset<number[]>>()
    expectTypeOf(houses.map(([, y]) => y)).toEqualTypeOf<Dataset<number>>()
    expectTypeOf(scaled.batch(32)).toEqualTypeOf<Dataset<[Tensor, Tensor]>>()
    net.fit(scaled.batch(32))
    net.fit(houses.map(async ([x, y]) => [x, Number(y) / 1e5]).batch(32))
    const tensors = Dataset.fromTensors({ x: zeros([4, 2]), y: zeros([4]) })
    expectTypeOf(tensors.map(([x, y]) => [x, y.div(10)])).toEqualTypeOf<Dataset<[Tensor, Tensor]>>()
    net.fit(tensors.map(([x, y]) => [x, y.div(10)]).batch(2))
    net.fit(tensors.batch(2).map(async ([x, y]) => [x, y.div(10)]))
    // @ts-expect-error a batch is no lone tensor
    net.fit(tensors.batch(2).map(([x]) => x))
  })

  it('filter to what they were, or to what a predicate tells', () => {
    expectTypeOf(houses.filter(([x, y], i) => x.length > i && y > 0)).toEqualTypeOf<typeof houses>()
    expectTypeOf(houses.filter(async ([, y]) => y > 0)).toEqualTypeOf<typeof houses>()
    const some = Dataset.fromIterable<number | null>([1, null])
    expectTypeOf(some.filter((n): n is number => n !== null)).toEqualTypeOf<Dataset<number>>()
    // @ts-expect-error a tensor decides nothing
    houses.batch(2).filter(([x]) => x.sum().greater(1))
  })
})

describe('losses and metrics', () => {
  it('have options of their own, checked', () => {
    const x = zeros([1, 2])
    expectTypeOf(losses.huber(x, x, { delta: 2, reduction: 'none' })).toEqualTypeOf<Tensor>()
    // @ts-expect-error no such option
    losses.huber(x, x, { detla: 2 })
    // @ts-expect-error an option of another loss
    losses.meanSquaredError(x, x, { delta: 2 })
    expectTypeOf(metrics.precision({ threshold: 0.3, name: 'p30' }).result()).toBeNumber()
    expectTypeOf(metrics.confusionMatrix({ classes: 3 }).matrix()).toEqualTypeOf<number[][]>()
    // @ts-expect-error no such average
    metrics.f1({ average: 'all' })
  })

  it('can be functions of tensors', () => {
    const net = sequential({ layers: [layers.dense({ units: 3 })] })
    net.compile({
      loss: (yTrue, yPred, options) => losses.huber(yTrue, yPred, { ...options, delta: 2 }),
      metrics: ['f1', metrics.auc({ curve: 'PR' }), losses.logCosh, (yTrue, yPred) => yTrue.sub(yPred).abs()],
    })
    // @ts-expect-error no such metric
    net.compile({ loss: 'huber', metrics: ['precison'] })
  })
})
