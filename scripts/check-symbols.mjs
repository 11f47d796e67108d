// Proves that code of one instruction set cannot end up in another's: each kernel library defines symbols in its own
// namespace only and none that the linker may merge with another library's, and it calls nothing but its own code and
// memcpy, memset and memmove. The addon exports what Node-API asks for, imports no libm and no symbol of a newer glibc or
// libstdc++ than it may.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { symbolVersions } from './symbol-versions.mjs'

const folder = fileURLToPath(new URL('../build/Release/', import.meta.url))
const allowed = new Set(['memcpy', 'memset', 'memmove', '_GLOBAL_OFFSET_TABLE_', '__stack_chk_fail'])
const exported = new Set(['napi_register_module_v1', 'node_api_module_get_api_version_v1'])
const wrong = []

if (process.platform !== 'linux') {
  console.log(`symbols are checked on Linux only, this is ${process.platform}`)
  process.exit(0)
}

const libraries = readdirSync(folder).filter((file) => /^kernels_\w+\.a$/.test(file))
if (libraries.length < 2) wrong.push(`${folder} holds ${libraries.length} kernel libraries; build the addon first`)
for (const library of libraries) checkLibrary(library, library.slice('kernels_'.length, -'.a'.length))
const versions = checkAddon('myelin.node')

for (const line of wrong) console.error(line)
if (wrong.length === 0) {
  console.log(`${libraries.join(', ')}: no symbol that could be merged`)
  console.log(`myelin.node: exports Node-API's two, needs ${versions}`)
}
process.exitCode = wrong.length === 0 ? 0 : 1

/** The type letters are nm's: upper case is global, W, V and u may be merged, U is undefined. */
function checkLibrary(library, isa) {
  const own = new RegExp(`^(_Z\\w*?)?N?K?6myelin\\d+isa_${isa}`)
  const symbols = nm(library)
  const defined = new Set(symbols.filter(({ type }) => /[A-TX-Z]/.test(type)).map(({ name }) => name))
  for (const { type, name } of symbols) {
    if (/[WwVvu]/.test(type)) wrong.push(`${library}: ${name} may be merged with another library's (${type})`)
    else if (type === 'U' && !defined.has(name) && !allowed.has(name))
      wrong.push(`${library}: ${name} comes from outside`)
    else if (/[A-TX-Z]/.test(type) && !own.test(name)) wrong.push(`${library}: ${name} is outside myelin::isa_${isa}`)
  }
  for (const group of sectionGroups(library)) wrong.push(`${library}: section group ${group} may be merged`)
}

function checkAddon(file) {
  for (const { type, name } of nm(file, '-D', '--defined-only'))
    if (!exported.has(name)) wrong.push(`${file}: exports ${name} (${type})`)
  const dynamic = execFileSync('readelf', ['-d', `${folder}/${file}`], { encoding: 'utf8' })
  if (!/NODELETE/.test(dynamic)) wrong.push(`${file}: is not linked with -z nodelete`)
  const libm = /^(exp|log|sin|cos|tan|tanh|pow|erf|sqrt|fma|round|floor|ceil|trunc)\w*@GLIBC/
  for (const { name } of nm(file, '-D', '--undefined-only'))
    if (libm.test(name)) wrong.push(`${file}: calls libm's ${name}, whose bits differ between machines`)
  const { newest, tooNew } = symbolVersions(`${folder}/${file}`)
  for (const symbol of tooNew) wrong.push(`${file}: needs ${symbol}; see native/runtime/symbol_versions.cc`)
  return newest
}

function nm(file, ...options) {
  const out = execFileSync('nm', [...options, `${folder}/${file}`], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return [...out.matchAll(/^(?:[0-9a-f]+| +) ([A-Za-z]) (\S+)/gm)].map(([, type, name]) => ({ type, name }))
}

function sectionGroups(file) {
  const out = execFileSync('readelf', ['-gW', `${folder}/${file}`], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return [...out.matchAll(/COMDAT group section .* \[(\S+)\]/g)].map(([, name]) => name)
}
