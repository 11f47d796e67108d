import { MyelinError } from '../core/error.js'
import { isPlainObject } from '../core/kinds.js'
import { show } from '../core/show.js'
import type { AnyModel, Model } from '../model/model.js'
import type { Initializer } from '../nn/initializers/initializer.js'
import { weightRoom } from '../nn/weight.js'
import { zeros } from '../tensor/creation.js'
import { dtypeBytes } from '../tensor/dtype.js'
import { apply, immediate, type Recorder, recorder } from '../tensor/recorder.js'
import { formatShape, type Shape, sizeOf } from '../tensor/shape.js'
import { differences, State, type StateValue } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'
import type { CompileOptions } from '../train/objective.js'
import { fittingDType } from './file-elements.js'
import { parseJson } from './json.js'
import { checkVersion, formatVersion, guarded, jsonBounds, makeModel, tellModel } from './model-config.js'
import { fromPlain, toPlain } from './plain-data.js'
import type { Entry } from './safetensors.js'
import { type Contents, saveContents } from './save.js'
import { checkPath, hashName, TensorFile } from './tensor-file.js'

// A model's file: the weights by their paths; the tensors of the optimizer's state below `~optimizer/`, where no path of a weight
// begins; the rest as JSON in the metadata.

/** The metadata that are Myelin's. */
export const metadataName = 'myelin'

/** The beginning of names of tensors that are no weights. */
export const optimizerPrefix = '~optimizer/'

/** Writes a model to a file; see {@link Model.save}. */
export async function saveModel(model: AnyModel, path: string): Promise<void> {
  checkPath('save', path)
  await saveContents('save', path, model, () => contentsOf(model))
}

function contentsOf(model: AnyModel): Contents {
  const where = 'save'
  const { tensors, draws } = heldBy(model, where)
  const compile = model.getCompileConfig()
  const optimizer = compile === null ? new State() : model.optimizer.held(model.weightsByPath())
  for (const [path, tensor] of optimizer.tensors) tensors.set(optimizerPrefix + path, tensor)
  const told = {
    ...tellModel(model, where),
    compile: toPlain(compile, where, 'what compile was given'),
    draws: Object.fromEntries(draws),
    optimizer: toPlain(Object.fromEntries(optimizer.values), where, "the optimizer's state"),
  }
  return { tensors, metadata: { [metadataName]: JSON.stringify(told) } }
}

/** A model's weights by path, and how far its layers have drawn. */
function heldBy(model: AnyModel, where: string): { tensors: Map<string, Tensor>; draws: State['values'] } {
  const held = model.held(where)
  return { tensors: new Map(held.part('weights').tensors), draws: held.part('draws').values }
}

/** Writes the weights to a file; see {@link Model.saveWeights}. */
export async function saveWeights(model: AnyModel, path: string): Promise<void> {
  checkPath('saveWeights', path)
  await saveContents('saveWeights', path, model, () => ({
    tensors: heldBy(model, 'saveWeights').tensors,
    metadata: { [metadataName]: JSON.stringify({ version: formatVersion }) },
  }))
}

/**
 * The model that `model.save(path)` wrote: layers, weights, what it was compiled for and the state of its optimizer, so that training
 * goes on. Nothing in a file is executed, and none makes more room than it has tensors for.
 * @typeParam M what it is known to be, such as Sequential
 * @throws MyelinError ERR_FORMAT for a file that is missing, damaged, of a later version of Myelin or something else, and for classes and
 *   functions of yours that are not registered: `registerLayer` and the like first; ERR_MEMORY
 */
export function loadModel<M extends AnyModel = Model>(path: string): Promise<M> {
  return TensorFile.use('loadModel', path, async (file) => {
    const told = toldBy(file)
    const entries = [...file.header.entries]
    const weightEntries = new Map(entries.filter(([name]) => !name.startsWith(optimizerPrefix)))
    const model = withinBounds(weightEntries, () => makeModel(told, file.named))
    const optimizerTensors = new Map<string, Tensor>()
    try {
      const weights = weightsFor(model, weightEntries, file)
      await file.readInto((name, entry) => {
        const weight = weights.get(name)
        if (weight !== undefined) return weight
        const tensor = file.room(name, entry)
        optimizerTensors.set(name.slice(optimizerPrefix.length), tensor)
        return tensor
      })
      restoreRest(model, told, optimizerTensors, file)
      return model as M
    } catch (error) {
      for (const weight of model.weights) weight.dispose()
      throw error
    } finally {
      for (const tensor of optimizerTensors.values()) tensor.dispose()
    }
  })
}

