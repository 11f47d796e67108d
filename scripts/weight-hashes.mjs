// node scripts/weight-hashes.mjs [--dist ../other/dist]: trains twenty small networks 100 steps each, from fixed seeds and data, and
// prints a line a network: its name and the SHA-256 of all its weights, bit for bit. It asks for nothing but public names of a built
// library, so commits can be compared: equal lines, equal bits. Together the networks hold every layer, loss, optimizer, schedule,
// initializer, regularizer and constraint of version 0.1; what a library has beyond them is said on stderr. The last line names the
// networks with layers that draw noise, which are the only ones whose bits hang on how noise streams are numbered.
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { dist } = parseArgs({ options: { dist: { type: 'string', default: 'dist' } } }).values
const library = await import(pathToFileURL(resolve(dist, 'index.js')).href)
const { compileStep, Dataset, mean, model, sequential, setSeed, square, sub, tensor, tidy } = library

const kinds = ['layers', 'losses', 'optimizers', 'schedules', 'initializers', 'regularizers', 'constraints']
/** Members of these folders that a network has asked for. */
const held = new Set()
const [layers, losses, optimizers, schedules, initializers, regularizers, constraints] = kinds.map(noting)
const { dense, input } = layers

const [samples, batchSize, steps] = [40, 10, 100]
const stepsPerEpoch = samples / batchSize
const plainFit = { epochs: steps / stepsPerEpoch, batchSize, verbose: 0 }

