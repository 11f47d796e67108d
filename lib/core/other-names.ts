import { wrong } from './check.js'

/**
 * Gives a class methods by which other libraries know what is called otherwise here. Calling one is an error that says what to write;
 * types do not know them, and what the class has itself stays.
 * @param ways by the other name what to write
 */
export function tellOtherNames(
  Class: { readonly name: string; readonly prototype: object },
  ways: Readonly<Record<string, string>>,
): void {
  for (const [name, way] of Object.entries(ways)) {
    if (name in Class.prototype) continue
    const value = (): never => {
      throw wrong(Class.name, `there is no ${name}(): write ${way}`)
    }
    Object.defineProperty(Class.prototype, name, { value, writable: true, configurable: true })
  }
}
