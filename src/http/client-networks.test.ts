import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
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
      const request = { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }
      assert.equal(networks.ofRequest(request as unknown as IncomingMessage), network)
    })
  }
})
