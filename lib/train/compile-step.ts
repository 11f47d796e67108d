import { checkFlag, checkFunction, refusePromise, wrong } from '../core/check.js'
import { isListOf } from '../core/kinds.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { checkTensors } from '../graph/compile.js'
import type { Plan } from '../graph/plan.js'
import { Planned } from '../graph/planned.js'
import { type OptimizerLike, optimizerRegistry } from '../optim/choices.js'
import type { Optimizer } from '../optim/optimizer.js'
import { checkParameters } from '../optim/parameters.js'
import { Parameter } from '../tensor/parameter.js'
import { premises } from '../tensor/premises.js'
import { formatShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { gradientStep } from './gradient-step.js'

export interface CompileStepOptions {
  /** The parameters to train: usually `model.trainableWeights`. */
  parameters: readonly Parameter[]
  /** A name or an optimizer. */
  optimizer: OptimizerLike
  /**
   * Whether a step whose loss is NaN or infinite is left undone, as `terminateOnNaN` has it in `fit`: parameters, running statistics,
   * the optimizer's state and count, and random draws stay as they were, and the result has that loss. Costs next to nothing. Default false.
   */
  mustBeFinite?: boolean
}

/** The result of a step. */
export interface StepResult {
  /** The loss, before the update; with `mustBeFinite` there was an update if it is finite. */
  loss: number
}

/** A compiled training step. */
export interface CompiledStep<Inputs extends readonly Tensor[]> {
  /** Runs the step off this thread. The inputs may be disposed of meanwhile. */
  (...inputs: Inputs): Promise<StepResult>
  /** Runs the step on this thread. */
  sync(...inputs: Inputs): StepResult
  /** The plan for inputs like these, in words; after `profile()` with the microseconds of each instruction. */
  explain(...inputs: Inputs): string
  /** Measures each instruction of the plans there are, from the next step on; `false` ends that. */
  profile(on?: boolean): void
  /** Frees the plans. */
  dispose(): void
}

/**
 * A training step of one's own as one native call: the loss, its gradients and the optimizer's update, compiled together,
 * bit for bit what they are eagerly. A plan is made for each combination of input shapes and dtypes, and of which of the layers that it
 * depends on are frozen; for each of the former the four used last are kept, so that layers may be frozen and set free at each step.
 * `parameters` stay what they are, without those that are not `trainable` by themselves.
 * @param loss a function of tensors that returns the loss, with one element; it must not read elements
 * @throws MyelinError ERR_ARGUMENT if there is no parameter; when first called: if the function reads elements, returns no
 *   tensor, or an op on the way has no gradient (ERR_NO_GRADIENT)
 */
export function compileStep<Inputs extends readonly Tensor[]>(
  loss: (...inputs: Inputs) => Tensor,
  options: CompileStepOptions,
): CompiledStep<Inputs> {
  checkOptions(options, ['parameters', 'optimizer', 'mustBeFinite'], 'compileStep')
  const { parameters, optimizer, mustBeFinite = false } = options
  checkFunction('compileStep', 'a function that gives the loss', loss)
  if (!isListOf(parameters, (p) => p instanceof Parameter) || parameters.length === 0)
    throw wrong(
      'compileStep',
      'parameters must be a list of at least one Parameter, such as model.trainableWeights of a built model',
    )
  checkParameters('compileStep', parameters)
  checkFlag('compileStep', 'mustBeFinite', mustBeFinite)
  const rule = optimizerRegistry.get(optimizer, 'compileStep')
  const planned = new Planned<Tensor>({
    name: 'compileStep',
    outputs: (loss) => [loss],
    advance: (steps) => rule.advance(steps),
    mustBeFinite: mustBeFinite ? 0 : undefined,
  })
  const body = (...symbols: Tensor[]): Tensor => {
    for (const parameter of parameters) premises.value?.note(parameter, parameter.trainable, isTrainable)
    return train(refusePromise('compileStep', loss(...(symbols as readonly Tensor[] as Inputs))), parameters, rule)
  }
  const planFor = (inputs: Inputs): Plan => {
    checkTensors(inputs, 'compileStep')
    return planned.for(inputs, body).plan()
  }

  const step = async (...inputs: Inputs): Promise<StepResult> => {
    const plan = planFor(inputs)
    const [output] = plan.newOutputs() as [Tensor]
    try {
      await plan.start(inputs, [output], 1, 0).finished
      return { loss: output.item() }
    } finally {
      output.dispose()
    }
  }
  return Object.assign(step, {
    sync(...inputs: Inputs): StepResult {
      const [output] = planFor(inputs).run(inputs) as [Tensor]
      const result = { loss: output.item() }
      output.dispose()
      return result
    },
    explain: (...inputs: Inputs) => planFor(inputs).explain(),
    profile(on = true) {
      for (const plan of planned.plans) plan.profile(on)
    },
    dispose: () => planned.dispose(),
  })
}

const isTrainable = ({ trainable }: Parameter): boolean => trainable

/** The rest of a step: gradients and update. Returns the loss. */
function train(loss: Tensor, parameters: readonly Parameter[], optimizer: Optimizer): Tensor {
  if (!(loss instanceof Tensor))
    throw wrong('compileStep', `the function must return the loss as a Tensor, got ${show(loss)}`)
  if (loss.size !== 1)
    throw wrong('compileStep', `the loss must have one element, its shape is ${formatShape(loss.shape)}`)
  gradientStep('compileStep', loss, parameters, optimizer)
  return loss
}
