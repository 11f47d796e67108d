import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'

/** For each option of O that Base does not have, whether it must be given. */
export type OptionTable<O extends Base, Base extends object> = {
  readonly [K in Exclude<keyof O, keyof Base>]-?: undefined extends O[K] ? 'optional' : 'required'
}

/**
 * Refuses options that are not known, or the lack of one that is needed.
 * @param known what the class takes
 * @param common what its relatives take, too
 * @throws MyelinError ERR_ARGUMENT
 */
export function checkTable(
  options: object,
  known: Readonly<Record<string, 'optional' | 'required'>>,
  common: readonly string[],
  where: string,
): void {
  const required = Object.entries(known).find(([, kind]) => kind === 'required')
  checkOptions(options, [...Object.keys(known), ...common], where, required?.[0])
  for (const [name, kind] of Object.entries(known))
    if (kind === 'required' && !isGiven(options, name))
      throw new MyelinError('ERR_ARGUMENT', `[${where}] needs the option ${name}`)
}

/** Whether it is the options' own, or of a class of theirs; what somebody gave to all objects does not count. */
function isGiven(options: object, name: string): boolean {
  for (
    let at: object | null = options;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    if (Object.hasOwn(at, name)) return true
  return false
}
