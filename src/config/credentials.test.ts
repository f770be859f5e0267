import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { isOpenToGuessing, type KeptKeyPair, loadKeyPair } from './credentials.ts'
import { ConfigurationError } from './read-settings.ts'

describe('the key pair', () => {
  let parent: string
  let dataFolder: string
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'windrow-keys-'))
    dataFolder = join(parent, 'new', 'data')
  })
  afterEach(() => rm(parent, { recursive: true }))

  const load = (configured: { accessKeyId?: string; secretAccessKey?: string } = {}): Promise<KeptKeyPair> =>
    loadKeyPair({
      dataFolder,
      accessKeyId: configured.accessKeyId,
      secretAccessKey: configured.secretAccessKey,
    })

  it('is made at the first start and kept, for nobody else to read', async () => {
    const first = await load()
    assert.match(first.pair.accessKeyId, /^AKIA[A-Z2-7]{16}$/)
    assert.equal(first.pair.secretAccessKey.length, 40)
    assert.equal((await stat(dataFolder)).mode & 0o777, 0o700)
    assert.equal((await stat(first.file!)).mode & 0o777, 0o600)
    assert.deepEqual(await load(), first)
    assert.deepEqual(await readdir(dataFolder), ['credentials'])
  })

  it('is another one in every data folder', async () => {
    const first = await load()
    dataFolder = join(parent, 'other')
    assert.notEqual((await load()).pair.secretAccessKey, first.pair.secretAccessKey)
  })

  it('is kept the way the AWS CLI and SDKs read it', async () => {
    const { pair, file } = await load()
    assert.equal(
      await readFile(file!, 'utf8'),
      `[default]\naws_access_key_id = ${pair.accessKeyId}\naws_secret_access_key = ${pair.secretAccessKey}\n`,
    )
  })

  it('is the configured one when there is one, and that is written nowhere', async () => {
    const pair = { accessKeyId: 'A'.repeat(20), secretAccessKey: 's'.repeat(40) }
    assert.deepEqual(await load(pair), { pair })
    assert.deepEqual(await readdir(dataFolder), [])
  })

  it('is refused when others can read its file, and when the file is not whole', async () => {
    const { file } = await load()
    await chmod(file!, 0o644)
    await assert.rejects(load(), ConfigurationError)
    await chmod(file!, 0o600)
    await writeFile(file!, '[default]\naws_access_key_id = AKIA\n')
    await assert.rejects(load(), ConfigurationError)
  })
})

describe('a short key pair', () => {
  const short = { accessKeyId: 'test', secretAccessKey: 'test' }
  const long = { accessKeyId: 'A'.repeat(16), secretAccessKey: 's'.repeat(16) }

  it('can be guessed where others can reach the API', () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'live.example.com']) {
      assert.ok(isOpenToGuessing(short, { host, port: 80 }), host)
      assert.ok(isOpenToGuessing({ ...long, secretAccessKey: 'test' }, { host, port: 80 }), host)
      assert.ok(!isOpenToGuessing(long, { host, port: 80 }), host)
    }
  })

  it('is as good as any on the loopback', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
      assert.ok(!isOpenToGuessing(short, { host, port: 80 }), host)
    }
  })
})
