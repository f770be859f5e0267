import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigurationError, readCopySettings, readSettings, settingsInEffect } from './read-settings.ts'
import { settingList } from './settings.ts'

type Given = { args?: string[]; env?: Record<string, string>; file?: string }

function read({ args = [], env = {}, file }: Given) {
  const named = file === undefined ? env : { ...env, WINDROW_CONFIG: 'w.yaml' }
  const readFile = (path: string) => {
    if (path === 'w.yaml' && file !== undefined) return file
    throw new Error(`ENOENT: ${path}`)
  }
  return readSettings({ args, env: named, readFile })
}

const NODE = { WINDROW_DATABASE_URL: 'postgres://db/windrow', WINDROW_ARCHIVE_BUCKET: 'archive' }

describe('settings', () => {
  it('have their defaults when nothing is said', () => {
    const settings = read({})
    assert.deepEqual(settings.listen, { host: '127.0.0.1', port: 8080 })
    assert.deepEqual([...settings.roles], ['control', 'ingest', 'origin', 'harvest'])
    assert.equal(settings.memoryCacheBytes, 256 * 1024 * 1024)
    assert.equal(settings.retentionGraceMs, 3_600_000)
    assert.equal(settings.harvestLinks, true)
    assert.equal(settings.accountId, '000000000000')
    assert.equal(settings.publicUrl, undefined)
  })

  it('are read from the file, from the environment before it, and from flags before both', () => {
    const file = 'region: eu-file-1\nmax-channels: 1\nlog-level: warn\n'
    const env = { WINDROW_MAX_CHANNELS: '2', WINDROW_LOG_LEVEL: 'error' }
    const settings = read({ file, env, args: ['--log-level', 'debug'] })
    assert.equal(settings.region, 'eu-file-1')
    assert.equal(settings.maxChannels, 2)
    assert.equal(settings.logLevel, 'debug')
  })

  it('take flags with and without "=", the last one counting', () => {
    assert.equal(read({ args: ['--data=a=b', '--region', 'x', '--region=y'] }).dataFolder, 'a=b')
    assert.equal(read({ args: ['--region', 'x', '--region=y'] }).region, 'y')
  })

  it('pass over empty environment variables', () => {
    assert.equal(read({ env: { WINDROW_REGION: '' } }).region, 'us-east-1')
  })

  it('read numbers in YAML as the text that stands there, and lists as lists', () => {
    const settings = read({ file: 'account-id: 000000000012\nroles: [ingest, origin]\nharvest-links: false\n' })
    assert.equal(settings.accountId, '000000000012')
    assert.deepEqual([...settings.roles], ['ingest', 'origin'])
    assert.equal(settings.harvestLinks, false)
  })

  it('are all at their defaults with an empty file', () => {
    assert.deepEqual(read({ file: `# ${'-'.repeat(80)}\n# nothing\n` }), { ...read({}), configFile: 'w.yaml' })
  })
})

describe('the settings in effect', () => {
  const effective = (args: readonly string[], env: Record<string, string>, file: string) => {
    const all = settingsInEffect({ args: [...args, '--config', 'w.yaml'], env, readFile: () => file })
    return new Map(all.map((setting) => [setting.name, setting]))
  }

  it('say what has set each of them', () => {
    const file = 'region: eu-file-1\nmax-channels: 1\n'
    const all = effective(['--log-level=debug'], { WINDROW_MAX_CHANNELS: '2' }, file)
    const said = (name: string) => {
      const { source, where, value } = all.get(name)!
      return [source, where, value]
    }
    assert.deepEqual(said('log-level'), ['FLAG', '--log-level', 'debug'])
    assert.deepEqual(said('max-channels'), ['ENVIRONMENT', 'WINDROW_MAX_CHANNELS', '2'])
    assert.deepEqual(said('region'), ['FILE', 'w.yaml:1', 'eu-file-1'])
    assert.deepEqual(said('memory-cache'), ['DEFAULT', 'default', '256MiB'])
    assert.deepEqual(said('public-url'), ['UNSET', 'unset', undefined])
    assert.deepEqual(
      [...all.keys()],
      settingList.map(([, { name }]) => name),
    )
  })

  it('tell of secrets only whether they are set, wherever they stand', () => {
    const secrets = settingList.filter(([, { secret }]) => secret).map(([, { name }]) => name)
    assert.ok(secrets.length >= 8, `${secrets}`)
    const values = secrets.map((name, at) => [name, `never-told-${at}`] as const)
    const env = Object.fromEntries(
      values.map(([name, value]) => [`WINDROW_${name.toUpperCase().replaceAll('-', '_')}`, value]),
    )
    const file = values.map(([name, value]) => `${name}: ${value}\n`).join('')
    for (const all of [effective([], env, ''), effective([], {}, file)]) {
      assert.doesNotMatch(JSON.stringify([...all.values()]), /never-told/)
      for (const name of secrets) {
        const { isSecret, source, value } = all.get(name)!
        assert.deepEqual([isSecret, source === 'UNSET', value], [true, false, undefined])
      }
    }
  })
})

