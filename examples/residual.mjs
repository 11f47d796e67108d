// Skip connections: thirty blocks of 48 units on MNIST, stacked plainly, and with each block's input added to its output. Depth,
// first weights, N(0, 0.05²) in the blocks, and training are the same; only the sum differs (He et al. 2015).
import { datasets, input, layers, losses, model, setSeed } from 'myelin'

const { train, test } = await datasets.mnist()
const blocks = 30
const units = 48

function network(name, residual) {
  setSeed(1)
  const images = input({ shape: [28, 28] })
  let x = layers.rescaling({ scale: 1 / 255 }).apply(layers.flatten().apply(images))
  x = layers.dense({ units, activation: 'relu' }).apply(x)
  for (let i = 1; i <= blocks; i++) {
    const f = layers
      .dense({ units, activation: 'relu', kernelInitializer: 'randomNormal', name: `block_${i}` })
      .apply(x)
    x = residual ? layers.add().apply([x, f]) : f
  }
  return model({ inputs: images, outputs: layers.dense({ units: 10, activation: 'softmax' }).apply(x), name })
}

/** The norms of the gradients of some blocks' kernels, on 500 images. */
function gradientNorms(net) {
  const loss = losses.sparseCategoricalCrossentropy(
    train.y.slice([0], [500]),
    net.call(train.x.slice([0, 0, 0], [500, 28, 28])),
  )
  loss.backward()
  return [1, 10, 20, 30].map((i) => {
    const [kernel] = net.getLayer(`block_${i}`).weights
    const norm = kernel.grad.square().sum().sqrt().item()
    kernel.zeroGrad()
    return norm.toExponential(0)
  })
}

const rows = []
for (const [name, residual] of [
  ['plain', false],
  ['residual', true],
]) {
  const net = network(name, residual)
  const before = gradientNorms(net)
  net.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  console.log(`\n${name}: ${blocks} blocks, ${net.countParams().total} weights`)
  await net.fit(train.x, train.y, { epochs: 2, batchSize: 64, seed: 1, verbose: 2 })
  rows.push([name, before, await net.evaluate(test.x, test.y, { batchSize: 500 })])
}

console.log('\n           gradient norm of block 1, 10, 20, 30 at the start   test accuracy')
for (const [name, norms, { accuracy }] of rows)
  console.log(`${name.padEnd(10)} ${norms.map((norm) => norm.padEnd(9)).join(' ')}             ${accuracy.toFixed(4)}`)
