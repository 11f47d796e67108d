import { checkFlag } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { full } from '../tensor/creation.js'
import { Parameter } from '../tensor/parameter.js'
import { currentScope, tidy } from '../tensor/scope.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import { Symbolic } from '../tensor/symbolic.js'
import { nextId, Tensor } from '../tensor/tensor.js'
import { recording, type TapeNode } from './tape.js'

export interface BackwardOptions {
  /** Record the backward pass too, so that the gradients can be differentiated again. Default false. */
  createGraph?: boolean
  /** Keep what the graph saved, so that another backward pass can follow. Default: the value of `createGraph`. */
  retainGraph?: boolean
}

/** The two ops that the backward pass itself needs. ops/ lies above, and hands them down. */
interface GradientOps {
  add(a: Tensor, b: Tensor): Tensor
  /** A tensor's elements under another handle. */
  identity(x: Tensor): Tensor
}

let ops: GradientOps

export function installGradientOps(installed: GradientOps): void {
  ops = installed
}

/**
 * Adds the gradient of `root` into `.grad` of every leaf that requires one.
 * @param gradient of root's shape; may be left out where root has one element, and is 1 then
 * @throws MyelinError ERR_SHAPE; ERR_NO_GRADIENT; ERR_ARGUMENT when there is no graph, it has been used up, or a parameter
 *   in it has been assigned to since. Nothing is changed then.
 */
export function backward(root: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  root.check('backward')
  if (!root.requiresGrad)
    throw new MyelinError(
      'ERR_ARGUMENT',
      '[backward] the tensor was not computed from anything that requires a gradient',
    )
  if (root instanceof Symbolic)
    throw new MyelinError(
      'ERR_ARGUMENT',
      '[backward] not inside compile(): use grad(), or compileStep() with parameters',
    )
  checkOptions(options, ['createGraph', 'retainGraph'], 'backward')
  const { createGraph = false, retainGraph = createGraph } = options
  checkFlag('backward', 'createGraph', createGraph)
  checkFlag('backward', 'retainGraph', retainGraph)
  const first = nextId()
  const scope = currentScope.value
  tidy(() => {
    const sums = pass(root, seedOf(root, gradient), null, options)
    const owned = new Set<Tensor>()
    recording.run(createGraph, () => {
      for (const [leaf, sum] of sums) {
        if (leaf.node !== null) continue
        const total = leaf.ownGradient === null ? sum : ops.add(leaf.ownGradient, sum)
        // A leaf owns its gradient: a sum that something else holds too gets a handle of its own.
        leaf.takeGradient(total.id < first || owned.has(total) ? ops.identity(total) : total, scope)
        owned.add(total)
      }
    })
    // The tensors that gradients were computed from live on where these are to be differentiated.
    return createGraph ? Array.from(sums.keys(), ({ ownGradient }) => ownGradient) : null
  })
}

/**
 * The gradients of `root` in `targets`, null where it does not depend on one. `.grad` is left alone.
 * @throws as {@link backward}
 */
export function gradients(
  root: Tensor,
  targets: readonly Tensor[],
  options: BackwardOptions & { gradient?: Tensor } = {},
): (Tensor | null)[] {
  root.check('gradients')
  if (!root.requiresGrad) return targets.map(() => null)
  return tidy(() => {
    const sums = pass(root, seedOf(root, options.gradient), new Set(targets), options)
    return targets.map((target) => sums.get(target) ?? null)
  })
}

function seedOf(root: Tensor, gradient: Tensor | undefined): Tensor {
  if (gradient === undefined) {
    if (root.size !== 1)
      throw new MyelinError(
        'ERR_SHAPE',
        `[backward] the tensor has shape ${formatShape(root.shape)}; give the gradient, or reduce it to one element`,
      )
    return full(root.shape, 1)
  }
  if (!(gradient instanceof Tensor))
    throw new MyelinError(
      'ERR_ARGUMENT',
      '[backward] the gradient must be a Tensor; options come second: backward(undefined, options)',
    )
  gradient.check('backward')
  if (gradient.dtype !== 'float32')
    throw new MyelinError('ERR_DTYPE', `[backward] the gradient must be float32, got ${gradient.dtype}; cast it`)
  if (!sameShape(gradient.shape, root.shape))
    throw new MyelinError(
      'ERR_SHAPE',
      `[backward] the gradient is ${formatShape(gradient.shape)}, the tensor ${formatShape(root.shape)}`,
    )
  return gradient
}

