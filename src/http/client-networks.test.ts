import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { describe, it } from 'node:test'
import { ClientNetworks } from './client-networks.ts'

const proxies = new BlockList()
proxies.addSubnet('10.0.0.0', 8, 'ipv4')
proxies.addSubnet('2001:db8:ff::', 48, 'ipv6')
const networks = new ClientNetworks(proxies)

describe('the network of a client', () => {
  for (const [remoteAddress, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1:2:3:4:192.0.2.1', '0:0:1:2::/64'],
    ['2001:db8::5', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['10.1.2.3', undefined],
    ['::ffff:10.1.2.3', undefined],
    ['2001:db8:ff:1::7', undefined],
    [undefined, undefined],
  ] as const) {
    it(`of a connection from ${remoteAddress} is ${network}`, () => {
      assert.equal(networks.ofConnection({ remoteAddress }), network)
    })
  }

  for (const [remoteAddress, forwarded, network] of [
    ['192.0.2.1', '198.51.100.7', '192.0.2.1'],
    ['10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', '203.0.113.9, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['10.0.0.1', '203.0.113.9,2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['10.0.0.1', '203.0.113.9, unknown', undefined],
    ['10.0.0.1', undefined, undefined],
  ] as const) {
    it(`of a request from ${remoteAddress}, forwarded for ${forwarded}, is ${network}`, () => {
      const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
      assert.equal(networks.ofRequest({ socket: { remoteAddress }, headers }), network)
    })
  }

  it('of requests on one connection is the same, and on one of a proxy that of each', () => {
    const [direct, proxied] = [{ remoteAddress: '2001:db8::5' }, { remoteAddress: '10.0.0.1' }]
    const of = (socket: object, client: string) =>
      networks.ofRequest({ socket, headers: { 'x-forwarded-for': client } })
    const asked = ['198.51.100.7', '203.0.113.9'].map((client) => [of(direct, client), of(proxied, client)])
    assert.deepEqual(asked, [
      ['2001:db8:0:0::/64', '198.51.100.7'],
      ['2001:db8:0:0::/64', '203.0.113.9'],
    ])
  })
})

describe('the address of a client', () => {
  for (const [remoteAddress, headers, address] of [
    ['192.0.2.1', {}, '192.0.2.1'],
    ['::ffff:192.0.2.1', {}, '192.0.2.1'],
    ['2001:db8:1:2::9', {}, '2001:db8:1:2::9'],
    // Nobody but a trusted proxy is believed.
    ['192.0.2.1', { 'x-forwarded-for': '198.51.100.7', forwarded: 'for=198.51.100.7' }, '192.0.2.1'],
    ['10.0.0.1', { 'x-forwarded-for': '198.51.100.7' }, '198.51.100.7'],
    ['::ffff:10.0.0.1', { 'x-forwarded-for': '203.0.113.9, 198.51.100.7, 10.0.0.2' }, '198.51.100.7'],
    ['10.0.0.1', { 'x-forwarded-for': '198.51.100.7:50123' }, '198.51.100.7'],
    ['10.0.0.1', { 'x-forwarded-for': '2001:DB8:0:0:1:0::9' }, '2001:db8::1:0:0:9'],
    ['10.0.0.1', { 'x-forwarded-for': '[2001:db8::9]:50123' }, '2001:db8::9'],
    ['10.0.0.1', { 'x-forwarded-for': '::ffff:198.51.100.7' }, '198.51.100.7'],
    ['10.0.0.1', { 'x-forwarded-for': '::ffff:c633:6407' }, '198.51.100.7'],
    // What cannot be read names nobody, however the rest of the header looks.
    ['10.0.0.1', { 'x-forwarded-for': '198.51.100.7, unknown' }, '10.0.0.1'],
    ['10.0.0.1', { 'x-forwarded-for': '198.51.100.7, ' }, '10.0.0.1'],
    ['10.0.0.1', { 'x-forwarded-for': '198.51.100.7 203.0.113.9' }, '10.0.0.1'],
    ['10.0.0.1', { 'x-forwarded-for': '010.1.2.3' }, '10.0.0.1'],
    ['10.0.0.1', { 'x-forwarded-for': '"198.51.100.7"' }, '10.0.0.1'],
    ['10.0.0.1', { 'x-forwarded-for': '' }, '10.0.0.1'],
    ['10.0.0.1', { 'x-forwarded-for': '10.0.0.3, 10.0.0.2' }, '10.0.0.1'],
    ['10.0.0.1', { 'x-forwarded-for': `198.51.100.7${', 10.0.0.2'.repeat(1000)}` }, '10.0.0.1'],
    ['10.0.0.1', {}, '10.0.0.1'],
    ['10.0.0.1', { forwarded: 'for=198.51.100.7' }, '198.51.100.7'],
    ['10.0.0.1', { forwarded: 'For="[2001:db8:cafe::17]:4711"' }, '2001:db8:cafe::17'],
    ['10.0.0.1', { forwarded: 'for="198.51.100.7:_gazonk"; proto=https ;by=10.0.0.1' }, '198.51.100.7'],
    ['10.0.0.1', { forwarded: 'for=203.0.113.9, for=198.51.100.7;proto=http, for=10.0.0.2' }, '198.51.100.7'],
    ['10.0.0.1', { forwarded: 'for="203.0.113.9, for=203.0.113.9", for=198.51.100.7' }, '198.51.100.7'],
    ['10.0.0.1', { forwarded: 'for=198.51.100.7, for=unknown' }, '10.0.0.1'],
    ['10.0.0.1', { forwarded: 'for=198.51.100.7, proto=https' }, '10.0.0.1'],
    ['10.0.0.1', { forwarded: 'for=198.51.100.7;for=203.0.113.9' }, '10.0.0.1'],
    ['10.0.0.1', { forwarded: 'for=2001:db8::9' }, '10.0.0.1'],
    ['10.0.0.1', { forwarded: 'for="2001:db8::9"' }, '10.0.0.1'],
    ['10.0.0.1', { forwarded: 'for="198.51.100.7' }, '10.0.0.1'],
    ['10.0.0.1', { forwarded: '198.51.100.7' }, '10.0.0.1'],
    ['10.0.0.1', { forwarded: '198.51.100.9, for=198.51.100.7' }, '198.51.100.7'],
    ['10.0.0.1', { forwarded: 'for="198.51.100.9, for=198.51.100.7' }, '198.51.100.7'],
    ['10.0.0.1', { forwarded: 'a;b", for=198.51.100.7, for=10.0.0.2' }, '198.51.100.7'],
    ['10.0.0.1', { forwarded: 'for=198.51.100.7, a;b, for=10.0.0.2' }, '10.0.0.1'],
    // A proxy that writes the one passes on the other as clients forge it.
    ['10.0.0.1', { 'x-forwarded-for': '198.51.100.7', forwarded: 'for=203.0.113.9' }, '198.51.100.7'],
    ['10.0.0.1', { 'x-forwarded-for': 'unknown', forwarded: 'for=203.0.113.9' }, '10.0.0.1'],
    [undefined, { 'x-forwarded-for': '198.51.100.7' }, undefined],
  ] as const) {
    it(`of a request from ${remoteAddress} with ${JSON.stringify(headers).slice(0, 80)} is ${address}`, () => {
      assert.equal(networks.addressOf({ socket: { remoteAddress }, headers }), address)
    })
  }
})

describe('the URL that a client has asked for', () => {
  const https = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'media.example.com', host: 'windrow:8080' }
  const forwarded = 'for=198.51.100.7;proto=HTTPS;host="media.example.com:8443", for=10.0.0.2;proto=http'
  for (const [remoteAddress, headers, scheme, host] of [
    ['192.0.2.1', https, 'http', 'windrow:8080'],
    ['10.0.0.1', { ...https, 'x-forwarded-for': '198.51.100.7' }, 'https', 'media.example.com'],
    ['10.0.0.1', { ...https, 'x-forwarded-for': '198.51.100.7, 10.0.0.2' }, 'https', 'media.example.com'],
    [
      '10.0.0.1',
      { ...https, 'x-forwarded-for': '198.51.100.7, 10.0.0.2', 'x-forwarded-proto': 'https, http' },
      'https',
      'media.example.com',
    ],
    [
      '10.0.0.1',
      { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'gopher', 'x-forwarded-host': 'a b', host: '[::1]:80' },
      'http',
      '[::1]:80',
    ],
    ['10.0.0.1', { forwarded, host: 'windrow' }, 'https', 'media.example.com:8443'],
    ['192.0.2.1', { host: 'a"b' }, 'http', undefined],
  ] as const) {
    it(`of a request from ${remoteAddress} with ${JSON.stringify(headers)} is at ${scheme}://${host}`, () => {
      const { scheme: found, host: foundHost } = networks.originOf({ socket: { remoteAddress }, headers })
      assert.deepEqual([found, foundHost], [scheme, host])
    })
  }

  it('is known of a connection that has been closed since', () => {
    const closed = { socket: { remoteAddress: undefined, encrypted: true }, headers: { host: 'windrow' } }
    assert.deepEqual(networks.originOf(closed, '::ffff:192.0.2.1'), {
      address: '192.0.2.1',
      scheme: 'https',
      host: 'windrow',
    })
  })
})
