import { checkFlag, wrong } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import { listed, show } from '../core/show.js'
import type { LoadedWeights, LoadWeightsOptions } from '../model/files.js'
import type { AnyModel } from '../model/model.js'
import { transpose } from '../ops/index.js'
import type { DType } from '../tensor/dtype.js'
import type { Parameter } from '../tensor/parameter.js'
import { eagerly } from '../tensor/recorder.js'
import { formatShape, type Shape, sameShape } from '../tensor/shape.js'
import { assignAll } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'
import { refuseDuringSteps } from '../train/run-lock.js'
import { fittingDType } from './file-elements.js'
import { optimizerPrefix } from './model-file.js'
import type { Entry } from './safetensors.js'
import { TensorFile } from './tensor-file.js'
import { torchPlaces } from './torch-names.js'

const where = 'loadWeights'

/** Sets a model's weights to those of a file; see {@link Model.loadWeights}. */
export async function loadWeights(
  model: AnyModel,
  path: string,
  options: LoadWeightsOptions = {},
): Promise<LoadedWeights> {
  checkOptions(options, ['byName', 'skipMismatch', 'mapping'], where, 'byName')
  const { byName = false, skipMismatch = false, mapping } = options
  checkFlag(where, 'byName', byName)
  checkFlag(where, 'skipMismatch', skipMismatch)
  model.held(where)
  refuseDuringSteps(model, where)
  return TensorFile.use(where, path, async (file) => {
    const weights = model.weightsByPath()
    const found = sourcesOf(file, model, mapping)
    const { pairs, unexpected } = paired(found, weights, byName)
    const fitting = new Map([...pairs].filter(([to, source]) => fits(source, weights.get(to) as Parameter)))
    const result = {
      loaded: [...fitting.keys()],
      missing: [...weights.keys()].filter((to) => !pairs.has(to)),
      unexpected,
      mismatched: [...pairs]
        .filter(([to]) => !fitting.has(to))
        .map(([to, source]) => ({ path: to, file: kindOf(source), model: modelKind(weights.get(to) as Parameter) })),
    }
    refuseUnlessAllowed(result, file, byName, skipMismatch, mapping === undefined)
    await assignFrom(file, fitting, weights, model)
    return result
  })
}

/** A tensor in a file, as it goes into the model. */
interface Source {
  readonly name: string
  readonly entry: Entry
  readonly path: string
  readonly transposed: boolean
}

/** The tensors of a file that are meant for weights. */
function sourcesOf(file: TensorFile, model: AnyModel, mapping: LoadWeightsOptions['mapping']): Source[] {
  const place =
    mapping === undefined ? (name: string) => ({ path: name, transposed: false }) : torchPlaces(mapping, model)
  return [...file.header.entries].flatMap(([name, entry]) => {
    const found = name.startsWith(optimizerPrefix) ? null : place(name)
    return found === null ? [] : [{ name, entry, ...found }]
  })
}

/** Which source is for which weight, by its path. @throws MyelinError ERR_ARGUMENT if a mapping gives two the same */
function paired(
  sources: readonly Source[],
  weights: ReadonlyMap<string, Parameter>,
  byName: boolean,
): { pairs: Map<string, Source>; unexpected: string[] } {
  const pairs = new Map<string, Source>()
  for (const source of sources) {
    if (!weights.has(source.path)) continue
    const other = pairs.get(source.path)
    if (other !== undefined)
      throw wrong(
        where,
        `mapping gives ${show(other.name)} and ${show(source.name)} the same place, ${show(source.path)}`,
      )
    pairs.set(source.path, source)
  }
  if (byName) {
    const open = alone(
      sources.filter(({ path }) => pairs.get(path) === undefined),
      ({ path }) => path,
    )
    const left = alone(
      [...weights.keys()].filter((path) => !pairs.has(path)),
      (path) => path,
    )
    for (const [name, to] of left) {
      const source = open.get(name)
      if (source !== undefined) pairs.set(to, source)
    }
  }
  const used = new Set(pairs.values())
  const inOrder = [...weights.keys()].flatMap((path): [string, Source][] => {
    const source = pairs.get(path)
    return source === undefined ? [] : [[path, source]]
  })
  return { pairs: new Map(inOrder), unexpected: sources.filter((source) => !used.has(source)).map(({ name }) => name) }
}