/**
 * One walk from the root back, youngest node first. Returns what reached each tensor: the targets, or where `targets` is
 * null the leaves (and the root).
 */
function pass(
  root: Tensor,
  seed: Tensor,
  targets: ReadonlySet<Tensor> | null,
  { createGraph = false, retainGraph = createGraph }: BackwardOptions,
): Map<Tensor, Tensor> {
  const nodes = reachable(root)
  const wanted = targets === null ? null : leadingTo(targets, nodes)
  const useful = wanted === null ? nodes : nodes.filter((node) => wanted.has(node))
  for (const node of useful) checkNode(node)

  const sums = new Map<Tensor, Tensor>([[root, seed]])
  const wants = (input: Tensor): boolean =>
    input.requiresGrad &&
    (targets === null ||
      wanted === null ||
      targets.has(input) ||
      (input.node !== null && wanted.has(input.node as TapeNode)))

  recording.run(createGraph, () => {
    for (const node of useful) {
      const reached = node.outputs.map((output) => sums.get(output) ?? null)
      for (const output of node.outputs) if (output !== root && !targets?.has(output)) sums.delete(output)
      if (reached.some((gradient) => gradient !== null)) {
        const results = inputGradients(node, reached)
        for (let i = 0; i < node.inputs.length; i++) {
          const input = node.inputs[i] as Tensor
          const result = results[i]
          if (result === null || result === undefined || !wants(input)) continue
          const before = sums.get(input)
          sums.set(input, before === undefined ? result : ops.add(before, result))
        }
      }
      if (!retainGraph) node.release()
    }
  })
  return sums
}

/** The nodes that root was computed by, youngest first. */
function reachable(root: Tensor): TapeNode[] {
  const found = new Set<TapeNode>()
  if (root.node !== null) found.add(root.node as TapeNode)
  for (const node of found)
    for (const { node: creator } of node.inputs) if (creator !== null) found.add(creator as TapeNode)
  const nodes = [...found]
  for (let i = 1; i < nodes.length; i++)
    if ((nodes[i] as TapeNode).generation > (nodes[i - 1] as TapeNode).generation)
      return nodes.sort((a, b) => b.generation - a.generation)
  return nodes
}

/** Of the nodes, youngest first, those through which a target is reached. */
function leadingTo(targets: ReadonlySet<Tensor>, nodes: readonly TapeNode[]): Set<TapeNode> {
  const wanted = new Set<TapeNode>()
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as TapeNode
    if (node.inputs.some((input) => targets.has(input) || (input.node !== null && wanted.has(input.node as TapeNode))))
      wanted.add(node)
  }
  return wanted
}

function checkNode(node: TapeNode): void {
  const { name } = node.op
  if (node.op.gradient === null) throw new MyelinError('ERR_NO_GRADIENT', `[${name}] this op has no gradient`)
  if (node.spent)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${name}] backward has already passed here; give { retainGraph: true } the first time`,
    )
  const changed = node.changedInput()
  if (changed !== undefined) {
    const which = changed.base instanceof Parameter ? show(changed.base.name) : 'an input'
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${name}] ${which} was assigned to after it was used; run the forward pass again`,
    )
  }
}

/** Calls the op's gradient, letting it read what the user has disposed of but the tape still holds. */
function inputGradients(node: TapeNode, reached: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
  const revived: Tensor[] = []
  for (const tensors of [node.inputs, node.outputs])
    for (const tensor of tensors) {
      if (!tensor.disposed || tensor.rawHandle < 0) continue
      tensor.revive()
      revived.push(tensor)
    }
  try {
    return node.op.gradient?.(node, reached) ?? []
  } finally {
    for (const tensor of revived) tensor.dispose()
  }
}
