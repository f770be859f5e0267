import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../../test/judges/processes.ts'
import { fileNamesOf } from './secret-name.ts'
import { secretsFolder } from './secrets-folder.ts'

const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`

/** A folder as Kubernetes mounts a secret: links to files behind one link, which is exchanged as a whole. */
class Mounted {
  readonly folder = temporaryFolder('mounted')
  readonly store = secretsFolder(this.folder)
  private version = 0

  mount(files: Readonly<Record<string, string>>): void {
    const data = `..version_${++this.version}`
    mkdirSync(join(this.folder, data))
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.folder, data, name), text, { mode: 0o644 })
      rmSync(join(this.folder, name), { force: true })
      symlinkSync(join('..data', name), join(this.folder, name))
    }
    symlinkSync(data, join(this.folder, '..data_tmp'))
    renameSync(join(this.folder, '..data_tmp'), join(this.folder, '..data'))
    rmSync(join(this.folder, `..version_${this.version - 1}`), { recursive: true, force: true })
  }

  async get(name: string) {
    const found = await this.store.get(arnOf(name), '', new AbortController().signal)
    return found && [found.current, found.previous]
  }
}

describe('a folder of secrets', () => {
  it('has a file for each version, which Kubernetes exchanges behind a link', async () => {
    const mounted = new Mounted()
    mounted.mount({ cdn: 'the-first-one' })
    assert.deepEqual(await mounted.get('cdn'), ['the-first-one', undefined])
    mounted.mount({ cdn: 'the-second-one', 'cdn.previous': 'the-first-one' })
    assert.deepEqual(await mounted.get('cdn'), ['the-second-one', 'the-first-one'])
    assert.equal(await mounted.get('other'), undefined)
  })

  it('finds a secret with and without what AWS appends to its name, and with a slash in it', async () => {
    const mounted = new Mounted()
    mounted.mount({ MediaPackage_cdn: 'a-secret', 'plain-AbCdEf': 'one-secret', plain: 'another-secret' })
    assert.deepEqual(await mounted.get('MediaPackage/cdn-a1B2c3'), ['a-secret', undefined])
    assert.deepEqual(await mounted.get('plain-AbCdEf'), ['one-secret', undefined])
    assert.deepEqual(await mounted.get('plain-XyZ123'), ['another-secret', undefined])
  })

  for (const name of [
    '..',
    '../secrets',
    '../../etc/passwd',
    '/etc/passwd',
    '.',
    '..data',
    '.hidden',
    'a\0b',
    'x'.repeat(600),
  ]) {
    it(`has nothing under ${JSON.stringify(name.slice(0, 20))} that is not a file of its own`, async () => {
      for (const file of fileNamesOf(arnOf(name))) assert.match(file, /^[\w+=@-][\w+=.@-]*$/)
      const mounted = new Mounted()
      mounted.mount({ cdn: 'the-first-one' })
      assert.equal(await mounted.get(name), undefined)
    })
  }

  it('gives nothing of a file that others can write, or that is none', async () => {
    const { folder, store } = new Mounted()
    const refused = (name: string, message: RegExp) =>
      assert.rejects(store.get(arnOf(name), '', new AbortController().signal), { name: 'SecretStoreFailed', message })
    writeFileSync(join(folder, 'open'), 'the-first-one')
    chmodSync(join(folder, 'open'), 0o666)
    await refused('open', /can be written by others: run chmod 644/)
    symlinkSync('/dev/zero', join(folder, 'device'))
    await refused('device', /is no file/)
    symlinkSync('loop', join(folder, 'loop'))
    await refused('loop', /ELOOP/)
    writeFileSync(join(folder, 'huge'), Buffer.alloc((1 << 20) + 1), { mode: 0o600 })
    await refused('huge', /more than 1048576/)
  })
})
