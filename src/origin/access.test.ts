import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { refusalOf } from './access.ts'

describe('the whitelist of an endpoint', () => {
  const endpoint = hlsEndpoint({}, { whitelist: ['192.0.2.0/24', '198.51.100.7/32'] })
  for (const [address, isLet] of [
    ['192.0.2.255', true],
    ['192.0.3.0', false],
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['::ffff:192.0.2.9', true],
    ['::FFFF:192.0.3.9', false],
    ['::1', false],
    ['2001:db8::192.0.2.9', false],
    [undefined, false],
  ] as const) {
    it(`${isLet ? 'lets in' : 'keeps out'} ${address}`, () => {
      assert.equal(refusalOf(endpoint, address) === undefined, isLet)
    })
  }

  it('lets everyone in when it is empty', () => assert.equal(refusalOf(hlsEndpoint(), undefined), undefined))
})
