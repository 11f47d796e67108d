import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'

const program = `import {
  callbacks, type InitializerName, Layer, layers, type Model, type Optimizer, type OptimizerName, optimizers, sequential, type Tensor, tensor,
} from 'myelin'
import * as myelin from 'myelin'
const model: Model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
model.compile({ optimizer: optimizers.sgd({ learningRate: 0.1, momentum: 0.9 }), loss: 'meanSquaredError' })
await model.fit([[1, 2]], [[3]], { callbacks: [callbacks.earlyStopping({ patience: 2 })] })
export const loss: number = (await model.evaluate([[1, 2]], [[3]])).loss
const y: Tensor = await model.predict(tensor([[1, 2]]))
export const values: Float32Array | Int32Array | Uint8Array = y.relu().matmul(y).where(y, 0).data()
export const dense: layers.Dense = layers.dense({ units: 1 })
export const optimizer: Optimizer = optimizers.adam()
export const names: [InitializerName, OptimizerName] = ['heNormal', 'adam']
export class Twice extends Layer {
  override call(x: Tensor) {
    return x.mul(2)
  }
}
{
  using x = tensor([1])
  x.backward()
}
// @ts-expect-error: a shape is an array of numbers
tensor([1], '1')
export const again = new layers.Dense({ units: 1 })
// @ts-expect-error: what all optimizers have in common is a type only
myelin.Optimizer
// @ts-expect-error: a class is not a name of what it makes
export const name: OptimizerName = 'Adam'
`
const strictest = [
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
  '--noPropertyAccessFromIndexSignature',
  '--skipLibCheck',
  'false',
  '--noEmit',
  '--target',
  'es2022',
  '--types',
  'node',
]
const resolutions = {
  nodenext: ['--module', 'nodenext'],
  bundler: ['--module', 'preserve', '--moduleResolution', 'bundler'],
}

/** Checks the public types, declarations included, as the strictest projects of users do, in one that has the library installed. */
export async function checkTypes({ root, project, tools }) {
  const declarations = readFileSync(join(project, 'node_modules/myelin/dist/index.d.ts'), 'utf8')
  if (!/^declare namespace layers {\s+export {[^}]* dense,/m.test(declarations))
    throw new Error('layers.dense is not the declaration with the docstring; see scripts/bundle-types.mjs')
  writeFileSync(join(project, 'types.mts'), program)
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true })
  symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'))
  const compilers = { 'TypeScript 5': join(root, 'node_modules'), 'TypeScript 7': tools.get('TypeScript 7') }
  for (const [name, modules] of Object.entries(compilers)) {
    if (modules === undefined) continue
    for (const [resolution, options] of Object.entries(resolutions)) {
      const tsc = join(modules, 'typescript/bin/tsc')
      const args = [tsc, ...strictest, ...options, 'types.mts']
      await run(`types, ${name}, ${resolution}`, process.execPath, args, { cwd: project })
    }
  }
}
