import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readSettings } from './config/read-settings.ts'
import { ownKeyServer } from './configured-key-server.ts'

const PATH = '/windrow/v1/keys/speke'

function own(...args: readonly string[]) {
  const settings = readSettings({ args, env: {}, readFile: () => '' })
  return ownKeyServer(settings)
}

describe('the built-in key server', () => {
  it('is off unless it is asked for', () => {
    assert.equal(own(), undefined)
    assert.equal(own('--key-server', 'false', '--listen', '0.0.0.0:80'), undefined)
  })

  it('is at a loopback address alone, unless told otherwise', () => {
    for (const listen of ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080']) {
      assert.ok(own('--key-server', 'true', '--listen', listen))
    }
    assert.throws(() => own('--key-server', 'true', '--listen', '0.0.0.0:8080'), {
      name: 'ConfigurationError',
      message: /^key-server is true, but listen is no loopback address: .* set key-server to anywhere/,
    })
    const apart = ['--key-server', 'true', '--control-listen', '192.0.2.1:8081']
    assert.throws(() => own(...apart), /control-listen is no loopback address/)
    const tls = [
      '--key-server',
      'true',
      '--tls-listen',
      '0.0.0.0:443',
      '--tls-certificate',
      'a.pem',
      '--tls-key',
      'a.key',
    ]
    assert.throws(() => own(...tls), /tls-listen is no loopback address/)
    assert.ok(own(...tls, '--control-listen', '127.0.0.1:8081'))
    assert.ok(own('--key-server', 'true', '--listen', '0.0.0.0:80', '--control-listen', '127.0.0.1:8081'))
    assert.ok(own('--key-server', 'anywhere', '--listen', '0.0.0.0:8080'))
  })

  it('knows its own URLs, and takes no other for one of them', () => {
    const server = own('--key-server', 'true', '--public-url', 'https://live.example.com')!
    assert.ok(!server.isAt(`http://127.0.0.1:8080${PATH}`), 'before it listens')
    server.listensAt('http://127.0.0.1:8080')
    assert.equal(server.url, 'https://live.example.com')
    for (const origin of [
      'http://127.0.0.1:8080',
      'http://localhost:8080',
      'http://[::1]:8080',
      'https://live.example.com',
    ]) {
      assert.ok(server.isAt(origin + PATH), origin)
    }
    for (const url of [
      `http://127.0.0.1:8081${PATH}`,
      `http://127.0.0.2:8080${PATH}`,
      `https://127.0.0.1:8080${PATH}`,
      `http://live.example.com${PATH}`,
      `http://127.0.0.1:8080${PATH}?a`,
      `http://127.0.0.1:8080${PATH}/..`,
      `http://user@127.0.0.1:8080${PATH}`,
      'http://127.0.0.1:8080/channels',
      'nowhere',
    ]) {
      assert.ok(!server.isAt(url), url)
    }
  })

  it('is where key-server-url says, and beside a separate API not at the public URL', () => {
    const apart = own(
      '--key-server',
      'true',
      '--control-listen',
      '127.0.0.1:9',
      '--public-url',
      'https://live.example',
    )!
    apart.listensAt('http://127.0.0.1:9')
    assert.equal(apart.url, 'http://127.0.0.1:9')
    const named = own('--key-server', 'true', '--key-server-url', 'https://keys.example')!
    named.listensAt('http://127.0.0.1:8080')
    assert.equal(named.url, 'https://keys.example')
    assert.ok(named.hosts.has('keys.example'))
  })
})