/** Networks by name: each returns a model, trained. */
const quiet = {
  async activations() {
    const x = input({ shape: [6], name: 'x' })
    const names = `celu elu exponential gelu hardSigmoid leakyRelu linear logSoftmax mish relu relu6 selu sigmoid silu softmax
      softplus softsign tanh`
    const parts = names.split(/\s+/).map((activation) => dense({ units: 4, activation, name: activation }).apply(x))
    const net = model({ inputs: x, outputs: classifier(layers.concatenate({ name: 'joined' }).apply(parts)) })
    return fitted(net, { optimizer: optimizers.sgd({ learningRate: 0.05 }) })
  },

  async initializers() {
    const x = input({ shape: [6], name: 'x' })
    const { constant, glorotNormal, glorotUniform, heNormal, heUniform, identity, lecunNormal, lecunUniform } =
      initializers
    const { ones, orthogonal, randomNormal, randomUniform, randomWalk, truncatedNormal, varianceScaling, zeros } =
      initializers
    const given = {
      glorotNormal,
      glorotUniform,
      heNormal,
      heUniform,
      identity,
      lecunNormal,
      lecunUniform,
      ones,
      orthogonal,
    }
    const more = { randomNormal, randomUniform, randomWalk, truncatedNormal, varianceScaling, zeros }
    const made = Object.entries({ ...given, ...more }).map(([name, make]) => [name, make()])
    made.push(['constant', constant({ value: 0.1 })], ['seeded', varianceScaling({ mode: 'fanOut', seed: 5 })])
    const parts = made.map(([name, kernelInitializer]) =>
      dense({ units: 6, activation: 'tanh', kernelInitializer, name }).apply(x),
    )
    const net = model({ inputs: x, outputs: classifier(layers.average({ name: 'averaged' }).apply(parts)) })
    return fitted(net, { optimizer: optimizers.adam({ learningRate: 0.01 }) })
  },

  async merges() {
    const x = input({ shape: [6], name: 'x' })
    const parts = ['a', 'b'].map((name) => dense({ units: 5, activation: 'tanh', name }).apply(x))
    const merged = [
      layers.add({ name: 'add' }),
      layers.average({ name: 'average' }),
      layers.concatenate({ name: 'concatenate' }),
      layers.maximum({ name: 'maximum' }),
      layers.multiply({ name: 'multiply' }),
      layers.subtract({ name: 'subtract' }),
    ].map((merge) => merge.apply(parts))
    const net = model({ inputs: x, outputs: classifier(layers.concatenate({ name: 'all' }).apply(merged)) })
    return fitted(net, { optimizer: optimizers.rmsprop({ momentum: 0.5, centered: true }) })
  },

  async 'shapes and words'() {
    const net = sequential({
      name: 'net',
      layers: [
        layers.embedding({ inputDim: 9, outputDim: 6, embeddingsRegularizer: 'l2', inputShape: [4], name: 'words' }),
        layers.reshape({ targetShape: [8, -1], name: 'reshaped' }),
        dense({ units: 5, activation: 'relu', name: 'rows' }),
        layers.flatten({ name: 'flat' }),
        softmax3(),
      ],
    })
    const optimizer = optimizers.adagrad({ learningRate: schedules.constant(0.05) })
    return fitted(net, { optimizer }, whole([samples, 4], 9))
  },

  async 'bytes, scaled and normalized'() {
    const normalization = layers.normalization({ name: 'normalized' })
    const net = sequential({
      name: 'net',
      layers: [
        layers.rescaling({ scale: 1 / 16, offset: -1, inputShape: [6], name: 'scaled' }),
        normalization,
        dense({ units: 8, activation: 'elu', name: 'hidden' }),
        softmax3(),
      ],
    })
    normalization.adapt(reals([samples, 6], 3))
    const learningRate = schedules.powerDecay({ initialLearningRate: 0.1, decaySteps: 30 })
    return fitted(net, { optimizer: optimizers.adagrad({ learningRate }) }, whole([samples, 6], 32, 'uint8'))
  },

  async 'layers that are activations'() {
    const net = sequential({
      name: 'net',
      layers: [
        dense({ units: 8, inputShape: [6], name: 'first' }),
        layers.prelu({ alphaInitializer: initializers.constant({ value: 0.2 }), name: 'prelu' }),
        dense({ units: 8, name: 'second' }),
        layers.leakyRelu({ negativeSlope: 0.1, name: 'leaky' }),
        dense({ units: 8, name: 'third' }),
        layers.elu({ alpha: 0.5, name: 'elu' }),
        dense({ units: 8, name: 'fourth' }),
        layers.selu({ name: 'selu' }),
        dense({ units: 3, name: 'fifth' }),
        layers.activation({ activation: 'gelu', name: 'gelu' }),
        layers.softmax({ name: 'softmax' }),
      ],
    })
    return fitted(net, { optimizer: optimizers.adadelta({ learningRate: 1 }) })
  },

  async 'batch normalization'() {
    const net = sequential({
      name: 'net',
      layers: [
        layers.reshape({ targetShape: [2, 3], inputShape: [6], name: 'reshaped' }),
        layers.batchNormalization({ axis: 1, name: 'rows' }),
        layers.flatten({ name: 'flat' }),
        dense({ units: 8, useBias: false, name: 'hidden' }),
        layers.batchNormalization({ momentum: 0.9, gammaRegularizer: 'l2', name: 'hidden_normalized' }),
        layers.activation({ activation: 'relu', name: 'relu' }),
        layers.batchNormalization({ center: false, scale: false, name: 'plain' }),
        layers.batchNormalization({ trainable: false, name: 'frozen' }),
        softmax3(),
      ],
    })
    return fitted(net, { optimizer: optimizers.nadam({ learningRate: 0.01 }) })
  },

  async 'layer normalization'() {
    const net = sequential({
      name: 'net',
      layers: [
        dense({ units: 8, activation: 'silu', inputShape: [6], name: 'hidden' }),
        layers.layerNormalization({ name: 'normalized' }),
        layers.reshape({ targetShape: [2, 4], name: 'reshaped' }),
        layers.layerNormalization({ axis: [1, 2], scale: false, name: 'over_all' }),
        layers.flatten({ name: 'flat' }),
        softmax3(),
      ],
    })
    const learningRate = schedules.cosineDecay({
      initialLearningRate: 0,
      warmupTarget: 0.02,
      warmupSteps: 10,
      decaySteps: 90,
    })
    return fitted(net, { optimizer: optimizers.adamw({ learningRate, exclude: ['bias', 'beta'] }) })
  },

  async 'clipped by each norm, decaying'() {
    const learningRate = schedules.polynomialDecay({ initialLearningRate: 0.01, decaySteps: 60, power: 2, cycle: true })
    return fitted(twoLayers(), { optimizer: optimizers.lion({ learningRate, clipNorm: 0.1, weightDecay: 0.1 }) })
  },

  async 'clipped by one norm, two outputs'() {
    const x = input({ shape: [6], name: 'x' })
    const hidden = dense({ units: 8, activation: 'relu', name: 'hidden' }).apply(x)
    const outputs = { kind: classifier(hidden), value: dense({ units: 2, name: 'regression' }).apply(hidden) }
    const net = model({ inputs: x, outputs })
    net.compile({
      optimizer: optimizers.adamax({ learningRate: 0.02, globalClipNorm: 0.2 }),
      loss: { kind: 'sparseCategoricalCrossentropy', value: 'meanSquaredError' },
      lossWeights: { kind: 1, value: 0.3 },
    })
    await net.fit(reals([samples, 6], 1), { kind: classes(3), value: reals([samples, 2], 2) }, plainFit)
    return net
  },

  async 'clipped by value, accumulated'() {
    const learningRate = schedules.oneCycle({ maxLearningRate: 0.5, totalSteps: 30 })
    const optimizer = optimizers.sgd({ learningRate, momentum: 0.9, nesterov: true, clipValue: 0.05 })
    return fitted(twoLayers(), { optimizer }, undefined, { gradientAccumulation: 3 })
  },

  async regularizers() {
    const { l1, l2, l1l2, orthogonal } = regularizers
    const net = sequential({
      name: 'net',
      layers: [
        dense({ units: 8, kernelRegularizer: l1({ l1: 0.01 }), inputShape: [6], name: 'l1' }),
        dense({
          units: 8,
          activation: 'tanh',
          kernelRegularizer: l2({ l2: 0.02 }),
          biasRegularizer: l2({ l2: 0.01 }),
          name: 'l2',
        }),
        dense({ units: 8, activation: 'tanh', kernelRegularizer: l1l2({ l1: 0.01, l2: 0.01 }), name: 'l1l2' }),
        dense({ units: 8, activation: 'relu', kernelRegularizer: orthogonal({ factor: 0.05 }), name: 'orthogonal' }),
        dense({ units: 4, activation: 'relu', activityRegularizer: l2({ l2: 0.01 }), name: 'activity' }),
        softmax3(),
      ],
    })
    return fitted(net, { optimizer: optimizers.sgd({ learningRate: 0.1, momentum: 0.5, globalClipNorm: 1 }) })
  },

  async constraints() {
    const { maxNorm, minMaxNorm, nonNeg, unitNorm } = constraints
    const kernels = {
      maxNorm: maxNorm({ maxValue: 0.8 }),
      minMaxNorm: minMaxNorm({ minValue: 0.5, maxValue: 0.9, rate: 0.5 }),
    }
    const hidden = Object.entries({ ...kernels, nonNeg: nonNeg(), unitNorm: unitNorm() }).map(
      ([name, kernelConstraint]) =>
        dense({ units: 8, activation: 'relu', kernelConstraint, biasConstraint: 'nonNeg', name }),
    )
    const net = sequential({
      name: 'net',
      layers: [layers.flatten({ inputShape: [6], name: 'x' }), ...hidden, softmax3()],
    })
    return fitted(net, { optimizer: optimizers.adam({ learningRate: 0.02, amsgrad: true }) })
  },

  async 'losses on logits'() {
    const heads = {
      binaryCrossentropy: [losses.binaryCrossentropy, 'sigmoid', shares],
      categoricalCrossentropy: [losses.categoricalCrossentropy, 'softmax', oneHot],
      categoricalHinge: [losses.categoricalHinge, 'linear', oneHot],
      cosineSimilarity: [losses.cosineSimilarity, 'linear', oneHot],
      hinge: [losses.hinge, 'tanh', shares],
      huber: [losses.huber, 'linear', shares],
      kullbackLeiblerDivergence: [losses.kullbackLeiblerDivergence, 'softmax', oneHot],
      logCosh: [losses.logCosh, 'linear', shares],
      meanAbsoluteError: [losses.meanAbsoluteError, 'linear', shares],
      meanSquaredError: [losses.meanSquaredError, 'linear', shares],
      poisson: [losses.poisson, 'softplus', shares],
      sparseCategoricalCrossentropy: [losses.sparseCategoricalCrossentropy, 'softmax', () => classes(3)],
      squaredHinge: [losses.squaredHinge, 'linear', shares],
    }
    const x = input({ shape: [6], name: 'x' })
    const hidden = dense({ units: 8, activation: 'tanh', name: 'hidden' }).apply(x)
    const each = (fn) => Object.fromEntries(Object.entries(heads).map(([name, head]) => [name, fn(head, name)]))
    const net = model({
      inputs: x,
      outputs: each(([, activation], name) => dense({ units: 3, activation, name }).apply(hidden)),
    })
    const learningRate = schedules.exponentialDecay({
      initialLearningRate: 0.02,
      decaySteps: 20,
      decayRate: 0.8,
      staircase: true,
    })
    net.compile({ optimizer: optimizers.adam({ learningRate }), loss: each(([loss]) => loss) })
    const targets = each(([, , target]) => target())
    await net.fit(reals([samples, 6], 1), targets, plainFit)
    return net
  },

  async 'losses with options, on probabilities'() {
    const x = input({ shape: [6], name: 'x' })
    const hidden = dense({ units: 8, activation: 'tanh', name: 'hidden' }).apply(x)
    const sizes = { a: 1, b: 3, c: 3, d: 3 }
    const outputs = Object.entries(sizes).map(([name, units]) =>
      layers
        .rescaling({ scale: 0.9, offset: 0.05, name: `${name}_scaled` })
        .apply(dense({ units, activation: 'sigmoid', name }).apply(hidden)),
    )
    const net = model({ inputs: x, outputs })
    const learningRate = schedules.inverseTimeDecay({ initialLearningRate: 0.02, decaySteps: 25, decayRate: 0.5 })
    const loss = [
      (y, p) => losses.binaryCrossentropy(y, p, { labelSmoothing: 0.1 }),
      (y, p) => losses.categoricalCrossentropy(y, p, { labelSmoothing: 0.2, reduction: 'none' }),
      (y, p) => losses.huber(y, p, { delta: 0.2 }),
      (y, p) => mean(square(sub(y, p)), 1),
    ]
    net.compile({ optimizer: optimizers.nadam({ learningRate, weightDecay: 0.01 }), loss })
    const one = tensor(
      Int32Array.from({ length: samples }, (_, i) => i % 2),
      [samples, 1],
    )
    await net.fit(reals([samples, 6], 1), [one, oneHot(), shares(), oneHot()], plainFit)
    return net
  },

  async 'shared and nested, step by step'() {
    const inner = sequential({
      name: 'inner',
      layers: [
        dense({ units: 6, activation: 'relu', inputShape: [6], kernelRegularizer: 'l2', name: 'inner_hidden' }),
        layers.batchNormalization({ name: 'inner_normalized' }),
      ],
    })
    const shared = dense({ units: 6, activation: 'tanh', name: 'shared' })
    const [left, right] = ['left', 'right'].map((name) => input({ shape: [6], name }))
    const branch = (x) => shared.apply(inner.apply(shared.apply(x)))
    const middle = model({
      inputs: [left, right],
      outputs: layers.add({ name: 'added' }).apply([branch(left), branch(right)]),
      name: 'middle',
    })
    const [a, b] = ['a', 'b'].map((name) => input({ shape: [6], name }))
    const net = model({ inputs: [a, b], outputs: classifier(middle.apply([a, b])), name: 'net' })
    shared.weights[0].learningRateMultiplier = 0.5
    const optimizer = optimizers.rmsprop({ learningRate: schedules.warmup(0.01, 20), weightDecay: 0.01 })
    const lossOf = (x, z, y) => losses.sparseCategoricalCrossentropy(y, net.call([x, z], { training: true }))
    const step = compileStep(lossOf, { parameters: net.trainableWeights, optimizer })
    for (const [x, y] of batches(reals([samples, 6], 1), classes(3))) tidy(() => step.sync(x, square(x), y))
    step.dispose()
    return net
  },

  async 'eagerly, a Dataset'() {
    const net = twoLayers('softplus')
    const optimizer = optimizers.adadelta({
      learningRate: schedules.cosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 30 }),
    })
    net.ensureBuilt([6])
    initializers.lsuv(net, reals([samples, 6], 1))
    const data = Dataset.fromTensors([reals([samples, 6], 1), classes(3)])
      .shuffle(samples, { seed: 3 })
      .batch(batchSize)
      .repeat()
    let step = 0
    for await (const [x, y] of data) {
      tidy(() => {
        losses.sparseCategoricalCrossentropy(y, net.call(x, { training: true })).backward()
        optimizer.apply(net.trainableWeights)
        net.zeroGrad()
      })
      if (++step === steps) break
    }
    return net
  },

  async 'weighted samples, a rate that falls'() {
    const learningRate = schedules.piecewiseConstant({ boundaries: [30, 60], values: [0.1, 0.03, 0.01] })
    const optimizer = optimizers.adamax({ learningRate, clipNorm: 0.5 })
    const sampleWeight = Float32Array.from({ length: samples }, (_, i) => (i % 5) / 2)
    return fitted(twoLayers(), { optimizer }, undefined, { sampleWeight, classWeight: { 0: 2, 2: 0.5 } })
  },
}

