// The kinds of things that a slice does to the addon.
import * as argumentActs from './addon-arguments.mjs'
import * as opActs from './addon-ops.mjs'
import * as planActs from './addon-plans.mjs'
import * as workerActs from './addon-workers.mjs'

/** `weight`: how often; `roomy`: not where the address space is narrow, since V8 itself ends the process there. */
export const acts = [
  { act: argumentActs.anyArguments, weight: 3 },
  { act: argumentActs.shapesThatDoThings, weight: 2 },
  { act: argumentActs.copies, weight: 2 },
  { act: argumentActs.deepStack, weight: 1 },
  { act: argumentActs.memory, weight: 1 },
  { act: opActs.specs, weight: 6 },
  { act: opActs.sameResults, weight: 3 },
  { act: opActs.longSpecs, weight: 1, roomy: true },
  { act: planActs.runs, weight: 5 },
  { act: planActs.jobs, weight: 3 },
  { act: planActs.manyJobs, weight: 1 },
  { act: workerActs.endedWorkers, weight: 1, roomy: true },
  { act: workerActs.sharedMemory, weight: 1, roomy: true },
]
