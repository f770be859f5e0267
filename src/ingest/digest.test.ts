import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestChallenges, digestResponse, parseDigestCredentials } from './digest.ts'

/** The example of RFC 7616 §3.9.1. */
const MUFASA = {
  username: 'Mufasa',
  realm: 'http-auth@example.org',
  uri: '/dir/index.html',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
}
const PASSWORD = 'Circle of Life'
const RESPONSES = {
  MD5: '8ca523f5e9506fed4657c9700eebdbec',
  'SHA-256': '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
} as const

function header(algorithm: keyof typeof RESPONSES): string {
  return (
    `Digest username="${MUFASA.username}",\n   realm="${MUFASA.realm}",\n uri="${MUFASA.uri}", algorithm=${algorithm}, ` +
    `nonce="${MUFASA.nonce}", nc=${MUFASA.nc}, cnonce="${MUFASA.cnonce}", qop=auth, ` +
    `response="${RESPONSES[algorithm]}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
  ).replaceAll('\n', '')
}

describe('digest', () => {
  for (const algorithm of ['MD5', 'SHA-256'] as const) {
    it(`reads the example of RFC 7616 §3.9.1 and computes its response: ${algorithm}`, () => {
      const credentials = parseDigestCredentials(header(algorithm))
      assert.deepEqual(credentials, { ...MUFASA, algorithm, response: RESPONSES[algorithm] })
      assert.equal(digestResponse(credentials!, 'GET', PASSWORD), RESPONSES[algorithm])
      assert.notEqual(digestResponse(credentials!, 'PUT', PASSWORD), RESPONSES[algorithm])
    })
  }

  it('reads what clients quote and do not quote, in any case, with escapes', () => {
    const credentials = parseDigestCredentials(
      'dIGEST  USERNAME="a\\"b\\\\c" ,realm=r,nonce="n",uri="/?x=1,2",response="AB",cnonce=c,nc="0000000a",qop="AUTH",algorithm="MD5"',
    )
    assert.equal(credentials?.username, 'a"b\\c')
    assert.equal(credentials.uri, '/?x=1,2')
    assert.equal(credentials.nc, '0000000a')
    assert.equal(credentials.response, 'ab')
  })

  it('takes MD5 when the client names no algorithm', () => {
    assert.equal(parseDigestCredentials(header('MD5').replace('algorithm=MD5, ', ''))?.algorithm, 'MD5')
  })

  const REFUSED: readonly [string, string][] = [
    ['no header', ''],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['another algorithm', header('MD5').replace('=MD5', '=SHA-512-256')],
    ['a session algorithm', header('MD5').replace('=MD5', '=MD5-sess')],
    ['qop=auth-int', header('MD5').replace('qop=auth', 'qop=auth-int')],
    ['no qop, RFC 2069', header('MD5').replace(' qop=auth,', '')],
    ['a parameter twice', `${header('MD5')}, username="Scar"`],
    ['a count of nine digits', header('MD5').replace('00000001', '000000001')],
    ['an open quotation', header('MD5').slice(0, -1)],
    ['no response', header('MD5').replace('response=', 'answer=')],
    ['a flood of commas', `Digest ${','.repeat(10_000)}`],
  ]
  for (const [what, text] of REFUSED) {
    it(`does not read ${what}`, () => assert.equal(parseDigestCredentials(text), undefined))
  }

  it('reads any text without throwing', () => {
    const anything = fc.string({ maxLength: 200 }).map((text) => `Digest ${text}`)
    const mutated = fc
      .tuple(fc.nat(header('MD5').length), fc.string({ maxLength: 3 }))
      .map(([at, text]) => header('MD5').slice(0, at) + text + header('MD5').slice(at + 2))
    fc.assert(
      fc.property(fc.oneof(anything, mutated), (text) => void parseDigestCredentials(text)),
      { seed: 7616, numRuns: 2000 },
    )
  })

  it('challenges with SHA-256 first and MD5 last', () => {
    assert.deepEqual(digestChallenges('r', 'n', false), [
      'Digest realm="r", qop="auth", algorithm=SHA-256, nonce="n"',
      'Digest realm="r", qop="auth", algorithm=MD5, nonce="n"',
    ])
    assert.ok(digestChallenges('r', 'n', true).every((line) => line.endsWith(', stale=true')))
  })
})
