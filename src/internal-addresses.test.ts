import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { comparedHost, isInternalAddress } from './internal-addresses.ts'

describe('an address of an internal network', () => {
  const internal = [
    '0.0.0.0',
    '10.255.255.255',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    'fe80::1',
    'fe80::1%lo',
    'fec0::1',
    'fd00:ec2::254',
    'fc00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::192.168.1.1',
    '64:ff9b:1::1',
    '2002:7f00:1::1',
    '2002:a00:1::',
    '2001:0:1::1',
    'keys.example.com',
    '',
  ]
  for (const address of internal) it(`is "${address}"`, () => assert.ok(isInternalAddress(address)))

  const others = [
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ]
  for (const address of others) it(`is not ${address}`, () => assert.ok(!isInternalAddress(address)))
})

describe('the host of a URL', () => {
  const hosts = [
    ['https://Keys.Example.com./x', 'keys.example.com'],
    ['https://[FD00::1]:8443/', 'fd00::1'],
    ['https://0x7f.1/', '127.0.0.1'],
  ] as const
  for (const [url, host] of hosts) {
    it(`of ${url} is compared as ${host}`, () => assert.equal(comparedHost(new URL(url)), host))
  }
})
