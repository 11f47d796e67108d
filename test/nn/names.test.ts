import { expect, it } from 'vitest'
import { constraints, initializers, layers, regularizers } from '../../lib/index.js'

it.each([
  [
    'layers',
    layers,
    `dense activation flatten reshape rescaling normalization batchNormalization dropout spatialDropout gaussianDropout
     gaussianNoise alphaDropout embedding input`,
  ],
  [
    'initializers',
    initializers,
    `zeros ones constant randomNormal randomUniform truncatedNormal glorotNormal glorotUniform heNormal heUniform lecunNormal
     lecunUniform varianceScaling orthogonal identity lsuv`,
  ],
  ['regularizers', regularizers, 'l1 l2 l1l2 orthogonal'],
  ['constraints', constraints, 'maxNorm unitNorm nonNeg minMaxNorm'],
])('the folder of %s has the names that are promised', (_, folder, promised) => {
  for (const name of promised.split(/\s+/)) expect(folder).toHaveProperty(name, expect.any(Function))
})
