/** Things of the library for calls to use and to spoil: each time new ones, of which the tensors are freed in the end. */
export class World {
  #tensors = []

  constructor(myelin, random) {
    this.myelin = myelin
    this.random = random
  }

  keep(tensor) {
    this.#tensors.push(tensor)
    return tensor
  }

  dispose() {
    for (const tensor of this.#tensors) tensor.dispose()
    this.#tensors.length = 0
  }

  /** Inputs [6, 3]. */
  x = () =>
    this.keep(
      this.myelin.tensor(
        Float32Array.from({ length: 18 }, (_, i) => Math.sin(i)),
        [6, 3],
      ),
    )

  /** Labels [6]. */
  y = () => this.keep(this.myelin.tensor(Int32Array.from([0, 1, 0, 1, 1, 0])))

  row = () => this.keep(this.myelin.tensor([0.5, 1, 2]))

  scalar = () => this.keep(this.myelin.tensor(0.5))

  wanting = () => this.keep(this.myelin.tensor([[1, 2, 3]], undefined, { requiresGrad: true }))

  parameter = () => this.keep(new this.myelin.Parameter(this.myelin.zeros([3, 2])))

  disposed = () => {
    const tensor = this.myelin.zeros([2, 3])
    tensor.dispose()
    return tensor
  }

  /** A tensor of a trace that is over. */
  symbol = () => {
    const { compile } = this.myelin
    let symbol
    const compiled = compile((x) => {
      symbol = x
      return x.add(1)
    })
    this.keep(compiled(this.row()))
    compiled.dispose()
    return symbol
  }

  layer = () => this.myelin.layers.dense({ units: 2 })

  builtLayer = () => {
    const layer = this.layer()
    this.keep(layer.apply(this.x()))
    for (const weight of layer.weights) this.keep(weight)
    return layer
  }

  model = () => {
    const { layers, sequential } = this.myelin
    const made = sequential({
      layers: [
        layers.dense({ units: 4, activation: 'tanh', inputShape: [3] }),
        layers.dropout({ rate: 0.2 }),
        layers.dense({ units: 2, activation: 'softmax' }),
      ],
    })
    made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
    for (const weight of made.weights) this.keep(weight)
    return made
  }

  unbuiltModel = () => this.myelin.sequential({ layers: [this.layer()] })

  /** Two inputs, two outputs. */
  functional = () => {
    const { input, layers, model } = this.myelin
    const [a, b] = [input({ shape: [3], name: 'a' }), input({ shape: [3], name: 'b' })]
    const sum = layers.add().apply([a, b])
    const outputs = [layers.dense({ units: 1, name: 'p' }).apply(sum), layers.dense({ units: 2, name: 'q' }).apply(sum)]
    const made = model({ inputs: [a, b], outputs })
    made.compile({ optimizer: 'sgd', loss: ['mse', 'sparseCategoricalCrossentropy'] })
    for (const weight of made.weights) this.keep(weight)
    return made
  }

  /** A training run as callbacks see one. */
  run = () => {
    const model = this.model()
    return { model, optimizer: model.optimizer, epochs: 2, stop() {} }
  }

  /** What hostile values of this library there are, by label. */
  own = () => ({
    'a tensor [6, 3]': this.x,
    'a tensor [3]': this.row,
    'a scalar': this.scalar,
    'a tensor of int32': this.y,
    'a tensor of bool': () => this.keep(this.myelin.zeros([3], { dtype: 'bool' })),
    'a tensor of uint8': () => this.keep(this.myelin.ones([2, 3], { dtype: 'uint8' })),
    'an empty tensor': () => this.keep(this.myelin.zeros([0, 3])),
    'a tensor that wants a gradient': this.wanting,
    'a computed tensor': () => this.keep(this.wanting().mul(2)),
    'a disposed tensor': this.disposed,
    'a tensor as it was posted': () => structuredClone({ ...this.myelin.tensor([1, 2]) }),
    'a tensor of a trace': this.symbol,
    'a symbolic tensor': () => this.myelin.input({ shape: [3] }),
    'a proxy of a tensor': () => new Proxy(this.row(), {}),
    'an array of tensors': () => [this.row(), this.scalar()],
    'an array of disposed tensors': () => [this.disposed(), this.disposed()],
    'a parameter': this.parameter,
    'a layer': this.layer,
    'a built layer': this.builtLayer,
    'a model': this.model,
    'a model that is not built': this.unbuiltModel,
    'a functional model': this.functional,
    'an optimizer': () => this.myelin.optimizers.adam(),
    'a metric': () => this.myelin.metrics.accuracy(),
    'a callback': () => this.myelin.callbacks.terminateOnNaN(),
    'a schedule': () => this.myelin.schedules.constant(0.1),
    'a dataset': this.dataset,
    'the class Tensor': () => this.myelin.Tensor,
    'a maker of layers': () => this.myelin.layers.dense,
  })

  dataset = () => this.myelin.Dataset.fromTensors([this.x(), this.y()]).batch(2)

  streamed = () =>
    this.myelin.Dataset.fromIterable(Array.from({ length: 5 }, (_, i) => [Float32Array.of(i, 1, 2), i % 2]))
}
