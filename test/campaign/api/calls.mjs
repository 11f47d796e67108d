import { isHidden, membersOf } from './members.mjs'
import { optionsOf, optionValues } from './options.mjs'

// Every export of the library as calls: { entry, make, bases }. `make` gives the function to call, and a new object where it is a
// method; `bases` are lists of arguments that are right, or nearly so, for it.

export function callsOf(myelin, world, random) {
  const optionValue = optionValues(myelin, world, random)
  const someOptions = (known) =>
    Object.fromEntries(known.filter(() => random.once(2)).map((option) => [option, optionValue(option)]))
  const bases = basesOf(myelin, world, random, someOptions)
  const calls = []
  const add = (entry, make) => calls.push({ entry, make, bases: bases(entry, make) })

  for (const [name, value] of Object.entries(myelin)) {
    if (typeof value === 'function') addFunction(name, value)
    else
      for (const [member, part] of Object.entries(value))
        if (typeof part === 'function') addFunction(`${name}.${member}`, part)
  }
  for (const [name, make] of Object.entries(subjects(myelin, world)))
    for (const member of membersOf(make())) addMember(name, make, member)
  return calls

  function addFunction(entry, value) {
    if (!isClass(value)) return add(entry, () => ({ call: value, self: undefined }))
    if (!isHidden(value.name, 'constructor'))
      add(`new ${entry}`, () => ({ call: (...args) => new value(...args), self: undefined }))
    for (const [name, { value: part }] of Object.entries(Object.getOwnPropertyDescriptors(value)))
      if (typeof part === 'function' && name !== 'prototype' && !isHidden(value.name, name))
        add(`${entry}.${name}`, () => ({ call: part.bind(value), self: undefined }))
  }

  /** Methods are called, accessors read, or written where there is an argument. */
  function addMember(name, make, member) {
    add(`${name}#${member}`, () => {
      const self = make()
      const method = descriptorOf(self, member)?.value
      if (typeof method === 'function') return { call: (...args) => method.apply(self, args), self }
      const set = descriptorOf(self, member)?.set
      const access = (...args) =>
        args.length > 0 && set !== undefined ? Reflect.set(self, member, args[0]) : self[member]
      return { call: access, self }
    })
  }
}

export const isClass = (value) => /^class\b/.test(Function.prototype.toString.call(value))

