import { checkFunction, wrong } from './check.js'
import { functionInConfig, registrar } from './config.js'
import { isPlainObject } from './kinds.js'
import { lookUp } from './names.js'
import { own, put } from './records.js'
import { show } from './show.js'

/** The names of a folder of choices by which things are made: in it stand classes, too. */
export type FactoryName<Folder> = Exclude<keyof Folder, Capitalize<keyof Folder & string>>

/** The factories in a folder of choices, by name: its lower-case exports. */
export const factoriesOf = <Folder extends object>(folder: Folder): Pick<Folder, FactoryName<Folder>> =>
  Object.fromEntries(Object.entries(folder).filter(([name]) => /^[a-z]/.test(name))) as never

/** Things of one kind by name: those of the library, and those that users add. */
export class Registry<Name extends string, Thing> {
  private readonly entries: Record<string, Thing>

  /**
   * @param kind what it holds, in one word: `activation`
   * @param aliases other names of entries, by which people know them
   */
  constructor(
    readonly kind: string,
    private readonly own: Readonly<Record<Name, Thing>>,
    private readonly aliases: Readonly<Record<string, Name>> = {},
  ) {
    this.entries = { ...own }
  }

  /** The registered names, in the order in which they came. */
  get names(): readonly string[] {
    return Object.keys(this.entries)
  }

  /** The registered thing. @throws MyelinError ERR_ARGUMENT that lists the names and the one that was probably meant */
  find(name: unknown, where: string): Thing {
    return lookUp<string, Thing>(this.entries, name, this.kind, where, this.aliases)
  }

  /** Whether a name is the library's own. */
  protected isOwn(name: string): boolean {
    return Object.hasOwn(this.own, name)
  }

  /** The name of a thing, or of what an alias stands for; null for one that is not registered. */
  nameOf(thing: unknown): string | null {
    if (typeof thing === 'string') return own<string>(this.aliases, thing) ?? thing
    return Object.entries(this.entries).find(([, known]) => known === thing)?.[0] ?? null
  }

  /** Adds a user's thing. @throws MyelinError ERR_ARGUMENT if the name is taken, or it is no function */
  add(name: string, thing: Thing): void {
    const where = registrar(this.kind)
    if (typeof name !== 'string' || name === '') throw wrong(where, `needs a name, got ${show(name)}`)
    checkFunction(where, 'a function', thing)
    if (Object.hasOwn(this.entries, name) || Object.hasOwn(this.aliases, name))
      throw wrong(where, `the ${this.kind} ${show(name)} exists already; give another name`)
    put(this.entries, name, thing)
  }
}

/** Functions, which stand for themselves: activations, losses. */
export class FunctionRegistry<Name extends string, Fn extends (...args: never) => unknown> extends Registry<Name, Fn> {
  /** A function that is given by itself, or by its name. @throws MyelinError ERR_ARGUMENT for an unknown name */
  get(given: unknown, where: string): Fn {
    return typeof given === 'function' ? (given as Fn) : this.find(given, where)
  }

  /**
   * The name by which a config tells a function.
   * @param option what it was given as, for the message
   * @throws MyelinError ERR_FORMAT if it is not registered
   */
  config(given: Fn, where: string, option: string): string | Fn {
    return this.nameOf(given) ?? functionInConfig(this.kind, given, where, option)
  }
}

/** Makes a thing by its options. */
export type Maker<Made> = (options: never) => Made

interface MakerTraits<Made> {
  /** The property of a config that holds the registered name. Default name. */
  key?: string
  /** Whether something is given by itself, and not by its name or config. */
  is(given: unknown): boolean
  configOf(made: Made): object | undefined
  /** A user's thing with the config that its name and options are. @throws MyelinError ERR_ARGUMENT for what is no such thing */
  named(name: string, options: object, made: unknown): Made
}

/** Things that are made by options: each has a config, and is made again from it. */
export class MakerRegistry<Name extends string, Made extends object> extends Registry<Name, Maker<Made>> {
  constructor(
    kind: string,
    makers: Readonly<Record<Name, Maker<Made>>>,
    private readonly traits: MakerTraits<Made>,
    aliases?: Readonly<Record<string, Name>>,
  ) {
    super(kind, makers, aliases)
  }

  /**
   * A thing that is given by itself, by its name, which means the defaults, or by its config.
   * @throws MyelinError ERR_ARGUMENT for an unknown name or wrong options, or for what makes such a thing in its place
   */
  get(given: unknown, where: string): Made {
    this.refuseUncalled(given, where)
    if (this.traits.is(given)) return given as Made
    const { key = 'name' } = this.traits
    const { [key]: name, ...options } = isPlainObject(given) ? given : { [key]: given }
    return this.find(name, where)(options as never)
  }

  /** The choice of an option that may have none. @throws MyelinError ERR_ARGUMENT as {@link get} */
  optional(given: unknown, where: string): Made | null {
    return given === null || given === undefined ? null : this.get(given, where)
  }

  /** The config of a thing, which was given as an option. @throws MyelinError ERR_FORMAT if it has none */
  config(made: Made, where: string, option: string): object {
    return this.traits.configOf(made) ?? functionInConfig(this.kind, made, where, option)
  }

  /** Adds what makes a user's things by their options. Returns what makes them with their configs. @throws MyelinError ERR_ARGUMENT */
  register<Options extends object>(name: string, make: (options: Options) => unknown): (options?: Options) => Made {
    const maker = (options: Options = {} as Options): Made => this.traits.named(name, options, make(options))
    this.add(name, typeof make === 'function' ? maker : make)
    return maker
  }

  /**
   * Refuses a choice that was given as the function that makes it, without the call: `initializers.heNormal`. Taken for a function of
   * the user's own it would fail later, or compute something else.
   */
  private refuseUncalled(given: unknown, where: string): void {
    const name = typeof given === 'function' ? this.nameOf(given) : null
    if (name === null) return
    const maker = this.isOwn(name) ? `${this.kind}s.${name}` : name
    throw wrong(where, `${maker} makes one: give ${maker}(…), or "${name}"`)
  }
}