/** Things by the last two steps of their paths, a layer's name and a weight's, where only one has these. */
function alone<T>(things: readonly T[], pathOf: (thing: T) => string): Map<string, T> {
  const found = new Map<string, T>()
  const twice = new Set<string>()
  for (const thing of things) {
    const name = pathOf(thing).split('/').slice(-2).join('/')
    if (found.has(name)) twice.add(name)
    found.set(name, thing)
  }
  for (const name of twice) found.delete(name)
  return found
}

const shapeOf = ({ entry: { shape }, transposed }: Source): Shape => (transposed ? [...shape].reverse() : shape)

const fits = (source: Source, { shape, dtype }: Parameter): boolean =>
  fittingDType(source.entry.dtype) === dtype && sameShape(shapeOf(source), shape)

const kindOf = (source: Source): { dtype: string; shape: readonly number[] } => ({
  dtype: fittingDType(source.entry.dtype) ?? source.entry.dtype,
  shape: shapeOf(source),
})

const modelKind = ({ dtype, shape }: Parameter): { dtype: DType; shape: Shape } => ({ dtype, shape })

/** How many names a message tells. */
const most = 8

function refuseUnlessAllowed(
  { missing, unexpected, mismatched }: LoadedWeights,
  file: TensorFile,
  byName: boolean,
  skipMismatch: boolean,
  asItIs: boolean,
): void {
  const faults: string[] = []
  if (!byName && missing.length > 0) faults.push(`lacks ${listed(missing, most)}`)
  if (!byName && unexpected.length > 0)
    faults.push(
      `has ${listed(unexpected, most)}, ${unexpected.length === 1 ? 'which is no weight' : 'which are no weights'} of the model`,
    )
  const torch = asItIs && unexpected.some((name) => /\.(weight|bias)$/.test(name))
  const hints =
    faults.length === 0
      ? []
      : [torch ? 'where names are those of PyTorch, give mapping' : 'byName: true leaves those out']
  if (!skipMismatch && mismatched.length > 0) {
    const told = mismatched.map(({ path, file: its, model }) => `${path} as ${kind(its)} in place of ${kind(model)}`)
    faults.push(`has ${listed(told, most)}`)
    hints.push('skipMismatch: true leaves those as they are')
  }
  if (faults.length > 0) throw file.fault(`does not fit the model: it ${faults.join(', and ')}; ${hints.join(', ')}`)
}

const kind = ({ dtype, shape }: { dtype: string; shape: Shape }): string => `${dtype} ${formatShape(shape)}`

/** Reads tensors, and when all are there and checked assigns them between the same two steps. */
async function assignFrom(
  file: TensorFile,
  pairs: ReadonlyMap<string, Source>,
  weights: ReadonlyMap<string, Parameter>,
  model: AnyModel,
): Promise<void> {
  const wanted = new Set([...pairs.values()].map(({ name }) => name))
  const read = await file.read((name) => wanted.has(name))
  const values = new Map<string, Tensor>()
  try {
    for (const [to, { name, transposed }] of pairs) {
      const tensor = read.get(name) as Tensor
      if (transposed)
        read.set(
          name,
          eagerly(() => transpose(tensor)),
        )
      if (transposed) tensor.dispose()
      values.set(to, read.get(name) as Tensor)
    }
    refuseDuringSteps(model, where)
    assignAll(weights, values)
  } finally {
    for (const tensor of read.values()) tensor.dispose()
  }
}
