import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { describe, it } from 'node:test'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { ClientNetworks } from '../http/client-networks.ts'
import { utcMs } from '../media/time.ts'
import { PlaybackAccess } from './access.ts'
import type { PlaybackError } from './playback-error.ts'

const AUTHORIZATION = {
  cdnIdentifierSecret: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:cdn',
  secretsRoleArn: 'arn:aws:iam::000000000000:role/cdn',
}
const GOOD = 'drm-protected-1234'

const proxies = new BlockList()
proxies.addAddress('10.0.0.1')

/** An access whose secret is known; `secret.now` is the time. */
function accessWith(judge: 'judged' | 'unavailable' = 'judged') {
  const time = { now: 0, judged: 0 }
  const access = new PlaybackAccess({
    clients: new ClientNetworks(proxies),
    clock: () => utcMs(time.now),
    missesPerSecond: 20,
    identifiers: {
      async judge(_, value) {
        time.judged++
        if (judge === 'unavailable') return judge
        return Buffer.compare(value, Buffer.from(GOOD)) === 0 ? 'accepted' : 'wrong'
      },
    },
  })
  return { access, time }
}

function requestFrom(remoteAddress: string | undefined, rawHeaders: string[] = [], headers = {}) {
  return { socket: { remoteAddress }, rawHeaders, headers } as unknown as Parameters<PlaybackAccess['refusalOf']>[1]
}

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
    it(`${isLet ? 'lets in' : 'keeps out'} ${address}`, async () => {
      const refusal = await accessWith().access.refusalOf(endpoint, requestFrom(address))
      assert.equal(refusal?.error, isLet ? undefined : 'NotWhitelisted')
    })
  }

  it('lets everyone in when it is empty', async () => {
    assert.equal(await accessWith().access.refusalOf(hlsEndpoint(), requestFrom(undefined)), undefined)
  })

  it('is compared with what a trusted proxy names, and with nothing that others write', async () => {
    const { access } = accessWith()
    const from = async (peer: string, forwarded: string) => {
      const headers = { 'x-forwarded-for': forwarded, forwarded: `for=${forwarded}` }
      return (await access.refusalOf(endpoint, requestFrom(peer, [], headers)))?.error
    }
    assert.equal(await from('10.0.0.1', '192.0.2.1'), undefined)
    assert.equal(await from('10.0.0.1', '::ffff:192.0.2.1'), undefined)
    assert.equal(await from('10.0.0.1', '192.0.2.1, 203.0.113.9'), 'NotWhitelisted')
    assert.equal(await from('10.0.0.1', '192.0.2.1, 2001:db8::1'), 'NotWhitelisted')
    assert.equal(await from('10.0.0.2', '192.0.2.1'), 'NotWhitelisted')
  })
})

