import assert from 'node:assert/strict'
import { it } from 'node:test'
import { kernelModule, writtenModule } from '../scripts/build-kernel.ts'

it('the module of the kernel is what its source compiles to', async () => {
  assert.equal(writtenModule(), await kernelModule())
})