describe('a setting that cannot be used is refused in one line that says where it stands:', () => {
  const refused: readonly (readonly [Given, RegExp])[] = [
    [{ args: ['--listen', 'localhost'] }, /^--listen must be HOST:PORT, .* not "localhost"$/],
    [{ args: ['--listen', '::1:80'] }, /^--listen must be HOST:PORT/],
    [{ args: ['--listen', '127.0.0.1:65536'] }, /^--listen must be HOST:PORT/],
    [{ args: ['--listne', 'x:1'] }, /^unknown flag --listne$/],
    [{ args: ['--listn', 'x:1'] }, /^unknown flag --listn; did you mean listen\?$/],
    [{ args: ['--data'] }, /^--data needs a value: DIR$/],
    [{ args: ['out'] }, /^unexpected argument "out"$/],
    [{ args: ['--secret-access-key', 'abc'] }, /^secret-access-key has no flag, .* use WINDROW_SECRET_ACCESS_KEY$/],
    [{ env: { WINDROW_MEMORY_CACHE: '12 parsecs' } }, /^WINDROW_MEMORY_CACHE must be a number with a unit/],
    [{ env: { WINDROW_MAX_CHANNELS: '0' } }, /^WINDROW_MAX_CHANNELS must be a whole number from 1 to 100000, not "0"$/],
    [{ env: { WINDROW_PUBLIC_URL: 'ftp://x' } }, /^WINDROW_PUBLIC_URL must be a URL/],
    [{ env: { WINDROW_PUBLIC_URL: 'http://me:pw@x' } }, /^WINDROW_PUBLIC_URL must not have a user name or password$/],
    [{ env: { WINDROW_ACCOUNT_ID: '12' } }, /^WINDROW_ACCOUNT_ID must be twelve digits$/],
    [{ env: { WINDROW_CONFIG: 'gone.yaml' } }, /^WINDROW_CONFIG: cannot read gone\.yaml: /],
    [{ file: 'region: x\nroles: [ingest, edge]\n' }, /^w\.yaml:2: roles must be one of control, .* not "edge"$/],
    [{ file: 'a:\n  - b: c: d\n' }, /^w\.yaml:2: not valid YAML/],
    [{ file: 'region: x\nregion: y\n' }, /^w\.yaml:2: not valid YAML/],
    [{ file: 'regoin: x\n' }, /^w\.yaml:1: unknown key regoin$/],
    [{ file: 'region: { a: b }\n' }, /^w\.yaml:1: region must be a plain value, such as REGION: no map, no alias$/],
    [{ file: 'region: &a x\naccount-id: *a\n' }, /^w\.yaml:2: account-id must be a plain value/],
    [{ file: 'config: other.yaml\n' }, /^w\.yaml:1: config cannot be set in the file it names$/],
    [{ file: 'region: x\n'.padEnd(1010, '\n') }, /^w\.yaml: more than 1000 lines$/],
    [{ file: `region: ${'['.repeat(70)}\n` }, /^w\.yaml: nested too deeply, or too many anchors$/],
    [{ file: 'just text\n' }, /^w\.yaml: must be a list/],
    [
      { env: { WINDROW_ACCESS_KEY_ID: 'A'.repeat(20) } },
      /^access-key-id is set without secret-access-key; set both or neither$/,
    ],
    [{ env: { WINDROW_ACCESS_KEY_ID: 'ab' } }, /^WINDROW_ACCESS_KEY_ID must be 3 to 128 letters and digits$/],
    [{ env: { WINDROW_SECRET_ACCESS_KEY: 'ab' } }, /^WINDROW_SECRET_ACCESS_KEY must be 3 to 256 printable/],
    [
      { env: { WINDROW_DATABASE_URL: 'postgres://db/windrow' } },
      /^database-url is set without archive-bucket; set both to run any number of nodes .* or neither to keep everything /,
    ],
    [
      { args: ['--archive-bucket', 'archive/live', '--harvest-store', 's3'] },
      /^archive-bucket is set without database-url; set both to run any number of nodes .* or neither to keep everything /,
    ],
    [
      { env: NODE, file: 'harvest-store: folder\n' },
      /^archive-bucket is set, but harvest-store is folder, which other nodes cannot see: set it to s3$/,
    ],
    [{ env: NODE }, /^archive-bucket is set, but harvest-store is folder, .* set it to s3$/],
    [{ args: ['--accel=nginx'] }, /^accel is set without trusted-proxies, which it needs$/],
    [{ args: ['--accel', 'apache', '--trusted-proxies', '127.0.0.1'] }, /^--accel must be one of nginx, not "apache"$/],
    [
      {
        env: { ...NODE, WINDROW_TRUSTED_PROXIES: '10.0.0.1', WINDROW_HARVEST_STORE: 's3' },
        args: ['--accel=nginx'],
      },
      /^accel is set with archive-bucket: nginx can send files of the data folder only, and the media .* are in none; /,
    ],
    [{ args: ['--cache-folder', 'cache'] }, /^cache-folder is set without archive-bucket, which it needs$/],
    [{ args: ['--tls-listen', '[::]:443'] }, /^tls-listen is set without tls-certificate, which it needs$/],
    [{ args: ['--control-tls-listen', '[::]:443'] }, /^control-tls-listen is set without tls-certificate, which/],
    [{ args: ['--tls-certificate', 'a'] }, /^tls-certificate is set without tls-key; set both or neither$/],
    [{ args: ['--tls-certificate', 'a', '--tls-key', 'b'] }, /^tls-certificate is set without tls-listen, which it /],
    [
      { args: ['--tls-listen', '[::]:443', '--tls-certificate', 'a,b', '--tls-key', 'c'] },
      /^tls-certificate has 2 files and tls-key 1: each has one key$/,
    ],
    [{ args: ['--tls-certificate', 'a,,b'] }, /^--tls-certificate must be names of files, separated by commas$/],
    [{ args: ['--listen', 'none'] }, /^listen is none without tls-listen, which it needs$/],
  ]
  for (const [given, message] of refused) {
    it(JSON.stringify(given), () => {
      assert.throws(
        () => read(given),
        (error: Error) => {
          assert.ok(error instanceof ConfigurationError)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }

  it('without repeating a secret', () => {
    const hidden = 'pass word with spaces'
    const sources: Given[] = [
      { env: { WINDROW_SECRET_ACCESS_KEY: hidden } },
      { file: `secret-access-key: ${hidden}\n` },
      { file: `secret-access-key: *${hidden}\n` },
    ]
    for (const given of sources) {
      assert.throws(
        () => read(given),
        (error: Error) => !error.message.includes('word'),
      )
    }
  })
})

describe('the settings of a copy', () => {
  const readFile = () => ''
  const copyTo = (env: Record<string, string>, ...args: string[]) => readCopySettings({ args, env, readFile })

  it('are those of the server, and the place of the copy', () => {
    const there = copyTo(
      { WINDROW_TO_DATABASE_URL: 'postgres://db/w', WINDROW_DATA: 'here' },
      '--to-archive-bucket=bkt/live',
    )
    assert.equal(there.dataFolder, 'here')
    assert.equal(there.databaseUrl, undefined)
    assert.deepEqual([there.toDatabaseUrl, there.toArchiveBucket], ['postgres://db/w', 'bkt/live'])
    const back = copyTo({ ...NODE, WINDROW_HARVEST_STORE: 's3' }, '--to-data', 'back', '--only', 'media')
    assert.deepEqual([back.archiveBucket, back.toDataFolder, back.only], ['archive', 'back', 'media'])
  })

  it('name one place', () => {
    const part = { WINDROW_TO_DATABASE_URL: 'postgres://db/w' }
    const both = { ...part, WINDROW_TO_ARCHIVE_BUCKET: 'bkt' }
    const [folder, bucket] = [
      ['--to-data', 'x'],
      ['--to-archive-bucket', 'bkt'],
    ]
    for (const [env, args] of [
      [{}, []],
      [part, []],
      [{}, bucket],
      [both, folder],
      [part, folder],
    ] as const) {
      assert.throws(() => copyTo(env, ...args), {
        name: 'ConfigurationError',
        message: /^say where the copy is to be:/,
      })
    }
  })

  it('are not those of a server', () => {
    assert.throws(() => read({ args: ['--to-data', 'x'] }), /unknown flag --to-data/)
    assert.throws(() => copyTo({}, '--to-database-url', 'postgres://db/w'), /use WINDROW_TO_DATABASE_URL/)
    assert.throws(() => copyTo({}, '--only', 'rows'), /must be one of media/)
  })
})