/** Those with layers that draw noise. */
const drawing = {
  async 'noise, from the global seed'() {
    return fitted(noisy(), { optimizer: optimizers.adam({ learningRate: 0.01 }) })
  },

  async 'noise, each with a seed'() {
    return fitted(noisy(7), { optimizer: optimizers.sgd({ learningRate: 0.05, momentum: 0.9 }) })
  },
}

for (const [name, train] of Object.entries({ ...quiet, ...drawing })) {
  setSeed(Number.parseInt(sha256(name).slice(0, 12), 16))
  const { weights } = await train()
  const bytes = weights.map((weight) => weight.data())
  if (!bytes.every((values) => values.every(Number.isFinite))) throw new Error(`${name}: a weight is not finite`)
  console.log(`${name.padEnd(40)}${sha256(...bytes)}`)
}
console.log(`with noise layers: ${Object.keys(drawing).join('; ')}`)
for (const kind of kinds) {
  const others = Object.keys(library[kind]).filter((name) => /^[a-z]/.test(name) && !held.has(`${kind}.${name}`))
  if (others.length > 0) console.error(`in no network: ${kind} ${others.join(' ')}`)
}

/** Trains a classifier of three classes by fit. */
async function fitted(net, compiled, x = reals([samples, 6], 1), options = {}) {
  net.compile({ loss: losses.sparseCategoricalCrossentropy, ...compiled })
  await net.fit(x, classes(3), { ...plainFit, ...options })
  return net
}

