import { wrong } from '../core/check.js'
import { type FactoryName, factoriesOf, MakerRegistry } from '../core/registry.js'
import { show } from '../core/show.js'
import { Optimizer, type OptimizerConfig } from './optimizer.js'
import * as optimizers from './rules/index.js'

export type OptimizerName = FactoryName<typeof optimizers>
/** A registered name, which means the defaults, an optimizer, or the config of one: `{ name: 'sgd', momentum: 0.9 }`. */
export type OptimizerLike = OptimizerName | Optimizer | OptimizerConfig

export const optimizerRegistry = new MakerRegistry<OptimizerName, Optimizer>('optimizer', factoriesOf(optimizers), {
  is: (given) => given instanceof Optimizer,
  configOf: (optimizer) => optimizer.getConfig(),
  named: (name, _, made) => {
    if (made instanceof Optimizer) return made
    throw wrong(name, `must be made as an optimizer, one of optimizers; got ${show(made)}`)
  },
})

/**
 * Lets an optimizer be given by a name or a config `{ name, …options }`.
 * @param make makes one of `optimizers` by options that are plain data: `() => optimizers.sgd({ momentum: 0.9 })`
 * @returns what makes it
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerOptimizer = <Options extends object>(
  name: string,
  make: (options: Options) => Optimizer,
): ((options?: Options) => Optimizer) => optimizerRegistry.register(name, make)
