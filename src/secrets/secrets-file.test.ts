import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../../test/judges/processes.ts'
import type { LogFields } from '../log.ts'
import { utcMs } from '../media/time.ts'
import { SecretsFile } from './secrets-file.ts'

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:cdn'
const DOCUMENT = '{"MediaPackageCDNIdentifier":"the-first-one"}'

/** A file of secrets, whose text is replaced as an editor does it: by another file. */
class Fixture {
  readonly folder = temporaryFolder('secrets')
  readonly path = join(this.folder, 'secrets.yaml')
  readonly lines: LogFields[] = []
  now = 0
  readonly file: SecretsFile

  constructor() {
    const line = (fields: LogFields) => void this.lines.push(fields)
    this.file = new SecretsFile(this.path, {
      clock: () => utcMs(this.now),
      log: { info: line, warn: line, error: line },
    })
  }

  write(text: string, mode = 0o600): this {
    writeFileSync(`${this.path}.new`, text, { mode })
    chmodSync(`${this.path}.new`, mode)
    renameSync(`${this.path}.new`, this.path)
    return this
  }
}

describe('a file of secrets', () => {
  for (const [what, text] of [
    ['YAML', `secrets:\n  ${ARN}:\n    current: the-second-one\n    previous: the-first-one\n`],
    ['YAML in one line', `secrets: {"${ARN}": {current: the-second-one, previous: 'the-first-one'}}`],
    [
      'JSON',
      JSON.stringify({ secrets: { [ARN]: { current: 'the-second-one', previous: 'the-first-one' } } }, null, '\t'),
    ],
  ] as const) {
    it(`may be ${what}`, async () => {
      const found = await new Fixture().write(text).file.get(ARN)
      assert.deepEqual([found?.current, found?.previous], ['the-second-one', 'the-first-one'])
    })
  }

  it('may have the documents of AWS, as texts or as they are', async () => {
    const fixture = new Fixture().write(`secrets: {"${ARN}": {current: '${DOCUMENT}', previous: ${DOCUMENT}}}`)
    const found = await fixture.file.get(ARN)
    assert.deepEqual([found?.current, found?.previous], [DOCUMENT, DOCUMENT])
  })

  it('takes a value as it is written, whatever else it may mean', async () => {
    const found = await new Fixture()
      .write(`secrets: {"${ARN}": {current: 01234567, previous: 1e000000}}`)
      .file.get(ARN)
    assert.deepEqual([found?.current, found?.previous], ['01234567', '1e000000'])
  })

  it('has no secret that it does not name', async () => {
    const { file } = new Fixture().write(`secrets: {"${ARN}": {current: the-first-one}}`)
    assert.equal(await file.get(`${ARN}2`), undefined)
    assert.equal(await file.get('__proto__'), undefined)
    assert.equal(await new Fixture().write('secrets:\n').file.get(ARN), undefined)
  })

  it('is read again when it has changed, however that was done', async () => {
    const fixture = new Fixture()
    const current = async () => (await fixture.file.get(ARN))?.current
    fixture.write(`secrets: {"${ARN}": {current: the-first-one}}`)
    assert.equal(await current(), 'the-first-one')
    fixture.write(`secrets: {"${ARN}": {current: the-other-one}}`)
    assert.equal(await current(), 'the-other-one')
    writeFileSync(fixture.path, `secrets: {"${ARN}": {current: the-third-one!}}`)
    assert.equal(await current(), 'the-third-one!')
    const target = join(fixture.folder, 'elsewhere.yaml')
    writeFileSync(target, `secrets: {"${ARN}": {current: the-linked-one}}`, { mode: 0o600 })
    rmSync(fixture.path)
    symlinkSync(target, fixture.path)
    assert.equal(await current(), 'the-linked-one')
  })

  const broken: readonly (readonly [string, (fixture: Fixture) => unknown, RegExp])[] = [
    ['that can be read by others', (f) => f.write(`secrets: {"${ARN}": {current: hush-hush}}`, 0o640), /chmod 600/],
    ['that is gone', ({ path }) => rmSync(path), /does not exist/],
    ['that is a folder', ({ path }) => [rmSync(path), mkdirSync(path)], /is no file/],
    ['that is a device', ({ path }) => [rmSync(path), symlinkSync('/dev/zero', path)], /is no file/],
    ['that is huge', (f) => f.write(`secrets: {"${ARN}": {current: ${'x'.repeat(1 << 20)}}}`), /more than 131072/],
    ['that is no YAML', (f) => f.write('secrets: {"hush-hush'), /not valid YAML \([A-Z_]+\)$/],
    ['that is nested deeply', (f) => f.write(`hush-hush: ${'['.repeat(50_000)}`), /not valid YAML \(TOO_DEEP\)$/],
    ['of lists in lists', (f) => f.write('- '.repeat(50_000)), /not valid YAML \(TOO_DEEP\)$/],
    ['of anchors', (f) => f.write(`a: ${'&a '.repeat(30_000)}`), /not valid YAML \(TOO_DEEP\)$/],
    [
      'with a secret twice',
      (f) => f.write(`secrets:\n  ${ARN}: {current: a}\n  ${ARN}: {current: b}`),
      /DUPLICATE_KEY/,
    ],
    ['with something else', (f) => f.write('secrets: {}\nmore: hush-hush'), /must be secrets/],
    ['of a list', (f) => f.write('- secrets'), /must be secrets/],
    [
      'with a value for an ARN',
      (f) => f.write('secrets: {hush-hush: {current: a}}'),
      /entry 1 has no ARN of a secret$/,
    ],
    ['with a text for versions', (f) => f.write(`secrets: {"${ARN}": hush-hush}`), /entry 1 must be \{/],
    [
      'with another version',
      (f) => f.write(`secrets: {"${ARN}": {pending: hush-hush}}`),
      /current and previous alone$/,
    ],
    ['without a current version', (f) => f.write(`secrets: {"${ARN}": {previous: hush-hush}}`), /has no current$/],
    ['with a list', (f) => f.write(`secrets: {"${ARN}": {current: [hush-hush]}}`), /current of entry 1 must be a text/],
    [
      'with aliases of aliases',
      (f) => f.write(`a: &a [x, x]\nb: &b [*a, *a]\nsecrets: {"${ARN}": {current: *b}}`),
      /must be secrets/,
    ],
    ['with an alias', (f) => f.write(`secrets: {"${ARN}": {current: &a hush-hush, previous: *a}}`), /must be a text/],
  ]
  for (const [what, breakIt, reason] of broken) {
    it(`${what} cannot be opened, and leaves what it said before, as of then`, async () => {
      const fixture = new Fixture().write(`secrets: {"${ARN}": {current: the-first-one}}`)
      fixture.now = 1000
      await fixture.file.open()
      breakIt(fixture)
      fixture.now = 2000
      for (let i = 0; i < 3; i++) {
        const found = await fixture.file.get(ARN)
        assert.deepEqual([found?.current, found?.asOf], ['the-first-one', 1000])
      }
      assert.equal(fixture.lines.length, 1)
      assert.equal(fixture.lines[0]?.event, 'secrets-file-unreadable')
      assert.match(String(fixture.lines[0]?.['reason']), reason)
      assert.doesNotMatch(JSON.stringify(fixture.lines), /hush/)
      await assert.rejects(fixture.file.open(), { name: 'ConfigurationError' })
    })
  }

  it('that cannot be understood is parsed once, however many ask, until it has changed', async () => {
    const fixture = new Fixture().write('secrets: {"hush-hush')
    const problem = () =>
      fixture.file.open().then(
        () => 'none',
        (error: unknown) => error,
      )
    const first = await problem()
    assert.ok(first instanceof Error)
    assert.equal(await problem(), first)
    fixture.write(`secrets: {"${ARN}": {current: the-first-one}}`)
    assert.equal(await problem(), 'none')
    assert.equal((await fixture.file.get(ARN))?.current, 'the-first-one')
  })
})
