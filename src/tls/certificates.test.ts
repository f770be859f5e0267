import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Authority, CertificateFiles } from '../../test/judges/certificates.ts'
import { temporaryFolder } from '../../test/judges/processes.ts'
import { utcMs } from '../media/time.ts'
import { Certificates } from './certificates.ts'

const authority = new Authority()
const DAY_MS = 86_400_000
const NOW = utcMs(Date.UTC(2026, 11, 1))

const open = (files: readonly CertificateFiles[], date = () => NOW) =>
  Certificates.open(files, { minVersion: 'TLSv1.2', date })

const reasons = async (certificates: Certificates) =>
  (await certificates.reload()).refused.map(({ reason }) => reason.replaceAll(/\/\S*\//g, ''))

describe('certificates', () => {
  it('are not there before both files can be used, for the reason that the message tells', async () => {
    const [one, other] = [authority.issue(['a.example.com']), authority.issue(['b.example.com'])]
    const bad: readonly [string, (files: CertificateFiles) => void, RegExp][] = [
      [
        'the key of another',
        (files) => files.write({ key: other.key }),
        /server\.key is not the private key of .*pem$/,
      ],
      ['half a key', (files) => files.write({ key: one.key.slice(0, 90) }), /has no private key that can be read/],
      [
        'half a certificate',
        (files) => files.write({ certificate: one.certificate.slice(0, 200) }),
        /ends in the middle/,
      ],
      ['damaged', (files) => files.write({ certificate: one.certificate.replace('M', '-') }), /cannot be read/],
      ['an empty file', (files) => files.write({ certificate: '' }), /has no certificate in PEM$/],
      [
        'half an issuer',
        (files) => files.write({ certificate: one.certificate.repeat(2).slice(0, -20) }),
        /in the middle/,
      ],
      ['a huge file', (files) => files.write({ certificate: 'x'.repeat(300_000) }), /more than 262144 bytes/],
      [
        // It would wait for its writer, and hold a thread of Node's pool for as long.
        'a FIFO',
        (files) => {
          rmSync(files.certificate)
          execFileSync('mkfifo', [files.certificate])
        },
        /is no file$/,
      ],
      ['a key for all', (files) => chmodSync(files.key, 0o644), /can be read by others: run chmod 640 or 600/],
    ]
    for (const [what, spoil, message] of bad) {
      const files = new CertificateFiles(one)
      spoil(files)
      await assert.rejects(open([files]), { name: 'CertificateUnusable', message }, what)
    }
    const missing = { certificate: '/nowhere/a.pem', key: '/nowhere/a.key' }
    await assert.rejects(Certificates.open([missing], { minVersion: 'TLSv1.2', date: () => NOW }), /\(ENOENT\)/)
  })

  it('are chosen by their names: the whole name, then a wildcard for its first part, and the first for all others', async () => {
    const names = [['a.example.com'], ['*.example.com', 'example.com'], ['b.example.com', 'a.example.com']]
    const certificates = await open(names.map((each) => new CertificateFiles(authority.issue(each))))
    const of = (name: string) => certificates.contextFor(name)
    assert.equal(of('A.Example.com.'), of('a.example.com'))
    assert.notEqual(of('a.example.com'), of('c.example.com'))
    assert.equal(of('example.com'), of('c.example.com'))
    assert.notEqual(of('b.example.com'), of('c.example.com'))
    assert.equal(of('x.c.example.com'), undefined)
    assert.equal(of('example.org'), undefined)
    assert.equal(of('localhost'), undefined)
  })

  it('are replaced when both files are there, whichever is written first, and only then', async () => {
    const files = new CertificateFiles(authority.issue(['a.example.com']))
    const certificates = await open([files])
    let changes = 0
    certificates.onChange(() => changes++)
    assert.deepEqual(await certificates.reload(), { loaded: [], refused: [] })
    for (const first of ['certificate', 'key'] as const) {
      const issued = authority.issue([`${first}.example.com`])
      const second = first === 'key' ? 'certificate' : 'key'
      const before = certificates.serverOptions
      files.write({ [first]: issued[first] })
      assert.deepEqual(await reasons(certificates), ['server.key is not the private key of server.pem'])
      // It is looked at again, though nothing has changed since.
      assert.equal((await reasons(certificates)).length, 1)
      assert.deepEqual(certificates.serverOptions, before)
      files.write({ [second]: issued[second] })
      assert.deepEqual((await certificates.reload()).loaded[0]?.names, [`${first}.example.com`])
      assert.deepEqual(await certificates.reload(), { loaded: [], refused: [] })
    }
    assert.equal(changes, 2)
    assert.equal(certificates.serverOptions.ticketKeys?.length, 48)
  })

  it('are followed through the links that Kubernetes and certbot replace', async () => {
    const folder = temporaryFolder('links')
    const place = (name: string, host: string) => {
      const { certificate, key } = authority.issue([host])
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'tls.crt'), certificate)
      writeFileSync(join(folder, name, 'tls.key'), key, { mode: 0o440 })
      symlinkSync(name, join(folder, '..data.new'))
      renameSync(join(folder, '..data.new'), join(folder, '..data'))
    }
    place('..1', 'old.example.com')
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(join('..data', name), join(folder, name))
    const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') }
    const certificates = await Certificates.open([files], { minVersion: 'TLSv1.2', date: () => NOW })
    place('..2', 'new.example.com')
    assert.deepEqual((await certificates.reload()).loaded[0]?.names, ['new.example.com'])
  })

  it('of several, those that can be used are replaced', async () => {
    const all = ['a', 'b'].map((name) => new CertificateFiles(authority.issue([`${name}.example.com`])))
    const certificates = await open(all)
    const before = certificates.contextFor('a.example.com')
    all[0]?.write({ key: '' })
    all[1]?.write(authority.issue(['c.example.com']))
    const { loaded, refused } = await certificates.reload()
    assert.deepEqual([loaded[0]?.names, refused.length], [['c.example.com'], 1])
    assert.deepEqual(
      certificates.pairs.map(({ names }) => names[0]),
      ['a.example.com', 'c.example.com'],
    )
    assert.ok(before && certificates.contextFor('a.example.com') && !certificates.contextFor('b.example.com'))
  })

  it('that have expired, or are for later, take the place of none that is valid', async () => {
    let now = NOW
    const until = (days: number) => ({ from: new Date(NOW - DAY_MS), until: new Date(NOW + days * DAY_MS) })
    const files = new CertificateFiles(authority.issue(['a.example.com'], until(10)))
    const certificates = await open([files], () => now)
    files.write(authority.issue(['a.example.com'], until(-0.5)))
    assert.deepEqual(await reasons(certificates), ['server.pem has expired'])
    files.write(authority.issue(['a.example.com'], { from: new Date(NOW + DAY_MS) }))
    assert.deepEqual(await reasons(certificates), ['server.pem is not valid yet'])
    now = utcMs(NOW + DAY_MS)
    assert.equal((await certificates.reload()).loaded.length, 1)

    const old = new CertificateFiles(authority.issue(['a.example.com'], until(-0.5)))
    const expired = await open([old], () => now)
    old.write(authority.issue(['b.example.com'], until(-0.4)))
    assert.deepEqual((await expired.reload()).loaded[0]?.names, ['b.example.com'])
  })

  it('are for names and addresses that they say themselves, not for the name of their subject', async () => {
    const { pairs } = await open([new CertificateFiles(authority.issue(['*.example.com', '192.0.2.7']))])
    const hosts = ['a.example.com', '192.0.2.7', 'example.com', 'a.b.example.com', '192.0.2.8', '::1']
    assert.deepEqual(
      hosts.filter((host) => pairs[0]?.isFor(host)),
      ['a.example.com', '192.0.2.7'],
    )
  })
})