function softmax3() {
  return dense({ units: 3, activation: 'softmax', name: 'classes' })
}

function classifier(x) {
  return softmax3().apply(x)
}

function twoLayers(activation = 'tanh') {
  const hidden = dense({ units: 8, activation, inputShape: [6], name: 'hidden' })
  return sequential({ name: 'net', layers: [hidden, softmax3()] })
}

/** Every layer that draws. @param seed of each of them; default none */
function noisy(seed) {
  const own = (name, more) => ({ name, ...(seed !== undefined && { seed }), ...more })
  return sequential({
    name: 'net',
    layers: [
      layers.gaussianNoise(own('noise', { stddev: 0.1, inputShape: [6] })),
      dense({ units: 8, name: 'first' }),
      layers.rrelu(own('rrelu')),
      layers.gaussianDropout(own('gaussian', { rate: 0.1 })),
      layers.reshape({ targetShape: [2, 4], name: 'reshaped' }),
      layers.spatialDropout(own('spatial', { rate: 0.1 })),
      layers.flatten({ name: 'flat' }),
      dense({ units: 8, activation: 'selu', name: 'second' }),
      layers.alphaDropout(own('alpha', { rate: 0.1 })),
      layers.dropout(own('dropout', { rate: 0.2 })),
      softmax3(),
    ],
  })
}

