import { checkRange } from '../../core/check.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

/** One rate for every step. @param learningRate from 0 */
export function constant(learningRate: number): NamedSchedule {
  checkRange('constant', 'learningRate', learningRate, 0)
  return makeSchedule('constant', { learningRate }, () => learningRate)
}
