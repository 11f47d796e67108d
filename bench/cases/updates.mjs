// One update of 400,000 parameters by each rule, beside one by SGD with momentum: alone, and in a gradient's product.
import { library } from '../build.mjs'
import { fastestOfEach, numbers } from '../measure.mjs'

const { compileStep, matmul, optimizers, Parameter, tensor } = library

const count = 400_000
const momentum = () => optimizers.sgd({ momentum: 0.9 })

/** Each rule, and the goal of its time alone by that of SGD with momentum. */
const rules = [
  ['sgd', () => optimizers.sgd()],
  ['sgd nesterov', () => optimizers.sgd({ momentum: 0.9, nesterov: true })],
  ['rmsprop', () => optimizers.rmsprop(), 1.1],
  ['adagrad', () => optimizers.adagrad(), 1.1],
  ['adadelta', () => optimizers.adadelta(), 1.55],
  ['adam', () => optimizers.adam(), 1.55],
  ['adam amsgrad', () => optimizers.adam({ amsgrad: true }), 2],
  ['adamw', () => optimizers.adamw(), 1.55],
  ['adamax', () => optimizers.adamax()],
  ['nadam', () => optimizers.nadam(), 1.55],
  ['radam', () => optimizers.radam(), 1.55],
  ['lion', () => optimizers.lion()],
]

export function* run(settings) {
  for (const [name, rule, goal] of rules) {
    const [us, besideUs] = fastestOfEach([update(rule()), update(momentum())], settings)
    yield { case: `updates ${name}`, us, besideUs, ...(goal && { goal }) }
  }
  for (const [name, rule] of rules) {
    const [step, other] = [productStep(rule()), productStep(momentum())]
    const [us, besideUs] = fastestOfEach([step.run, other.run], settings)
    yield { case: `updates ${name} in a product`, us, besideUs, fused: step.fused }
  }
}

function update(optimizer) {
  const parameter = new Parameter(tensor(numbers(count)))
  const gradient = tensor(numbers(count, 2).map((v) => v * 1e-2))
  return () => optimizer.update([parameter], [gradient])
}

/**
 * A step of one kernel, 784 x 512, on a batch of 32: the product x·w for the loss, and that for the gradient with the update in it. There is
 * no such step without an update to subtract, since then the gradient would have to be written.
 */
function productStep(optimizer) {
  const kernel = new Parameter(tensor(numbers(784 * 512), [784, 512]))
  const x = tensor(numbers(32 * 784, 2), [32, 784])
  const dy = tensor(
    numbers(32 * 512, 3).map((v) => v * 1e-2),
    [32, 512],
  )
  const step = compileStep((x, dy) => matmul(x, kernel).mul(dy).sum(), { parameters: [kernel], optimizer })
  return { run: () => void step.sync(x, dy), fused: step.explain(x, dy).includes('matmulUpdate') }
}