interface Told {
  readonly compile: unknown
  readonly draws: Readonly<Record<string, unknown>>
  readonly optimizer: Readonly<Record<string, unknown>>
}

function toldBy(file: TensorFile): Told {
  const text = file.text(metadataName)
  if (text === undefined)
    throw file.fault('describes no model: Myelin did not write it. Weights alone are read by model.loadWeights(path)')
  const fault = (what: string, cause?: unknown): MyelinError => file.fault(`has a description that ${what}`, cause)
  const told = parseJson(text, jsonBounds, fault)
  if (!isPlainObject(told)) throw fault('is no object')
  checkVersion(told.version, (what) => file.fault(what))
  if (told.className === undefined)
    throw file.fault('holds weights alone: make the model, then call model.loadWeights(path)')
  if (file.text(hashName) === undefined) throw file.fault('is damaged: it does not say its hash')
  const { draws, optimizer } = told
  if (!isPlainObject(draws) || !isPlainObject(optimizer)) throw fault('tells no state')
  return told as object as Told
}

/** The most bytes that layers may make of a single sample, one result and all of them. */
const mostBytes = { one: 2 ** 28, all: 2 ** 31 }

/** Makes a model whose weights are those of a file. What does not fit them is refused before there is room for it. */
function withinBounds<T>(entries: ReadonlyMap<string, Entry>, make: () => T): T {
  const left = new Map<string, number>()
  for (const { shape } of entries.values()) left.set(String(shape), (left.get(String(shape)) ?? 0) + 1)
  const take = (shape: Shape, initializer: Initializer): Tensor => {
    const count = left.get(String(shape)) ?? 0
    if (count === 0)
      throw new MyelinError('ERR_FORMAT', `there is a weight of ${formatShape(shape)}, and none such in the file`)
    left.set(String(shape), count - 1)
    // An initializer that is not registered is a layer's own, and makes the dtype that it needs.
    return initializer.config === undefined ? initializer(shape) : zeros(shape)
  }
  let bytes = 0
  const bounded: Recorder = {
    apply: (op, inputs, attrs) => {
      for (const { shape, dtype } of op.infer(inputs, attrs)) {
        const size = sizeOf(shape) * dtypeBytes(dtype)
        bytes += size
        if (size > mostBytes.one || bytes > mostBytes.all)
          throw new MyelinError(
            'ERR_FORMAT',
            `[${op.name}] makes ${formatShape(shape)} of one sample, which is too much`,
          )
      }
      return recorder.run(null, () => [...apply(op, inputs, attrs)])
    },
  }
  return immediate.run(bounded, () => recorder.run(bounded, () => weightRoom.run(take, make)))
}

/** The weights by their names in the file, where both have the same ones. */
function weightsFor(
  model: AnyModel,
  entries: ReadonlyMap<string, Entry>,
  file: TensorFile,
): ReadonlyMap<string, Tensor> {
  if (!model.built) throw file.fault('describes a model without the shape of its input')
  const weights = model.weightsByPath()
  const { missing, unexpected, mismatched } = differences(weights, kindsOf(entries))
  if (missing.length > 0) throw file.fault(`lacks the weight ${show(missing[0])}`)
  if (unexpected.length > 0) throw file.fault(`has a tensor ${show(unexpected[0])}, which is no weight of its model`)
  if (mismatched.length > 0) throw file.fault(`has ${show(mismatched[0])} in another shape or dtype than its model`)
  return weights
}

/** Shapes and dtypes of a file's tensors, in dtypes of ours. */
export const kindsOf = (entries: ReadonlyMap<string, Entry>): Map<string, { shape: Shape; dtype: unknown }> =>
  new Map([...entries].map(([name, { shape, dtype }]) => [name, { shape, dtype: fittingDType(dtype) ?? dtype }]))

function restoreRest(model: AnyModel, told: Told, tensors: ReadonlyMap<string, Tensor>, file: TensorFile): void {
  guarded('has a state that does not fit its model', file.fault.bind(file), () => {
    model.restoringDraws(new Map(Object.entries(told.draws)))()
    const compile = fromPlain(told.compile, 'compile')
    if (compile === null) return
    model.compile(compile as CompileOptions)
    const values = fromPlain(told.optimizer, 'optimizer') as Record<string, StateValue>
    model.optimizer.restore(State.ofPaths(tensors, new Map(Object.entries(values))), model.weightsByPath())
  })
}
