/** Right values of options by their names, as far as factories have them. */
export function optionValues(myelin, world, random) {
  const { schedules, regularizers, constraints, initializers } = myelin
  const number = () => random.pick([0, 0.1, 0.5, 1, 2, 3, 10])
  const share = () => random.pick([0, 0.1, 0.5, 0.9])
  const whole = () => random.pick([1, 2, 3, 5])
  const flag = () => random.once(2)
  const table = {
    units: whole,
    rate: share,
    activation: () => random.pick(Object.keys(myelin.activations)),
    inputShape: () => [3],
    shape: () => [3],
    targetShape: () => random.pick([[3], [3, 1], [-1]]),
    name: () => random.pick(['layer', 'a', 'constructor', '__proto__']),
    dtype: () => random.pick(['float32', 'int32', 'uint8', 'bool']),
    learningRate: () =>
      random.pick([0.01, schedules.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.5 })]),
    monitor: () => random.pick(['loss', 'accuracy', 'val_loss']),
    mode: () => random.pick(['auto', 'min', 'max']),
    reduction: () => random.pick(['mean', 'none']),
    seed: whole,
    axis: () => random.pick([-1, 0, 1, [1]]),
    mean: () => random.pick([0, [1, 2, 3]]),
    variance: () => random.pick([1, [1, 2, 3]]),
    layers: () => [world.layer(), world.layer()],
    folds: () => 2,
    stratify: () => random.pick([true, false]),
    boundaries: () => [1, 5],
    values: () => [0.1, 0.01, 0.001],
    separator: () => ';',
    inputDim: whole,
    inputLength: whole,
    optimizer: () => 'sgd',
    loss: () => random.pick(['sparseCategoricalCrossentropy', 'mse']),
    metrics: () => ['accuracy'],
    byName: flag,
    skipMismatch: flag,
    validationData: () => [world.x(), world.y()],
    classWeight: () => ({ 0: 1, 1: 2 }),
    sampleWeight: () => [1, 1, 2, 1, 0, 1],
    callbacks: () => [],
    verbose: () => 0,
    epochs: () => random.pick([1, 2]),
    initialEpoch: () => 0,
    batchSize: () => random.pick([1, 2, 4, 6, 7]),
    stepsPerEpoch: () => random.pick([1, 2]),
    signal: () => new AbortController().signal,
  }
  const byEnd = [
    [/Initializer$/, () => random.pick([...Object.keys(initializers), () => world.keep(myelin.ones([3, 2]))])],
    [/Regularizer$/, () => random.pick([...Object.keys(regularizers), regularizers.l2(0.1)])],
    [/Constraint$/, () => random.pick([...Object.keys(constraints), constraints.nonNeg()])],
    [/Steps$|patience|units|^n$|samples|every|classes|thresholds|^k$/i, whole],
    [/rho|beta|momentum|dropout|split|smoothing|Size$/i, share],
    [/^is|use|append|center|scale|nesterov|amsgrad|centered|shuffle|training|fromLogits|drop|restore|keepDims/i, flag],
  ]
  return (name) => (Object.hasOwn(table, name) ? table[name] : (byEnd.find(([end]) => end.test(name))?.[1] ?? number))()
}

/** The options that a function takes, as it lists them when it is given one that it does not know. */
export function optionsOf(call) {
  try {
    const promise = call({ unheardOf: 1 })
    promise?.catch?.(() => {})
  } catch (error) {
    const known = /Known: (.*)$/.exec(String(error?.message))?.[1]
    return known === undefined ? [] : known.split(', ')
  }
  return []
}