function descriptorOf(object, name) {
  for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Objects of each public kind, whose members are called. */
function subjects(myelin, world) {
  const { callbacks, compile, compileStep, layers, metrics, optimizers, schedules } = myelin
  const made = {
    Tensor: world.x,
    Parameter: world.parameter,
    Dataset: world.dataset,
    'Dataset of an iterable': world.streamed,
    Sequential: world.model,
    'Sequential that is not built': world.unbuiltModel,
    Functional: world.functional,
    Optimizer: () => optimizers.sgd({ momentum: 0.9 }),
    SymbolicTensor: () => myelin.input({ shape: [3] }),
    compiled: () => compile((...xs) => xs.map((x) => x.mul(2))),
    CompiledStep: () =>
      compileStep((...xs) => xs.reduce((sum, x) => sum.add(x.matmul(w).mean()), w.sum()), {
        parameters: [w],
        optimizer: 'sgd',
      }),
    TrainingLoop: () => {
      const { model, optimizer } = world.run()
      return new myelin.TrainingLoop({ model, optimizer, epochs: 2 })
    },
    MyelinError: () => new myelin.MyelinError('ERR_ARGUMENT', 'message'),
    Schedule: () => schedules.cosineDecay({ initialLearningRate: 0.1, decaySteps: 5 }),
  }
  const w = new myelin.Parameter(myelin.ones([3, 2]))
  const layerOptions = { dense: { units: 2 }, embedding: { inputDim: 4, outputDim: 2 }, dropout: { rate: 0.5 } }
  for (const name of ['dense', 'embedding', 'normalization', 'batchNormalization', 'dropout', 'add', 'prelu'])
    made[`layers.${name}`] = () => layers[name](layerOptions[name] ?? {})
  for (const name of Object.keys(metrics)) made[`metrics.${name}`] = () => metrics[name]()
  for (const [name, args] of Object.entries({
    earlyStopping: [{ monitor: 'loss' }],
    reduceLROnPlateau: [{ monitor: 'loss' }],
    learningRateScheduler: [(epoch) => 0.1 / (epoch + 1)],
    learningRateFinder: [],
    terminateOnNaN: [],
    csvLogger: ['/dev/null'],
  }))
    made[`callbacks.${name}`] = () => callbacks[name](...args)
  return made
}

/** What goes in, by the name of what is called. */
function basesOf(myelin, world, random, someOptions) {
  const { x, y, row, scalar, wanting, parameter, run } = world
  const probabilities = () => world.keep(myelin.full([6, 2], 0.5))
  const oneHot = () => world.keep(myelin.oneHot(y(), 2))
  const logs = () => ({ loss: 0.5, accuracy: 1, learningRate: 0.1 })
  const fitOptions = () => ({
    epochs: 2,
    verbose: 0,
    batchSize: 4,
    ...someOptions(['validationData', 'shuffle', 'seed', 'sampleWeight', 'classWeight', 'stepsPerEpoch']),
  })
  const f =
    () =>
    (...inputs) =>
      inputs.reduce((sum, input) => sum.add(input.mul(2).sum()), myelin.tensor(0))

  const candidates = [
    () => [x()],
    () => [x(), x()],
    () => [x(), row()],
    () => [wanting(), scalar()],
    () => [x(), random.pick([0, 1, -1])],
    () => [x(), 0, true],
    () => [x(), [0, 1]],
    () => [x(), [3, 6]],
    () => [x(), 'int32'],
    () => [x(), 0, 1],
    () => [x(), 3, 1],
    () => [[x(), x()], 1],
    () => [x(), y()],
    () => [x(), [0, 1], [2, 1]],
    () => [
      x(),
      [
        [1, 0],
        [0, 2],
      ],
    ],
    () => [x(), row(), row()],
    () => [x(), row(), row(), row(), row()],
    () => [world.keep(x().greater(0)), x(), x()],
    () => [y(), 4],
    () => [x(), x(), { transposeB: true }],
    () => [row(), [2, 3]],
    () => [x(), 0.5],
    () => [x(), {}],
  ]

  const table = {
    tensor: [
      () => [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      () => [new Float32Array(6), [2, 3]],
      () => [1],
      () => [[1, 2], [2], { dtype: 'int32' }],
    ],
    zeros: [() => [[2, 3]], () => [[2], { dtype: 'bool' }]],
    ones: [() => [[2, 3]], () => [[2], { requiresGrad: true }]],
    full: [() => [[2, 3], 0.5]],
    eye: [() => [3]],
    arange: [() => [5], () => [1, 9, 2]],
    linspace: [() => [0, 1, 5]],
    randomNormal: [() => [[2, 3]], () => [[2], { mean: 1, stddev: 2, seed: 3 }]],
    randomUniform: [() => [[2, 3]], () => [[2], { min: 1, max: 2, seed: 3 }]],
    setSeed: [() => [7]],
    noGrad: [() => [() => x()]],
    tidy: [() => [() => x().add(1)]],
    grad: [() => [f()]],
    valueAndGrad: [() => [f()]],
    customOp: [() => [{ name: 'mine', forward: (a = scalar()) => a.mul(2), backward: (dy) => dy.mul(2) }]],
    compile: [() => [f()]],
    compileStep: [() => [(a = scalar()) => a.mean(), { parameters: [parameter()], optimizer: 'sgd' }]],
    input: [() => [{ shape: [3] }]],
    sequential: [() => [{ layers: [world.layer(), world.layer()] }]],
    'new Sequential': [() => [{ layers: [world.layer()] }]],
    model: [
      () => {
        const inputs = myelin.input({ shape: [3] })
        return [{ inputs, outputs: world.layer().apply(inputs) }]
      },
    ],
    'new Parameter': [() => [myelin.zeros([3])], () => [myelin.zeros([3]), { name: 'w', trainable: false }]],
    'new TrainingLoop': [() => [{ model: world.model(), optimizer: myelin.optimizers.sgd(), epochs: 2 }]],
    'new MyelinError': [() => ['ERR_ARGUMENT', 'message']],
    'new Layer': [() => [{}]],
    foldBatchNormalization: [() => [world.model()]],
    sparsity: [() => [world.model(), { threshold: 0.1 }]],
    mcPredict: [() => [world.model(), x(), { samples: 3 }]],
    kFold: [() => [{ x: x(), y: y() }, { folds: 2 }], () => [x(), y(), { folds: 2 }]],
    trainTestSplit: [() => [{ x: x(), y: y() }, { testSize: 0.5 }], () => [x(), y(), { testSize: 0.5 }]],
    'Dataset.fromTensors': [() => [[x(), y()]], () => [{ x: x(), y: y() }], () => [{ x: { a: x() } }]],
    'Dataset.fromIterable': [
      () => [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      () => [
        function* pairs() {
          yield [row(), 1]
        },
      ],
    ],
    'Dataset.fromCsv': [() => [() => ['a,b\n1,2\n3,4\n'], { target: 'b' }], () => ['/dev/null']],
    'runtime.setThreads': [() => [2]],
    'runtime.info': [() => []],
    'runtime.memory': [() => []],
    'datasets.mnist': [() => [{ path: '/nowhere' }]],
    'datasets.fashionMnist': [() => [{ path: '/nowhere' }]],
    'callbacks.csvLogger': [() => ['/dev/null'], () => ['/dev/null', { separator: ';', append: true }]],
    'callbacks.learningRateScheduler': [
      () => [(epoch, rate) => rate / (epoch + 1)],
      () => [myelin.schedules.constant(0.1)],
    ],
    'schedules.constant': [() => [0.1]],
    'schedules.warmup': [() => [0.1, 3], () => [myelin.schedules.constant(0.1), 2]],
    'initializers.lsuv': [() => [world.model(), x()]],
    'constraints.nonNeg': [() => []],
    '#fit': [
      () => [x(), y(), fitOptions()],
      () => [world.dataset(), { epochs: 1, verbose: 0 }],
      () => [[[x(), y()]], { verbose: 0 }],
    ],
    '#evaluate': [() => [x(), y(), { batchSize: 4 }], () => [world.dataset()]],
    '#predict': [
      () => [x()],
      () => [new Float32Array(18), { batchSize: 4 }],
      () => [{ data: new Float32Array(18), shape: [6, 3] }, { verbose: 0 }],
    ],
    '#predictSync': [() => [x()], () => [[[1, 2, 3]]]],
    '#predictStream': [() => [[x(), x()]], () => [world.dataset(), {}]],
    freeze: [() => [world.model(), { upTo: 0 }], () => [world.functional(), { layers: [-1] }]],
    unfreeze: [() => [world.model(), { from: 0 }], () => [world.functional(), { layers: [-1] }]],
    '#save': [() => ['saved']],
    '#saveWeights': [() => ['weights']],
    '#loadWeights': [() => ['weights', someOptions(['byName', 'skipMismatch'])], () => ['saved', { mapping: {} }]],
    loadModel: [() => ['saved']],
    cloneModel: [() => [world.model()]],
    modelFromJSON: [() => [JSON.stringify(world.model())], () => [world.functional().toJSON()]],
    '#compile': [() => [{ optimizer: 'sgd', loss: 'mse', metrics: ['mae'] }]],
    '#summary': [() => [false], () => [() => {}]],
    '#getLayer': [() => [0], () => ['dense']],
    '#setWeights': [
      () => [
        [myelin.zeros([3, 4]), myelin.zeros([4]), myelin.zeros([4, 2]), myelin.zeros([2])].map(world.keep.bind(world)),
      ],
      () => [[new Float32Array(12), [1, 2, 3, 4], { data: new Float32Array(8), shape: [4, 2] }, [0, 0]]],
    ],
    '#add': [() => [world.layer()], () => [x()]],
    '#apply': [() => [myelin.input({ shape: [3] })], () => [x()], () => [[x(), x()]], () => [[parameter()]]],
    '#call': [() => [x(), { training: false }], () => [[x(), x()], {}]],
    '#callAll': [() => [[x()], {}]],
    '#ensureBuilt': [() => [[3]], () => [[[3]]]],
    '#computeOutputShape': [() => [[3]], () => [[[3], [3]]]],
    '#build': [() => [[3]]],
    '#adapt': [() => [x()]],
    '#addWeight': [() => ['w', [2, 3], { initializer: 'zeros' }]],
    '#addLoss': [() => [scalar()], () => [() => scalar()]],
    '#trainable': [() => [], () => [false]],
    '#learningRate': [() => [], () => [0.1]],
    '#learningRateMultiplier': [() => [], () => [0.1]],
    '#iterations': [() => [], () => [5]],
    '#requiresGrad': [() => [], () => [true]],
    '#stopTraining': [() => [], () => [true]],
    '#update': [
      () => [y(), probabilities()],
      () => [oneHot(), probabilities()],
      () => [[parameter()], [myelin.zeros([3, 2])]],
    ],
    '#excludeFromWeightDecay': [() => [['bias']], () => [() => true]],
    '#backward': [() => [], () => [world.keep(myelin.ones([6, 3])), { retainGraph: true }]],
    '#assign': [() => [world.keep(myelin.ones([3, 2]))]],
    '#onTrainBegin': [() => [{}, run()]],
    '#onTrainEnd': [() => [logs(), run()]],
    '#onEpochBegin': [() => [0, {}, run()]],
    '#onEpochEnd': [() => [0, logs(), run()]],
    '#onBatchBegin': [() => [0, {}, run()]],
    '#onBatchEnd': [() => [0, logs(), run()]],
    '#run': [() => [() => ({ loss: 1 })]],
    '#batch': [() => [2], () => [2, { dropRemainder: true }], () => [0, () => ({ loss: 1 })]],
    '#shuffle': [() => [4], () => [4, { seed: 1 }]],
    '#map': [() => [(element) => element]],
    '#filter': [() => [() => true]],
    '#prefetch': [() => [2]],
    '#take': [() => [2]],
    '#skip': [() => [1]],
    '#repeat': [() => [2], () => []],
    '#stop': [() => [], () => ['early']],
    '#sync': [() => [x()]],
    '#explain': [() => [x()]],
    '#profile': [() => [true]],
  }

  return (entry, make) => {
    const member = /#.*/.exec(entry)?.[0]
    const own = Object.hasOwn(table, entry)
      ? table[entry]
      : member !== undefined && Object.hasOwn(table, member)
        ? table[member]
        : []
    const [folder] = entry.split('.')
    if (folder === 'losses') return [() => [oneHot(), probabilities()], () => [y(), probabilities(), {}]]
    if (folder === 'activations' || folder === 'regularizers') own.push(() => [x()])
    const known = member === undefined && /\./.test(entry) ? optionsOf((options) => make().call(options)) : []
    if (known.length > 0)
      own.push(
        () => [someOptions(known)],
        () => [Object.fromEntries(Object.entries(someOptions(known)))],
      )
    if (own.length > 0) return own
    if (entry.startsWith('Tensor#') || entry.startsWith('Parameter#'))
      return [() => [], ...candidates.map((candidate) => () => candidate().slice(1))]
    return [() => [], ...candidates]
  }
}
