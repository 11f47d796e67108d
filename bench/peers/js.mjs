// The mlp case by hand in plain JavaScript on typed arrays: what one would write without a library.
import { kernels, samples } from './start.mjs'

const quick = process.argv.includes('--quick')
const inputs = 784
const hidden = 512
const classes = 10
const epsilon = 1e-3
const rate = 1e-4

const { us, loss } = train(32, quick ? 100 : 60_000 / 32)
console.log(JSON.stringify({ case: 'mlp b32', us, threads: 1, loss }))

function train(batch, count) {
  const { x: images, y: labels } = samples(batch * count)
  const [w1, w2] = kernels()
  const parameters = [
    w1,
    new Float32Array(hidden),
    new Float32Array(hidden).fill(1),
    new Float32Array(hidden),
    w2,
    new Float32Array(classes),
  ]
  const gradients = parameters.map((p) => new Float32Array(p.length))
  const squares = parameters.map((p) => new Float32Array(p.length))
  let total = 0
  let best = Number.POSITIVE_INFINITY
  for (let step = 0; step < count; step++) {
    const start = performance.now()
    const x = images.subarray(step * batch * inputs, (step + 1) * batch * inputs)
    total += backward(x, labels.subarray(step * batch, (step + 1) * batch), batch, parameters, gradients)
    for (let p = 0; p < parameters.length; p++) rmsprop(parameters[p], gradients[p], squares[p])
    best = Math.min(best, performance.now() - start)
  }
  return { us: best * 1000, loss: total / count }
}

/** The mean loss of a batch; fills the gradients. */
function backward(x, labels, batch, [w1, b1, gamma, beta, w2, b2], [dw1, db1, dgamma, dbeta, dw2, db2]) {
  const h = dense(x, w1, b1, batch, inputs, hidden)
  for (let i = 0; i < h.length; i++) if (h[i] < 0) h[i] = 0

  const { normalized, deviation } = normalize(h, batch)
  const y = new Float32Array(h.length)
  for (let i = 0; i < batch; i++)
    for (let j = 0; j < hidden; j++) y[i * hidden + j] = normalized[i * hidden + j] * gamma[j] + beta[j]

  const dz = dense(y, w2, b2, batch, hidden, classes)
  const loss = softmaxCrossEntropy(dz, labels, batch)

  weightGradient(y, dz, dw2, db2, batch, hidden, classes)
  const dy = new Float32Array(h.length)
  for (let i = 0; i < batch; i++) {
    for (let j = 0; j < hidden; j++) {
      let sum = 0
      for (let k = 0; k < classes; k++) sum += dz[i * classes + k] * w2[j * classes + k]
      dy[i * hidden + j] = sum
    }
  }

  dgamma.fill(0)
  dbeta.fill(0)
  for (let i = 0; i < batch; i++) {
    for (let j = 0; j < hidden; j++) {
      dbeta[j] += dy[i * hidden + j]
      dgamma[j] += dy[i * hidden + j] * normalized[i * hidden + j]
    }
  }
  for (let i = 0; i < batch; i++) {
    for (let j = 0; j < hidden; j++) {
      const at = i * hidden + j
      const centred = dy[at] - (dbeta[j] + normalized[at] * dgamma[j]) / batch
      dy[at] = h[at] > 0 ? (centred * gamma[j]) / deviation[j] : 0
    }
  }
  weightGradient(x, dy, dw1, db1, batch, inputs, hidden)
  return loss
}

/** x [m, k] · w [k, n] + b [n]; the inner loop runs along rows of w. */
function dense(x, w, b, m, k, n) {
  const y = new Float32Array(m * n)
  for (let i = 0; i < m; i++) {
    const row = y.subarray(i * n, (i + 1) * n)
    row.set(b)
    for (let l = 0; l < k; l++) {
      const factor = x[i * k + l]
      const at = l * n
      for (let j = 0; j < n; j++) row[j] += factor * w[at + j]
    }
  }
  return y
}

/** dw [k, n] = xᵀ [k, m] · dy [m, n], db [n] = the column sums of dy. */
function weightGradient(x, dy, dw, db, m, k, n) {
  dw.fill(0)
  db.fill(0)
  for (let i = 0; i < m; i++) {
    const row = dy.subarray(i * n, (i + 1) * n)
    for (let j = 0; j < n; j++) db[j] += row[j]
    for (let l = 0; l < k; l++) {
      const factor = x[i * k + l]
      const at = l * n
      for (let j = 0; j < n; j++) dw[at + j] += factor * row[j]
    }
  }
}

function normalize(h, batch) {
  const mean = new Float32Array(hidden)
  const deviation = new Float32Array(hidden)
  const normalized = new Float32Array(h.length)
  for (let i = 0; i < batch; i++) for (let j = 0; j < hidden; j++) mean[j] += h[i * hidden + j] / batch
  for (let i = 0; i < batch; i++)
    for (let j = 0; j < hidden; j++) deviation[j] += (h[i * hidden + j] - mean[j]) ** 2 / batch
  for (let j = 0; j < hidden; j++) deviation[j] = Math.sqrt(deviation[j] + epsilon)
  for (let i = 0; i < batch; i++)
    for (let j = 0; j < hidden; j++) normalized[i * hidden + j] = (h[i * hidden + j] - mean[j]) / deviation[j]
  return { normalized, deviation }
}

/** The mean loss; the logits become their gradient. */
function softmaxCrossEntropy(z, labels, batch) {
  let loss = 0
  for (let i = 0; i < batch; i++) {
    const row = z.subarray(i * classes, (i + 1) * classes)
    const largest = Math.max(...row)
    let sum = 0
    for (let j = 0; j < classes; j++) sum += Math.exp(row[j] - largest)
    loss += Math.log(sum) + largest - row[labels[i]]
    for (let j = 0; j < classes; j++) row[j] = (Math.exp(row[j] - largest) / sum - (j === labels[i] ? 1 : 0)) / batch
  }
  return loss / batch
}

function rmsprop(w, g, v) {
  for (let i = 0; i < w.length; i++) {
    v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i]
    w[i] -= (rate * g[i]) / Math.sqrt(v[i] + 1e-7)
  }
}
