import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { LookupAddress } from 'node:dns'
import { after, afterEach, before, describe, it } from 'node:test'
import { selfSigned } from '../../test/keys/certificate.ts'
import { type Answering, answer, filled, KeyServer, servedKey, written } from '../../test/keys/key-server.ts'
import { type SamplePackage, samplePackaging } from '../../test/keys/sample-packaging.ts'
import { Turns } from '../concurrency/turns.ts'
import { utcMs } from '../media/time.ts'
import { CLEAR_KEY_AES_128, FAIRPLAY, PLAYREADY, WIDEVINE } from '../model/drm-systems.ts'
import type { SpekeKeyProvider } from '../model/encryption.ts'
import type { ContentKey } from '../packaging/content-keys.ts'
import { keyIdOf } from './asked-keys.ts'
import { KeyProviderFailed } from './key-provider.ts'
import { type SpekeOptions, spekeClient } from './speke-client.ts'

const ARN = 'arn:aws:acm:us-east-1:000000000000:certificate/keys'
const SHARED = { presetSpeke20Audio: 'SHARED', presetSpeke20Video: 'SHARED' } as const
const PAIR = { presetSpeke20Audio: 'PRESET-AUDIO-1', presetSpeke20Video: 'PRESET-VIDEO-1' } as const

const server = new KeyServer()
const usual = server.answering
const { certificate: pem, key: keyPem } = selfSigned('keys.example.com')
const certificate = { certificate: new X509Certificate(pem), privateKey: createPrivateKey(keyPem) }

const OPTIONS: SpekeOptions = {
  auth: {
    headers: new Map(),
    credentials: async () => undefined,
    region: 'eu-west-1',
    date: () => utcMs(1_800_000_000_000),
  },
  allowedHosts: new Set(['127.0.0.1']),
  certificates: new Map([[ARN, certificate]]),
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  timeoutMs: 60_000,
  turns: new Turns(),
}

before(() => server.listen())
after(() => server.close())
afterEach(() => {
  server.answering = usual
  server.requests.length = 0
})

type Asked = {
  readonly of?: SamplePackage
  readonly provider?: Partial<SpekeKeyProvider>
  readonly more?: Parameters<typeof samplePackaging>[2]
  readonly options?: Partial<SpekeOptions>
  readonly signal?: AbortSignal
  readonly period?: number
}

function provided({ of = 'TS', provider, more, options, signal, period = 0 }: Asked = {}) {
  const url = `http://127.0.0.1:${server.port}/speke`
  const packaging = samplePackaging(of, { systemIds: [FAIRPLAY], url, ...provider }, more)
  return spekeClient({ ...OPTIONS, ...options }).request(packaging, period, signal ?? new AbortController().signal)
}

async function request(asked?: Asked): Promise<readonly ContentKey[]> {
  return (await provided(asked)).keys
}

async function failure(asked: Asked = {}): Promise<string> {
  const error = await request(asked).then(
    () => assert.fail('keys were given'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof KeyProviderFailed)) throw error
  return error.message
}

