// Run before each test file. A program draws other numbers each time that it runs, which test/tensor/random.test.ts looks at in processes of
// its own; a test that fails must fail again.
import { setSeed } from '../../lib/tensor/random.js'

setSeed(0)
