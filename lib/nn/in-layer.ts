import { MyelinError } from '../native/error.js'

/** What a layer computes. An error of an op names the layer, where layers hold layers the innermost. */
export function inLayer<Y>({ name }: { readonly name: string }, compute: () => Y): Y {
  try {
    return compute()
  } catch (error) {
    throw namingLayer(error, name)
  }
}

/** An error that names the layer in which it arose: itself, if it names one already. */
export function namingLayer(error: unknown, layer: string): unknown {
  if (!(error instanceof MyelinError) || namesLayer.test(error.message)) return error
  return new MyelinError(error.code, `${error.message} (layer "${layer}")`, { cause: error })
}

/** `[Dense "dense_2"] …` of the layer itself, or what was added here. */
const namesLayer = /^\[\w+ "|\(layer "[^"]*"\)$/
