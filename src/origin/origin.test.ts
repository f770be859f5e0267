import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type Answer, OriginUnderTest } from '../../test/origin/origin-under-test.ts'
import { GUID, NOON, outputSegments, sampleBytes, windowOf } from '../../test/origin/sample-channel.ts'
import { hlsEndpoint, unsupportedEndpoint } from '../../test/origin/sample-endpoints.ts'
import { utcMs } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'

const origin = new OriginUnderTest()
const ask = origin.ask.bind(origin)

/** Starts over with this endpoint, and segments 10, 11 (two slots) and 12 (without stream 1). */
function serve(endpoint: OriginEndpoint = hlsEndpoint()): void {
  origin.serve(endpoint, windowOf(outputSegments(10, [{}, { slots: 2 }, { missing: [1] }])))
}

before(() => origin.listen())
beforeEach(() => serve())
after(() => origin.close())

describe('a manifest', () => {
  it('is the live playlist, with what caches and players want to know', async () => {
    const { status, headers, text } = await ask('index_1.m3u8')
    assert.equal(status, 200)
    assert.equal(
      text,
      `#EXTM3U
#EXT-X-VERSION:8
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:10
#EXTINF:6.000,
index_1_10.ts?m=1700000000
#EXTINF:6.000,
index_1_11.ts?m=1700000000
#EXT-X-GAP
#EXTINF:6.000,
index_1_12.ts?m=1700000000
`,
    )
    assert.equal(headers['content-type'], 'application/vnd.apple.mpegurl')
    assert.equal(headers['content-length'], String(text.length))
    assert.equal(headers['cache-control'], 'max-age=3')
    assert.equal(headers['vary'], 'Accept-Encoding')
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.match(String(headers['access-control-expose-headers']), /X-MediaPackage-Manifest-Last-Sequence/)
    assert.equal(headers['x-mediapackage-manifest-last-sequence'], '12')
    assert.equal(headers['x-mediapackage-manifest-last-updated'], String(NOON + 18_250))
    assert.match(String(headers.etag), /^"[\w-]{27}"$/)
  })

  it('may be cached for half a segment, rounded up, at least a second', async () => {
    for (const [segmentDurationSeconds, maxAge] of [
      [1, 1],
      [5, 3],
      [10, 5],
    ] as const) {
      serve(hlsEndpoint({ durationSeconds: segmentDurationSeconds }))
      assert.equal((await ask('index.m3u8')).headers['cache-control'], `max-age=${maxAge}`)
    }
  })

  it('is 304 to who has it, in the coding it has', async () => {
    const plain = await ask('index.m3u8')
    const again = await ask('index.m3u8', { 'If-None-Match': `"other", W/${plain.headers.etag}` })
    assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', plain.headers.etag])
    assert.equal((await ask('index.m3u8', { 'If-None-Match': '*' })).status, 304)
    assert.equal((await ask('index.m3u8', { 'If-None-Match': '"other"' })).status, 200)
    const zipped = await ask('index.m3u8', { 'If-None-Match': plain.headers.etag, 'Accept-Encoding': 'gzip' })
    assert.equal(zipped.status, 200)
    assert.notEqual(zipped.headers.etag, plain.headers.etag)
  })

  it('is gzip for who takes gzip', async () => {
    const plain = await ask('index_2.m3u8')
    const zipped = await ask('index_2.m3u8', { 'Accept-Encoding': 'deflate, gzip;q=0.5' })
    assert.equal(zipped.headers['content-encoding'], 'gzip')
    assert.equal(zipped.headers['content-length'], String(zipped.body.length))
    assert.equal(gunzipSync(zipped.body).toString(), plain.text)
    assert.equal((await ask('index_2.m3u8', { 'Accept-Encoding': 'br, gzip;q=0' })).text, plain.text)
  })

  it('is written once per version of the archive, however many ask', async () => {
    await Promise.all(Array.from({ length: 20 }, () => ask('index_2.m3u8')))
    assert.equal(origin.archive.windowsRead, 1)
    origin.archive.window = windowOf(outputSegments(11, [{}, {}]), { version: 2 })
    const { text } = await ask('index_2.m3u8')
    assert.match(text, /MEDIA-SEQUENCE:11/)
    assert.equal(origin.archive.windowsRead, 2)
  })

  it('follows a change of the endpoint at once', async () => {
    await ask('index.m3u8')
    origin.resources.change(
      GUID,
      hlsEndpoint({}, { manifestName: 'main', revision: 2, modifiedAt: utcMs(1_700_000_005_000) }),
    )
    assert.equal((await ask('index.m3u8')).status, 404)
    assert.match((await ask('main_1.m3u8')).text, /main_1_10\.ts\?m=1700000005/)
    origin.resources.change(GUID, undefined)
    assert.equal((await ask('main.m3u8')).status, 404)
  })

  it('is 404 while there is nothing to show', async () => {
    origin.archive.window = undefined
    const { status, headers, text } = await ask('index.m3u8')
    assert.equal(status, 404)
    assert.equal(headers['cache-control'], 'max-age=1')
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.match(text, /nothing to show yet\.\n$/)
  })

  it('has the same headers, and no body, for HEAD', async () => {
    const get = await ask('index.m3u8')
    const head = await ask('index.m3u8', {}, 'HEAD')
    assert.equal(head.text, '')
    assert.deepEqual({ ...head.headers, date: '' }, { ...get.headers, date: '' })
  })
})