describe('keys by SPEKE 1.0', () => {
  it('are one for all tracks, with what the answer says of them', async () => {
    const keys = await request({ period: 11_425 })
    assert.equal(keys.length, 1)
    const [key] = keys
    const kid = keyIdOf('a-resource', 11_425, 'ALL')
    assert.equal(key!.kid, kid)
    assert.equal(key!.trackType, 'ALL')
    assert.deepEqual(key!.key.export(), servedKey(kid))
    assert.deepEqual(
      key!.systems.map(({ pssh: _, contentProtectionData: __, ...more }) => more),
      [
        {
          systemId: FAIRPLAY,
          uriExtXKey: `https://keys.example.com/${kid}`,
          keyFormat: 'identity',
          keyFormatVersions: '1',
        },
      ],
    )
    assert.equal(key!.explicitIv, undefined)
  })

  it('are requested by one POST of XML, without the header of SPEKE 2.0', async () => {
    await request()
    const [sent] = server.requests
    assert.equal(server.requests.length, 1)
    assert.equal(sent!.method, 'POST')
    assert.equal(sent!.headers['content-type'], 'application/xml')
    assert.equal(sent!.headers['x-speke-version'], undefined)
    assert.equal(sent!.headers.authorization, undefined)
  })

  it('have the PlayReady object that the answer gives in a pssh box', async () => {
    const [key] = await request({ of: 'ISM', provider: { systemIds: [PLAYREADY] } })
    const object = Buffer.from(key!.systems[0]!.protectionHeader!, 'base64')
    assert.equal(object.readUInt32LE(0), object.length)
  })

  it('have an explicit IV where the answer adds one', async () => {
    server.answering = ({ body }, response) => {
      const text = written(filled(body)).replace(
        '<cpix:ContentKey ',
        `<cpix:ContentKey explicitIV="${'A'.repeat(22)}==" `,
      )
      answer(response, text)
    }
    const [key] = await request({ more: { method: 'SAMPLE_AES' } })
    assert.deepEqual(key!.explicitIv, Buffer.alloc(16))
  })
})

describe('keys by SPEKE 2.0', () => {
  it('are one for each rule of the presets, with the tags of playlists as they are', async () => {
    const keys = await request({ of: 'CMAF', provider: { systemIds: [FAIRPLAY, WIDEVINE] }, more: { contract: PAIR } })
    assert.deepEqual(
      keys.map(({ trackType }) => trackType),
      ['VIDEO', 'AUDIO'],
    )
    for (const { kid, systems, key } of keys) {
      assert.deepEqual(key.export(), servedKey(kid))
      const [fairPlay, widevine] = systems
      assert.deepEqual(fairPlay, {
        systemId: FAIRPLAY,
        mediaTags: [`#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://${kid}",KEYFORMATVERSIONS="1"`],
        masterTags: [`#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="skd://${kid}",KEYFORMATVERSIONS="1"`],
      })
      const box = Buffer.from(widevine!.pssh!).toString('base64')
      assert.equal(widevine!.contentProtectionData, `<pssh xmlns="urn:mpeg:cenc:2013">${box}</pssh>`)
    }
  })

  it('have the header of SPEKE 2.0, and what the server says of itself', async () => {
    const { about } = await provided({ of: 'DASH', provider: { systemIds: [WIDEVINE] }, more: { contract: SHARED } })
    assert.equal(server.requests[0]!.headers['x-speke-version'], '2.0')
    assert.deepEqual(about, { host: '127.0.0.1', version: '2.0', keyServer: 'a key server of tests' })
  })

  it('ask clear-key systems for tags of playlists alone', async () => {
    const [key] = await request({
      of: 'CMAF',
      provider: { systemIds: [CLEAR_KEY_AES_128] },
      more: { contract: SHARED },
    })
    assert.equal(key!.systems[0]!.pssh, undefined)
    assert.equal(key!.systems[0]!.mediaTags!.length, 1)
  })
})

