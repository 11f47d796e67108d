// The versions of the system's libraries that an addon for Linux needs: none newer than these. RHEL 8, Debian 11 and AWS
// Lambda have them; Node 20 itself needs GLIBC_2.28, GLIBCXX_3.4.21 and CXXABI_1.3.9.
import { execFileSync } from 'node:child_process'

const limits = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11' }

/**
 * Needs of a built addon: the newest version of each library, in words, and the symbols whose version is newer than
 * the limit. native/runtime/symbol_versions.cc is where these can be bound to older versions.
 */
export function symbolVersions(file) {
  const table = execFileSync('readelf', ['--wide', '--dyn-syms', file], { encoding: 'utf8' })
  const needed = [...table.matchAll(/ UND (\S+@([A-Z]+)_([\d.]+))/g)]
  const newest = Object.keys(limits).map((library) => {
    const versions = needed.filter(([, , of]) => of === library).map(([, , , version]) => version)
    return `${library}_${versions.sort(compare).at(-1)} (at most ${limits[library]})`
  })
  const tooNew = needed.filter(([, , library, version]) => library in limits && compare(version, limits[library]) > 0)
  return { newest: newest.join(', '), tooNew: tooNew.map(([, symbol]) => symbol) }
}

/** Of two versions, below 0 where the first is older. */
const compare = (a, b) => a.localeCompare(b, 'en', { numeric: true })
