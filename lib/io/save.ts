import type { AnyModel } from '../model/model.js'
import { Parameter } from '../tensor/parameter.js'
import { State } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'
import { inGap, isTraining, whileReading } from '../train/run-lock.js'
import { writeTensors } from './tensor-file.js'

/** A file's contents. */
export interface Contents {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly metadata: Readonly<Record<string, string>>
}

let last: Promise<unknown> = Promise.resolve()

/**
 * Writes what belongs to a model as it is at a moment, one file at a time in this process: without a copy, if nothing changes it
 * meanwhile, for which a run that begins later waits; else a copy of one moment.
 * @param tell what there is, not copied
 */
export function saveContents(where: string, path: string, model: AnyModel, tell: () => Contents): Promise<void> {
  return isTraining(model)
    ? inTurn(() => writeCopy(where, path, model, tell))
    : whileReading(model, () =>
        inTurn(async () => {
          if (!(await writeAsItIs(where, path, tell()))) await writeCopy(where, path, model, tell)
        }),
      )
}

function inTurn(write: () => Promise<void>): Promise<void> {
  const turn = last.then(write)
  last = turn.catch(() => {})
  return turn
}

function writeAsItIs(where: string, path: string, { tensors, metadata }: Contents): Promise<boolean> {
  const parameters = [...tensors.values()].filter((tensor) => tensor instanceof Parameter)
  const versions = parameters.map(({ version }) => version)
  const unchanged = (): boolean => parameters.every(({ version }, i) => version === versions[i])
  return writeTensors(where, path, tensors, metadata, unchanged)
}

async function writeCopy(where: string, path: string, model: AnyModel, tell: () => Contents): Promise<void> {
  const { copy, metadata } = await inGap(model, () => {
    const { tensors, metadata } = tell()
    return { copy: State.ofPaths(tensors).copy(), metadata }
  })
  try {
    await writeTensors(where, path, copy.tensors, metadata)
  } finally {
    copy.dispose()
  }
}
