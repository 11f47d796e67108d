import { expect, it } from 'vitest'
import { opcode } from '../../lib/native/binding.js'
import { failure } from '../helpers/failure.js'

it('an op that the addon lacks is refused by name, with the file to add it to', () => {
  expect(failure(() => opcode('hypot'))).toEqual({
    code: 'ERR_PLATFORM',
    message:
      'no op "hypot": add it to native/kernels/elementwise.def if it is on each element by itself, else to native/ops/ops.def, then npm run build:native',
  })
})