describe('CDN authorization', () => {
  const endpoint = hlsEndpoint({}, { authorization: AUTHORIZATION })
  for (const [what, rawHeaders, reason] of [
    ['the identifier', ['X-MediaPackage-CDNIdentifier', GOOD], undefined],
    ['a name in any case', ['Host', 'a', 'x-MEDIAPACKAGE-cdnidentifier', GOOD], undefined],
    ['no header', ['Host', 'a'], 'missing'],
    ['an empty one', ['X-MediaPackage-CDNIdentifier', ''], 'missing'],
    ['another value', ['X-MediaPackage-CDNIdentifier', `${GOOD}5`], 'wrong'],
    ['another case of the value', ['X-MediaPackage-CDNIdentifier', GOOD.toUpperCase()], 'wrong'],
    ['two values in one header', ['X-MediaPackage-CDNIdentifier', `${GOOD}, ${GOOD}`], 'wrong'],
    ['8 KiB', ['X-MediaPackage-CDNIdentifier', 'x'.repeat(8192)], 'wrong'],
    ['the header twice', ['X-MediaPackage-CDNIdentifier', GOOD, 'x-mediapackage-cdnidentifier', GOOD], 'repeated'],
    [
      'the header twice, once empty',
      ['X-MediaPackage-CDNIdentifier', GOOD, 'X-MediaPackage-CDNIdentifier', ''],
      'repeated',
    ],
    ['the name of the JSON member', ['MediaPackageCDNIdentifier', GOOD], 'missing'],
    ['a value in the name', [`X-MediaPackage-CDNIdentifier: ${GOOD}`, GOOD], 'missing'],
  ] as const) {
    it(`${reason === undefined ? 'lets in' : 'refuses'} a request with ${what}`, async () => {
      const refusal = await accessWith().access.refusalOf(endpoint, requestFrom('192.0.2.1', [...rawHeaders]))
      const expected = { error: 'CdnIdentifierRefused', reason: `cdn-identifier: ${reason}` }
      assert.deepEqual(refusal, reason === undefined ? undefined : expected)
    })
  }

  it('does not look at what is too long for an identifier', async () => {
    const { access, time } = accessWith()
    await access.refusalOf(endpoint, requestFrom('192.0.2.1', ['X-MediaPackage-CDNIdentifier', 'x'.repeat(8192)]))
    assert.equal(time.judged, 0)
  })

  it('refuses everybody while the secret is not known', async () => {
    const request = requestFrom('192.0.2.1', ['X-MediaPackage-CDNIdentifier', GOOD])
    const refusal = await accessWith('unavailable').access.refusalOf(endpoint, request)
    assert.deepEqual(refusal, { error: 'CdnIdentifierRefused', reason: 'cdn-identifier: secret unavailable' })
  })

  it('is looked at after origination and the whitelist', async () => {
    const { access, time } = accessWith()
    const request = requestFrom('192.0.2.1')
    const rules = { authorization: AUTHORIZATION, whitelist: ['10.0.0.0/8'] }
    const denied = await access.refusalOf(hlsEndpoint({}, { ...rules, origination: 'DENY' }), request)
    assert.equal(denied?.error, 'OriginationDenied')
    assert.equal((await access.refusalOf(hlsEndpoint({}, rules), request))?.error, 'NotWhitelisted')
    assert.equal(time.judged, 0)
  })
})

describe('a client that guesses', () => {
  const answers = (
    access: PlaybackAccess,
    request: ReturnType<typeof requestFrom>,
    count: number,
    error: PlaybackError,
  ) => Array.from({ length: count }, () => access.answerTo(request, { error }).error)

  it('gets 40 answers 403 or 404 at once and 20 a second, and 429 instead of more', () => {
    const { access, time } = accessWith()
    const request = requestFrom('2001:db8::1')
    const first = answers(access, request, 60, 'NoSuchEndpoint')
    assert.deepEqual(first.indexOf('TooManyMisses'), 40)
    time.now += 1000
    const later = answers(access, requestFrom('2001:db8::2'), 60, 'CdnIdentifierRefused')
    assert.equal(later.indexOf('TooManyMisses'), 20)
    assert.deepEqual(answers(access, requestFrom('2001:db8:0:1::1'), 1, 'NotYet'), ['NotYet'])
  })

  it('is told as before of everything else', () => {
    const { access } = accessWith()
    const request = requestFrom('192.0.2.1')
    answers(access, request, 41, 'NoSuchEndpoint')
    assert.deepEqual(answers(access, request, 1, 'InvalidQuery'), ['InvalidQuery'])
    assert.deepEqual(answers(access, request, 1, 'StoreUnavailable'), ['StoreUnavailable'])
  })

  it('is none for the proxy that does not name it, and none that has shown a good identifier', async () => {
    const { access } = accessWith()
    const proxy = requestFrom('10.0.0.1')
    assert.deepEqual(answers(access, proxy, 100, 'NotYet'), Array(100).fill('NotYet'))
    const cdn = requestFrom('192.0.2.1', ['X-MediaPackage-CDNIdentifier', GOOD])
    await access.refusalOf(hlsEndpoint({}, { authorization: AUTHORIZATION }), cdn)
    assert.deepEqual(answers(access, cdn, 100, 'NotYet'), Array(100).fill('NotYet'))
    assert.deepEqual(answers(access, requestFrom('192.0.2.1'), 41, 'NotYet').at(-1), 'TooManyMisses')
  })
})
