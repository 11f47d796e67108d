import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/bundle.ts'],
    setupFiles: ['test/helpers/seed.ts'],
    // The addon's instruction set, threads and memory belong to the process, so a file has one of its own.
    pool: 'forks',
    testTimeout: 60_000,
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], ignoreSourceErrors: true },
  },
})
