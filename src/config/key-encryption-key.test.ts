import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { keyOfDigits, loadKeyEncryptionKey } from './key-encryption-key.ts'
import { ConfigurationError } from './read-settings.ts'

const root = await mkdtemp(join(tmpdir(), 'windrow-kek-'))
after(() => rm(root, { recursive: true }))
const newFolder = () => mkdtemp(join(root, 'data-'))

describe('the key-encryption key of a data folder', () => {
  it('is made once, in a file for its owner alone', async () => {
    const folder = await newFolder()
    const key = await loadKeyEncryptionKey(folder)
    const file = join(folder, 'key-encryption-key')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.match(await readFile(file, 'utf8'), /^[0-9a-f]{64}\n$/)
    assert.ok((await loadKeyEncryptionKey(folder)).equals(key))
    assert.ok(keyOfDigits((await readFile(file, 'utf8')).trim()).equals(key))
    assert.equal(key.symmetricKeySize, 32)
    assert.ok(!inspect(key, { depth: 9, showHidden: true }).includes((await readFile(file, 'utf8')).slice(0, 16)))
  })

  it('is not made anew where its file cannot be used', async () => {
    const folder = await newFolder()
    const file = join(folder, 'key-encryption-key')
    await writeFile(file, 'half of it', { mode: 0o600 })
    await assert.rejects(loadKeyEncryptionKey(folder), ConfigurationError)
    assert.equal(await readFile(file, 'utf8'), 'half of it')
    await writeFile(file, 'ab'.repeat(32))
    await chmod(file, 0o640)
    await assert.rejects(loadKeyEncryptionKey(folder), /can be read by others/)
  })
})
