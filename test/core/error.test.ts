import { expect, it } from 'vitest'
import { MyelinError } from '../../lib/core/error.js'

it('a MyelinError says in words what it was given for a message', () => {
  expect(new MyelinError('ERR_ARGUMENT', Object.create(null)).message).toBe('an empty object')
  expect(new MyelinError('ERR_ARGUMENT', 'as it is').message).toBe('as it is')
})
