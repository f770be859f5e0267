import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { selfSigned } from '../test/keys/certificate.ts'
import { answer, filled, servedKey, written } from '../test/keys/key-server.ts'
import { samplePackaging } from '../test/keys/sample-packaging.ts'
import { Turns } from './concurrency/turns.ts'
import { ConfigurationError, readSettings } from './config/read-settings.ts'
import { configuredKeyProvider } from './configured-key-provider.ts'
import { utcMs } from './media/time.ts'
import { FAIRPLAY } from './model/drm-systems.ts'

const ARN = 'arn:aws:acm:us-east-1:000000000000:certificate/keys'
const folder = mkdtempSync(join(tmpdir(), 'windrow-speke-'))
after(() => rmSync(folder, { recursive: true }))

const own = selfSigned('localhost')
const other = selfSigned('other.example.com')

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function provider(env: Readonly<Record<string, string>>) {
  const settings = readSettings({ args: [], env: { WINDROW_SPEKE_AUTH: 'none', ...env }, readFile: () => '' })
  return configuredKeyProvider(settings, { date: () => utcMs(1_800_000_000_000), turns: new Turns() })
}

const certificate = file('own.pem', own.certificate)
const key = file('own.key', own.key)

describe('the key servers that the settings name', () => {
  it('are trusted by their authority, and decrypt with the certificate of an ARN', async () => {
    const server = createServer({ cert: own.certificate, key: own.key }, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => answer(response, written(filled(Buffer.concat(chunks).toString()))))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `https://localhost:${(server.address() as AddressInfo).port}/speke`
    const packaging = samplePackaging('TS', { url, systemIds: [FAIRPLAY], certificateArn: ARN })
    const env = {
      WINDROW_SPEKE_ALLOW_HOSTS: 'localhost',
      WINDROW_SPEKE_CERTIFICATES: `${ARN}=${certificate};${key}`,
    }
    const signal = new AbortController().signal
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    try {
      for (const isChecked of [undefined, '0']) {
        if (isChecked !== undefined) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = isChecked
        await assert.rejects(
          provider(env).request(packaging, 0, signal),
          /does not answer \(DEPTH_ZERO_SELF_SIGNED_CERT\)\.$/,
        )
      }
      const {
        keys: [found],
      } = await provider({ ...env, WINDROW_SPEKE_CA_FILE: certificate }).request(packaging, 0, signal)
      assert.deepEqual(found!.key.export(), servedKey(found!.kid))
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
      server.closeAllConnections()
      server.close()
    }
  })

  const wrong: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ WINDROW_SPEKE_CERTIFICATES: `${ARN}=${certificate};${file('other.key', other.key)}` }, /is not the private key/],
    [{ WINDROW_SPEKE_CERTIFICATES: `${ARN}=${key};${certificate}` }, /are no certificate and no private key in PEM/],
    [{ WINDROW_SPEKE_CERTIFICATES: `${ARN}=${folder}/none;${key}` }, /cannot read .*none \(ENOENT\)/],
    [{ WINDROW_SPEKE_CERTIFICATES: 'certificate.pem;key.pem' }, /must be different ARNs of certificates in ACM/],
    [{ WINDROW_SPEKE_CA_FILE: key }, /has no certificate in PEM/],
    [{ WINDROW_SPEKE_ALLOW_HOSTS: 'keys.example.com:8080' }, /must be hosts or addresses without ports/],
    [{ WINDROW_SPEKE_HEADERS: 'Authorization: Bearer a-secret' }, /must be different hosts, each with a header/],
    [{ WINDROW_SPEKE_HEADERS: 'a.example/x X-Key: a-secret' }, /must be different hosts, each with a header/],
    [{ WINDROW_SPEKE_HEADERS: 'a.example X-Key: a-secret,A.example. X-Key: b' }, /must be different hosts/],
  ]
  for (const [env, expected] of wrong) {
    it(`are refused: ${expected.source}`, () => {
      assert.throws(
        () => provider(env),
        (error: Error) =>
          error instanceof ConfigurationError && expected.test(error.message) && !/a-secret/.test(error.message),
      )
    })
  }

  it('get the header that is for their host', () => {
    const env = { WINDROW_SPEKE_HEADERS: 'Keys.example.com X-Api-Key: a, b.example.com Authorization: Basic YTpi' }
    const { spekeHeaders } = readSettings({ args: [], env, readFile: () => '' })
    assert.deepEqual(
      [...spekeHeaders!],
      [
        ['keys.example.com', { name: 'X-Api-Key', value: 'a' }],
        ['b.example.com', { name: 'Authorization', value: 'Basic YTpi' }],
      ],
    )
    const hosts = ['Schlüssel.example.', 'a.example:443', '[FD00:0::1]:80', '[::1]', '10.1'].map(
      (host) => `${host} A: b`,
    )
    const other = readSettings({ args: [], env: { WINDROW_SPEKE_HEADERS: hosts.join() }, readFile: () => '' })
    assert.deepEqual(
      [...other.spekeHeaders!.keys()],
      ['xn--schlssel-95a.example', 'a.example:443', '[fd00::1]:80', '[::1]', '10.0.0.1'],
    )
  })

  it('are allowed by name and by address', () => {
    const env = { WINDROW_SPEKE_ALLOW_HOSTS: 'Keys.Internal., 10.0.0.7, [FD00::1]' }
    const { spekeAllowHosts } = readSettings({ args: [], env, readFile: () => '' })
    assert.deepEqual([...spekeAllowHosts!], ['keys.internal', '10.0.0.7', 'fd00::1'])
  })
})
