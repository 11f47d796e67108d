// Lists the native sources for binding.gyp, which has no glob: `kernels`, compiled once per instruction set, or `addon`.
import { readdirSync } from 'node:fs'

const folders = {
  kernels: ['kernels'],
  addon: ['runtime', 'dispatch', 'blas', 'ops', 'plan', 'napi'],
}[process.argv[2]]

for (const folder of folders) {
  for (const file of readdirSync(new URL(`../native/${folder}`, import.meta.url)).sort()) {
    if (file.endsWith('.cc')) console.log(`native/${folder}/${file}`)
  }
}
