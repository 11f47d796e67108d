/**
 * A file of esbuild's whose namespaces have their own members only. It gives them these by for…in, which also finds what a program has
 * added to Object.prototype before it imports the library, and then fails.
 * @param {string} file
 * @returns {string}
 */
export function ownMembersOnly(file) {
  const careful = file.replace(/for \(var (\w+) in all\)/, 'for (var $1 of Object.keys(all))')
  if (careful === file && file.includes('var __export ='))
    throw new Error('esbuild makes namespaces in another way than scripts/own-members.mjs expects')
  return careful
}