describe('encrypted keys', () => {
  const provider = { certificateArn: ARN }

  it('are decrypted', async () => {
    const [key] = await request({ provider })
    assert.deepEqual(key!.key.export(), servedKey(key!.kid))
  })

  it('are refused when one bit of the MAC is wrong', async () => {
    server.answering = ({ body }, response) => answer(response, written(filled(body, { flipped: true })))
    assert.equal(await failure({ provider }), 'The key server answered with an encrypted key whose MAC is wrong.')
  })

  it('are refused when one bit of a key is wrong, before it is decrypted', async () => {
    server.answering = ({ body }, response) => {
      const text = written(filled(body))
      const at = text.lastIndexOf('<enc:CipherValue>') + '<enc:CipherValue>'.length
      const other = text[at] === 'A' ? 'B' : 'A'
      answer(response, `${text.slice(0, at)}${other}${text.slice(at + 1)}`)
    }
    assert.equal(await failure({ provider }), 'The key server answered with an encrypted key whose MAC is wrong.')
  })

  it('are refused when they come plain', async () => {
    server.answering = ({ body }, response) => {
      answer(response, written(filled(body.replace(/<cpix:DeliveryDataList>[\s\S]*<\/cpix:DeliveryDataList>/, ''))))
    }
    assert.match(await failure({ provider }), /^The key server answered with keys that are not encrypted, although/)
  })

  it('are refused when one is plain beside those that are not', async () => {
    server.answering = ({ body }, response) => {
      const plain = '<pskc:PlainValue>AAAAAAAAAAAAAAAAAAAAAA==</pskc:PlainValue>'
      const at = (text: string) => text.indexOf('<pskc:EncryptedValue', text.indexOf('<cpix:ContentKeyList'))
      const text = written(filled(body))
      answer(response, `${text.slice(0, at(text))}${plain}${text.slice(text.indexOf('</pskc:Secret>', at(text)))}`)
    }
    assert.match(await failure({ provider }), /^The key server answered with the key \S+ not encrypted, although/)
  })

  it('are refused when they are for another certificate', async () => {
    const other = selfSigned('other.example.com')
    const mixed = { certificate: new X509Certificate(other.certificate), privateKey: certificate.privateKey }
    const message = await failure({ provider, options: { certificates: new Map([[ARN, mixed]]) } })
    assert.match(message, /a document key that is not encrypted for the endpoint's certificate\.$/)
  })

  it('are refused when nobody asked for them', async () => {
    server.answering = ({ body }, response) => {
      const der = certificate.certificate.raw.toString('base64')
      const list =
        '<cpix:DeliveryDataList><cpix:DeliveryData><cpix:DeliveryKey><ds:X509Certificate ' +
        `xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${der}</ds:X509Certificate></cpix:DeliveryKey>` +
        '</cpix:DeliveryData></cpix:DeliveryDataList><cpix:ContentKeyList>'
      answer(response, written(filled(body.replace('<cpix:ContentKeyList>', list))))
    }
    assert.match(await failure(), /the key \S+ encrypted, which it was not asked for\.$/)
  })

  it('need a certificate that the settings name', async () => {
    const message = await failure({ provider, options: { certificates: new Map() } })
    assert.equal(message, `The certificate ${ARN} is unknown: speke-certificates does not name it.`)
    assert.equal(server.requests.length, 0)
  })
})

/** What a key server answers with, changed as text. */
const changed =
  (change: (text: string) => string): Answering =>
  ({ body }, response) =>
    answer(response, change(written(filled(body))))

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
const BIG = `<!--${'x'.repeat(2 << 20)}-->`
const LAUGHS =
  '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
const V2: Asked = { of: 'CMAF', provider: { systemIds: [WIDEVINE] }, more: { contract: SHARED } }

describe('an answer that is none', () => {
  const cases: readonly (readonly [name: string, Answering, RegExp, Asked?])[] = [
    [
      '500 with a body',
      (_, r) => answer(r, 'no\nkeys  today', 500, 'text/plain'),
      /127\.0\.0\.1 answered 500: no keys today$/,
    ],
    ['500 with a long body', (_, r) => answer(r, 'x'.repeat(5000), 500, 'text/plain'), / answered 500: x{200}$/],
    ['500 with keys', (_, r) => answer(r, '<cpix:CPIX>PlainValue</cpix:CPIX>', 500), / answered 500\.$/],
    [
      '403',
      (_, r) => answer(r, '{"message":"Forbidden"}', 403, 'application/json'),
      / answered 403: \{"message":"Forbidden"\}$/,
    ],
    ['a switch to another protocol', (_, r) => r.socket!.write(SWITCH), /answered 101, which was not asked for\.$/],
    ['204', (_, r) => r.writeHead(204).end(), / answered 204\.$/],
    [
      'a page for browsers',
      (_, r) => answer(r, '<html/>', 200, 'text/html'),
      /answered with the type text\/html instead of XML\.$/,
    ],
    ['no CPIX', (_, r) => answer(r, '<html/>'), /a document that is no CPIX document but html\.$/],
    ['a root of a long name', (_, r) => answer(r, `<${'a'.repeat(5000)}/>`), /is no CPIX document but a{100}\.$/],
    ['truncated XML', changed((text) => text.slice(0, -20)), /a document that is not well-formed XML/],
    [
      'DOCTYPE',
      changed((text) => `<!DOCTYPE a>${text.replace(/<\?xml[^>]*\?>/, '')}`),
      /has a document type declaration/,
    ],
    ['a billion laughs', (_, r) => answer(r, `${LAUGHS}<a>&c;</a>`), /has a document type declaration/],
    ['2 MiB', (_, r) => answer(r, `${BIG}<a/>`), /answered with more than 1048576 bytes\.$/],
    ['many elements', (_, r) => answer(r, `<a>${'<b/>'.repeat(10_001)}</a>`), /has more than 10000 elements/],
    ['deep elements', (_, r) => answer(r, '<a>'.repeat(40)), /has elements more than 32 deep/],
    ['a connection that ends', (_, r) => r.destroy(), /127\.0\.0\.1 does not answer \(ECONNRESET\)\.$/],
    [
      'an encoded body',
      (_, r) => r.writeHead(200, { 'content-type': 'text/xml', 'content-encoding': 'gzip' }).end(),
      /encoded body/,
    ],
    [
      'a redirect to metadata',
      (_, r) => r.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
      /answered 302: redirects are not followed\.$/,
    ],
    [
      'another KID',
      changed((text) => text.replaceAll(/kid="[^"]*"/g, `kid="${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}"`)),
      /no key \S+, but 00000000-0000-0000-0000-000000000000\.$/,
    ],
    ['another content id', changed((text) => text.replace('id="a-resource"', 'id="another"')), /another content id/],
    ['no content id', changed((text) => text.replace('id="a-resource"', '')), /without a content id/],
    [
      'a short key',
      changed((text) => text.replace(/(<pskc:PlainValue>)[^<]*/, '$1AAAAAAAAAAAAAAAAAAAA')),
      /of 15 bytes instead of 16\.$/,
    ],
    ['an empty key', changed((text) => text.replace(/(<pskc:PlainValue>)[^<]*/, '$1')), /no value of the key/],
    [
      'a key that is no base64',
      changed((text) => text.replace(/(<pskc:PlainValue>)[^<]*/, '$1!!!!')),
      /PlainValue that is not in base64/,
    ],
    ['no URI', changed((text) => text.replace(/(<cpix:URIExtXKey>)[^<]*/, '$1')), /no URIExtXKey for the DRM system/],
    [
      'no system',
      changed((text) => text.replaceAll('DRMSystem ', 'Other ').replaceAll('/cpix:DRMSystem>', '/cpix:Other>')),
      /nothing for the DRM system/,
    ],
    [
      'a short IV',
      changed((text) => text.replace('<cpix:ContentKey ', '<cpix:ContentKey explicitIV="AAAA" ')),
      /explicitIV of 3 bytes instead of 16/,
    ],
    [
      'another scheme',
      changed((text) => text.replaceAll('cbcs', 'cenc')),
      /for another encryption scheme than cbcs/,
      V2,
    ],
    [
      'an empty PSSH',
      changed((text) => text.replace(/(<cpix:PSSH>)[^<]*/, '$1')),
      /an empty PSSH for the DRM system/,
      V2,
    ],
    [
      'empty signaling',
      changed((text) => text.replace(/(playlist="master">)[^<]*/, '$1')),
      /an empty HLSSignalingData for the DRM system/,
      V2,
    ],
  ]
  for (const [name, answering, expected, asked] of cases) {
    it(`is named: ${name}`, async () => {
      server.answering = answering
      assert.match(await failure(asked), expected)
      assert.equal(server.requests.length, 1, 'nothing is tried again')
    })
  }

  it('is not waited for longer than the limit, however slowly its bytes come', async () => {
    server.answering = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' })
      response.write('<')
    }
    assert.equal(
      await failure({ options: { timeoutMs: 50 } }),
      'The key server 127.0.0.1 did not answer within 0.05 s.',
    )
  })

  it('is no longer waited for when the request is given up', async () => {
    const giveUp = new AbortController()
    server.answering = () => giveUp.abort(new Error('given up'))
    await assert.rejects(request({ signal: giveUp.signal }), { message: 'given up' })
  })

  it('does not show what the request was authenticated with', async () => {
    server.answering = ({ headers }, response) => answer(response, `wrong: ${headers.authorization}`, 401, 'text/plain')
    const place = `127.0.0.1:${server.port}`
    const headers = new Map([[place, { name: 'Authorization', value: 'Bearer a-secret-token' }]])
    const message = await failure({ options: { auth: { ...OPTIONS.auth, headers } } })
    assert.equal(message, 'The key server 127.0.0.1 answered 401: wrong: …')
    assert.equal(server.requests[0]!.headers.authorization, 'Bearer a-secret-token')
  })
})

describe('a key server that may not be reached', () => {
  const at = (address: string): Partial<SpekeOptions> => {
    const found: LookupAddress[] = [{ address, family: address.includes(':') ? 6 : 4 }]
    return { resolve: async () => found }
  }
  const provider = { url: 'https://keys.example.com/speke' }
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::a00:1',
  ]) {
    it(`is not requested where its name resolves to ${address}`, async () => {
      const message = await failure({ provider, options: { ...at(address), allowedHosts: new Set() } })
      assert.equal(
        message,
        `The key server keys.example.com is not requested, because its address (${address}) is one of an internal network ` +
          'and speke-allow-hosts does not name it.',
      )
    })
  }

  it('is not requested where one of several addresses is internal', async () => {
    const resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    assert.match(await failure({ provider, options: { resolve, allowedHosts: new Set() } }), /\(127\.0\.0\.1\)/)
  })

  for (const host of ['127.0.0.1', '[::1]', '0x7f.1', '2130706433', '[::ffff:7f00:1]']) {
    it(`is not requested at https://${host}/`, async () => {
      const message = await failure({ provider: { url: `https://${host}/` }, options: { allowedHosts: new Set() } })
      assert.match(message, /is one of an internal network and speke-allow-hosts does not name it\.$/)
    })
  }

  it('is not requested by http:// unless the settings name it', async () => {
    const plain = { url: 'http://keys.example.com/' }
    assert.match(await failure({ provider: plain, options: at('93.184.216.34') }), /its URL is not https:\/\/\.$/)
  })

  it('is not requested with a user name in its URL', async () => {
    assert.match(await failure({ provider: { url: 'https://a:b@keys.example.com/' } }), /its URL cannot be used\.$/)
  })

  it('is connected to at the address that was resolved, where the settings name it', async () => {
    const url = `http://keys.example.com:${server.port}/speke`
    let resolved = 0
    const resolve = async () => {
      resolved++
      return [{ address: '127.0.0.1', family: 4 }]
    }
    await request({ provider: { url }, options: { resolve, allowedHosts: new Set(['keys.example.com']) } })
    assert.equal(server.requests[0]!.headers.host, `keys.example.com:${server.port}`)
    assert.equal(resolved, 1)
  })

  it('is looked up once at a time, so that others find the resolver free', async () => {
    let lookups = 0
    const found = Promise.withResolvers<LookupAddress[]>()
    const client = spekeClient({
      ...OPTIONS,
      resolve() {
        lookups++
        return found.promise
      },
    })
    const { signal } = new AbortController()
    const all = [1, 2, 3].map((period) => client.request(samplePackaging('TS', provider), period, signal))
    found.resolve([{ address: '10.0.0.1', family: 4 }])
    for (const each of await Promise.allSettled(all)) assert.equal(each.status, 'rejected')
    assert.equal(lookups, 1)
  })

  it('is named when its name has no address', async () => {
    const resolve = async () => {
      throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
    }
    assert.equal(
      await failure({ provider, options: { resolve } }),
      'The key server keys.example.com has no address (ENOTFOUND).',
    )
  })
})