/** The batches of all steps, in the order of the samples. */
function* batches(x, y) {
  const [xs, ys] = [x.split(stepsPerEpoch), y.split(stepsPerEpoch)]
  for (let step = 0; step < steps; step++) yield [xs[step % stepsPerEpoch], ys[step % stepsPerEpoch]]
}

/** Numbers from −1 to 1, the same for a seed. */
function reals(shape, seed) {
  const next = numbers(seed)
  return tensor(
    Float32Array.from({ length: size(shape) }, () => next() * 2 - 1),
    shape,
  )
}

/** Whole numbers below a limit. */
function whole(shape, limit, dtype = 'int32') {
  const next = numbers(limit)
  return tensor(
    Int32Array.from({ length: size(shape) }, () => Math.floor(next() * limit)),
    shape,
    { dtype },
  )
}

/** A label for each sample. */
function classes(n) {
  return whole([samples], n)
}

/** The labels of three classes as rows of 0 and 1. */
function oneHot() {
  return classes(3).oneHot(3)
}

/** A share for each of three outputs, from 0 to 1. */
function shares() {
  return reals([samples, 3], 2).abs()
}

/** The generator of Lehmer, from 0 to 1: the same numbers wherever it runs. */
function numbers(seed) {
  let state = seed + 1
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

function size(shape) {
  return shape.reduce((product, n) => product * n, 1)
}

function sha256(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** A folder of choices, which notes down the members that are read. */
function noting(kind) {
  const get = (members, name) => {
    held.add(`${kind}.${name}`)
    return members[name]
  }
  return new Proxy(library[kind], { get })
}