describe('an MP4 file', () => {
  it('is refused where no setting allows it, after all who may not play the endpoint', async () => {
    const { status, headers, text } = await ask('index.mp4?start=1&end=2')
    assert.deepEqual([status, headers['x-windrow-error']], [403, 'Mp4NotAllowed'])
    assert.match(text, /the setting mp4-on-request allows them/)
    assert.equal((await ask('start/1/end/2/index.mp4')).status, 403)
    assert.equal((await ask('other.mp4?start=1&end=2')).status, 404)
    serve(hlsEndpoint({}, { origination: 'DENY' }))
    assert.equal((await ask('index.mp4?start=1&end=2')).headers['x-windrow-error'], 'OriginationDenied')
  })
})

describe('a segment', () => {
  const slot = sampleBytes('s1-10-0')
  const whole = Buffer.concat([sampleBytes('s1-11-0'), sampleBytes('s1-11-1')])

  it('is the source object, for ever', async () => {
    const { status, headers, body } = await ask('index_1_10.ts?m=1700000000')
    assert.equal(status, 200)
    assert.deepEqual(body, slot)
    assert.equal(headers['content-type'], 'video/mp2t')
    assert.equal(headers['content-length'], String(slot.length))
    assert.equal(headers['cache-control'], 'max-age=1209600')
    assert.equal(headers['accept-ranges'], 'bytes')
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.match(String(headers.etag), /^"[\w-]{27}"$/)
  })

  it('is its source objects in a row when it spans several', async () => {
    assert.deepEqual((await ask('index_1_11.ts')).body, whole)
  })

  it('has the same headers for HEAD, and is not read for it', async () => {
    const head = await ask('index_1_11.ts', {}, 'HEAD')
    assert.equal(origin.archive.bytesRead, 0)
    const get = await ask('index_1_11.ts')
    assert.deepEqual({ ...head.headers, date: '' }, { ...get.headers, date: '' })
  })

  it('is 304 to who has it, and is not read for it', async () => {
    const { etag } = (await ask('index_1_10.ts', {}, 'HEAD')).headers
    assert.equal((await ask('index_1_10.ts', { 'If-None-Match': etag })).status, 304)
    assert.equal(origin.archive.bytesRead, 0)
    assert.notEqual((await ask('index_2_10.ts', {}, 'HEAD')).headers.etag, etag)
  })

  const size = whole.length
  for (const [range, from, to] of [
    ['bytes=0-9', 0, 10],
    [`bytes=${size / 2 - 5}-${size / 2 + 4}`, size / 2 - 5, size / 2 + 5],
    [`bytes=${size - 3}-`, size - 3, size],
    ['bytes=-7', size - 7, size],
    ['bytes=-999999', 0, size],
    ['bytes=5-999999', 5, size],
    [`bytes=5-${'9'.repeat(19)}`, 5, size],
  ] as const) {
    it(`is 206 for ${range}`, async () => {
      const { status, headers, body } = await ask('index_1_11.ts', { Range: range })
      assert.equal(status, 206)
      assert.equal(headers['content-range'], `bytes ${from}-${to - 1}/${size}`)
      assert.equal(headers['content-length'], String(to - from))
      assert.deepEqual(body, whole.subarray(from, to))
    })
  }

  it('is read no further than the range asked for', async () => {
    const { body } = await ask('index_1_10.ts', { Range: 'bytes=2-5' })
    assert.deepEqual(body, slot.subarray(2, 6))
    assert.equal(origin.archive.bytesRead, 4)
  })

  it('is read no further than the range asked for when it spans several objects', async () => {
    const { body } = await ask('index_1_11.ts', { Range: 'bytes=2-5' })
    assert.deepEqual(body, whole.subarray(2, 6))
    assert.equal(origin.archive.bytesRead, 4)
  })

  for (const range of [`bytes=${size}-`, 'bytes=-0', `bytes=${size + 5}-${size + 6}`, `bytes=${'9'.repeat(19)}-`]) {
    it(`is 416 for ${range}`, async () => {
      const { status, headers } = await ask('index_1_11.ts', { Range: range })
      assert.equal(status, 416)
      assert.equal(headers['content-range'], `bytes */${size}`)
    })
  }

  for (const range of ['bytes=0-1,4-5', 'bytes=5-2', 'bytes=-', 'items=0-1', 'bytes=x-']) {
    it(`is sent whole for ${range}`, async () => {
      const { status, body } = await ask('index_1_11.ts', { Range: range })
      assert.equal(status, 200)
      assert.deepEqual(body, whole)
    })
  }

  it('is a range only of the representation If-Range names', async () => {
    const etag = String((await ask('index_1_11.ts', {}, 'HEAD')).headers.etag)
    const ranged = (ifRange: string) => ask('index_1_11.ts', { Range: 'bytes=0-1', 'If-Range': ifRange })
    assert.equal((await ranged(etag)).status, 206)
    assert.equal((await ranged(`W/${etag}`)).status, 200)
    assert.equal((await ranged('Sat, 01 Aug 2026 12:00:00 GMT')).status, 200)
  })

  it('is 404 in a gap, beyond the window, and when its object is lost', async () => {
    const { lines } = origin
    const refused = async (path: string) => {
      lines.length = 0
      const { status, headers } = await ask(path)
      const [code] = lines.map(({ fields }) => fields['code'])
      assert.equal(code, headers['x-windrow-error'], 'the log has the same reason')
      return [status, headers['cache-control'], headers['x-windrow-error']]
    }
    assert.deepEqual(await refused('index_1_12.ts'), [404, 'max-age=10', 'NoSuchObject'])
    assert.equal((await ask('index_2_12.ts')).status, 200)
    assert.deepEqual(await refused('index_1_13.ts'), [404, 'max-age=1', 'NotYet'])
    assert.deepEqual(await refused('index_1_9.ts'), [404, 'max-age=60', 'NoLongerKept'])
    origin.archive.lost.add('s1-10-0')
    assert.deepEqual(await refused('index_1_10.ts'), [404, 'no-store', 'SegmentLost'])
    assert.equal(
      (await ask('index_1_10.ts')).text,
      'The media of this segment, or of this window, are lost or damaged.\n',
    )
  })

  it('is a gap in the live playlist once its object was found lost', async () => {
    const gapsIn = async (path: string) =>
      (await ask(path)).text.match(/#EXT-X-GAP\n.*\n.*/g)?.map((entry) => entry.replace(/^.*\n.*\n|\?.*$/g, ''))
    assert.deepEqual(await gapsIn('index_1.m3u8'), ['index_1_12.ts'])
    origin.archive.lost.add('s1-11-1')
    assert.equal((await ask('index_1_11.ts')).status, 404)
    assert.deepEqual(await gapsIn('index_1.m3u8'), ['index_1_11.ts', 'index_1_12.ts'])
    assert.equal(await gapsIn('index_2.m3u8'), undefined)
  })

  it('is logged when it is refused, at most once a second for each reason', async () => {
    const { lines } = origin
    lines.length = 0
    for (let number = 13; number < 20; number++) await ask(`index_1_${number}.ts`)
    await ask('index_1_9.ts')
    assert.deepEqual(
      lines.map(({ level, fields: { event, code, path } }) => [level, event, code, path]),
      [
        ['info', 'playback-refused', 'NotYet', `/out/v1/${GUID}/index_1_13.ts`],
        ['info', 'playback-refused', 'NoLongerKept', `/out/v1/${GUID}/index_1_9.ts`],
      ],
    )
  })
})

describe('a playback URL', () => {
  it('is refused by method, except for preflights', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers } = await ask('index.m3u8', {}, method)
      assert.deepEqual([status, headers['allow']], [405, 'GET, HEAD, OPTIONS'])
    }
    const { status, headers } = await ask('index.m3u8', { Origin: 'http://player.example' }, 'OPTIONS')
    assert.equal(status, 204)
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.equal(headers['access-control-allow-methods'], 'GET, HEAD, OPTIONS')
    assert.equal(headers['access-control-allow-headers'], '*')
  })

  for (const path of [
    '/out/v1/',
    `/out/v1/${GUID}`,
    `/out/v1/${GUID}/`,
    `/out/v1/${GUID.toUpperCase()}/index.m3u8`,
    `/out/v1/${'f'.repeat(32)}/index.m3u8`,
    `/out/v1/${GUID}/x/index.m3u8`,
    `/out/v1/${GUID}/..%2findex.m3u8`,
    `/out/v1/${GUID}/%zz.m3u8`,
    `/out/v1/${GUID}/index_3.m3u8`,
    `/out/v1/${GUID}/index_1_0.m3u8`,
    `/out/v1/${GUID}/index_01.m3u8`,
    `/out/v1/${GUID}/index.mpd`,
  ]) {
    it(`${path} is 404`, async () => {
      const { status, headers } = await ask(path)
      assert.equal(status, 404)
      const isObject = headers['x-windrow-error'] === 'NoSuchObject'
      assert.equal(headers['cache-control'], isObject ? 'max-age=10' : 'max-age=1')
    })
  }

  it('is read percent-decoded', async () => {
    serve(hlsEndpoint({}, { manifestName: 'my channel' }))
    assert.match((await ask('my%20channel.m3u8')).text, /^my%20channel_1\.m3u8$/m)
    assert.equal((await ask('my%20channel_1_10.ts')).status, 200)
  })

  it('asks the store once for what is there, and once a second for what is not', async () => {
    for (let i = 0; i < 3; i++) await ask('index.m3u8')
    assert.equal(origin.resources.asked, 1)
    const absent = `/out/v1/${'e'.repeat(32)}/index.m3u8`
    for (let i = 0; i < 3; i++) await ask(absent)
    assert.equal(origin.resources.asked, 2)
    origin.now = utcMs(origin.now + 1000)
    await ask(absent)
    assert.equal(origin.resources.asked, 3)
    origin.resources.change('e'.repeat(32), hlsEndpoint({}, { guid: 'e'.repeat(32) }))
    assert.equal((await ask(absent)).status, 200)
  })

  it('ignores parameters nobody knows', async () => {
    assert.equal((await ask('index.m3u8?m=1700000000&foo=bar')).status, 200)
    assert.equal((await ask('index.m3u8?toString=1')).status, 200)
    assert.equal((await ask('index_1.m3u8?Start=1&m=x')).status, 200)
    assert.equal((await ask('index_1_10.ts?foo=bar')).status, 200)
  })

  for (const query of [
    'start=1566416212',
    'end=1566416212',
    'm=1&st%61rt=x',
    'aws.manifestfilter=video_height:1-720',
  ]) {
    it(`is 400 with ${query} on what a parent manifest refers to`, async () => {
      for (const path of ['index_1.m3u8', 'index_1_10.ts', 'index_9_99.ts']) {
        const { status, text } = await ask(`${path}?${query}`)
        assert.equal(status, 400)
        assert.match(text, /applies to parent manifests only/)
      }
    })
  }

  it('may leave out session keys, which an endpoint in the clear has none of', async () => {
    for (const value of ['excludesessionkeys', 'exclude_session_keys', 'ExcludeSessionKeys']) {
      const { text } = await ask(`index.m3u8?aws.drmsettings=${value}`)
      assert.equal(text, (await ask('index.m3u8')).text)
    }
    for (const query of [
      'aws.drmsettings=',
      'aws.drmsettings=other',
      'aws.drmsettings=excludesessionkeys&aws.drmsettings=excludesessionkeys',
    ]) {
      assert.equal((await ask(`index.m3u8?${query}`)).status, 400, query)
    }
  })

  it('is 404 for a package that is not implemented', async () => {
    serve(unsupportedEndpoint())
    assert.match((await ask('index.m3u8')).text, /not supported yet/)
    assert.equal((await ask('index_1_10.ts')).status, 404)
  })

  it('is 403 when origination is denied', async () => {
    serve(hlsEndpoint({}, { origination: 'DENY' }))
    for (const path of ['index.m3u8', 'index_1_10.ts', 'nonsense']) assert.equal((await ask(path)).status, 403)
  })

  it('is 403 without the identifier of its CDN, for whatever is below the endpoint', async () => {
    const secret = { cdnIdentifierSecret: 'arn:aws:secretsmanager:…', secretsRoleArn: 'arn:aws:iam::…' }
    serve(hlsEndpoint({}, { authorization: secret }))
    origin.identifiers = { judge: async (_, value) => (String(value) === 'the-good-one' ? 'accepted' : 'wrong') }
    origin.lines.length = 0
    const paths = [
      'index.m3u8',
      'index_1.m3u8',
      'index_1_10.ts',
      'nonsense',
      'clips/a/hls/index.m3u8',
      'index.mp4?start=1',
    ]
    const answers: Answer[] = []
    for (const [i, path] of paths.entries()) {
      answers.push(await ask(path, {}, i % 2 ? 'HEAD' : 'GET'))
      answers.push(await ask(path, { 'X-MediaPackage-CDNIdentifier': 'hush-hush' }, i % 2 ? 'POST' : 'GET'))
      answers.push(await ask(`${path}?a=${'b'.repeat(10)}&start=0`))
    }
    for (const { status, headers, text } of answers) {
      assert.equal(status, 403)
      assert.ok(['Forbidden.\n', ''].includes(text))
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-windrow-error'], 'CdnIdentifierRefused')
      assert.equal(headers['vary'], undefined)
    }
    origin.closeOrigin()
    const reasons = new Set(origin.lines.map(({ fields }) => fields['reason']))
    assert.deepEqual(reasons, new Set(['cdn-identifier: missing', 'cdn-identifier: wrong']))
    assert.doesNotMatch(JSON.stringify(origin.lines), /hush/)
  })

  it('is as always for a CDN with the identifier, and for preflights', async () => {
    const secret = { cdnIdentifierSecret: 'arn:aws:secretsmanager:…', secretsRoleArn: 'arn:aws:iam::…' }
    serve(hlsEndpoint({}, { authorization: secret }))
    origin.identifiers = { judge: async (_, value) => (String(value) === 'the-good-one' ? 'accepted' : 'wrong') }
    const headers = { 'x-mediapackage-cdnidentifier': 'the-good-one' }
    for (const path of ['index.m3u8', 'index_1.m3u8', 'index_1_10.ts']) {
      const found = await ask(path, headers)
      assert.equal(found.status, 200)
      assert.doesNotMatch(found.headers['vary'] ?? '', /cdnidentifier/i)
      assert.equal((await ask(path, headers, 'HEAD')).status, 200)
    }
    assert.equal((await ask('index.m3u8', headers, 'POST')).status, 405)
    assert.equal((await ask('index.m3u8?start=nonsense', headers)).status, 400)
    assert.equal((await ask('nonsense', headers)).status, 404)
    assert.equal((await ask('index.m3u8', {}, 'OPTIONS')).status, 204)
  })

  it('is refused for the first of the reasons that there are', async () => {
    const nobody = `/out/v1/${'0'.repeat(32)}/index.m3u8`
    assert.equal((await ask(nobody, {}, 'POST')).status, 404)
    const secret = { cdnIdentifierSecret: 'arn:aws:secretsmanager:…', secretsRoleArn: 'arn:aws:iam::…' }
    const rules = { authorization: secret, whitelist: ['10.0.0.0/8'] }
    const codeWith = async (endpoint: OriginEndpoint) => {
      serve(endpoint)
      return (await ask('nonsense?start=nonsense', {}, 'POST')).headers['x-windrow-error']
    }
    assert.equal(await codeWith(hlsEndpoint({}, { ...rules, origination: 'DENY' })), 'OriginationDenied')
    assert.equal(await codeWith(hlsEndpoint({}, rules)), 'NotWhitelisted')
    assert.equal(await codeWith(hlsEndpoint({}, { authorization: secret })), 'CdnIdentifierRefused')
    assert.equal(await codeWith(hlsEndpoint()), 'MethodNotAllowed')
  })

  it('is 429 after many misses, which keep nobody from what is there', async () => {
    serve(hlsEndpoint())
    const statuses: number[] = []
    for (let i = 0; i < 42; i++) statuses.push((await ask('nonsense')).status)
    assert.deepEqual([statuses.indexOf(429), statuses.at(-1)], [40, 429])
    const refused = await ask(`/out/v1/${'0'.repeat(32)}/index.m3u8`)
    assert.deepEqual(
      [refused.status, refused.headers['retry-after'], refused.headers['cache-control']],
      [429, '1', 'no-store'],
    )
    assert.equal((await ask('index.m3u8')).status, 200)
    assert.equal((await ask('index_1_10.ts')).status, 200)
    origin.now = utcMs(origin.now + 1000)
    assert.equal((await ask('nonsense')).status, 404)
  })

  it('is 503 while there are too many connections, which observers hear of endpoints that are known', async () => {
    origin.isFull = true
    assert.equal((await ask('index.m3u8')).status, 503)
    origin.isFull = false
    await ask('index.m3u8')
    origin.isFull = true
    assert.equal((await ask('index.m3u8')).status, 503)
    assert.equal((await ask('/out/v1/nobody/index.m3u8')).status, 503)
    const told = origin.heard.map(({ status, egress }) => [status, egress.endpoint.guid, egress.refusal])
    assert.deepEqual(told, [
      [200, GUID, undefined],
      [503, GUID, 'TooManyConnections'],
    ])
  })

  it('is 403 to addresses outside the whitelist', async () => {
    const statusWith = async (...whitelist: string[]) => {
      serve(hlsEndpoint({}, { whitelist }))
      return (await ask('index.m3u8')).status
    }
    assert.equal(await statusWith('10.0.0.0/8', '127.0.0.0/30'), 200)
    assert.equal(await statusWith('127.0.0.1'), 200)
    assert.equal(await statusWith('10.0.0.0/8', '127.0.0.2/32'), 403)
    assert.equal(await statusWith('nonsense', '127.0.0.1/99', '300.0.0.1/0'), 403)
  })

  it('is 403 to clients outside the whitelist, whatever the address of the proxy in front', async () => {
    const proxies = new BlockList()
    proxies.addAddress('127.0.0.1')
    origin.serve(hlsEndpoint({}, { whitelist: ['203.0.113.0/24'] }), windowOf(outputSegments(10, [{}])), proxies)
    const statusFor = async (...forwarded: string[]) =>
      (await ask('index.m3u8', { 'x-forwarded-for': forwarded.join(', ') })).status
    assert.equal(await statusFor('203.0.113.7'), 200)
    assert.equal(await statusFor('198.51.100.1'), 403)
    // What the client itself wrote is no evidence.
    assert.equal(await statusFor('203.0.113.7', '198.51.100.1'), 403)
    assert.equal(await statusFor(), 403)
  })

  it('lets go of the store when closed', () => {
    assert.equal(origin.resources.listeners, 2)
    origin.closeOrigin()
    assert.equal(origin.resources.listeners, 0)
  })
})
