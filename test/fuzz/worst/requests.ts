import { HEADS_OF_BYTES } from '../../../src/control/byte-operations.ts'
import { conditionOf } from '../../../src/control/entity-tags.ts'
import { parseJson } from '../../../src/control/json.ts'
import { OPERATIONS } from '../../../src/control/mediapackage-v1/operations.ts'
import { queryPairs } from '../../../src/control/query-pairs.ts'
import { routesAt } from '../../../src/control/router.ts'
import { authenticate } from '../../../src/control/sigv4.ts'
import { readInput } from '../../../src/control/wire.ts'
import { acceptsGzip } from '../../../src/http/accepts-gzip.ts'
import { forwardedHops } from '../../../src/http/forwarded.ts'
import { matchesNone, requestedRange } from '../../../src/http/request-headers.ts'
import { parseTarget } from '../../../src/http/target.ts'
import { parseDigestCredentials } from '../../../src/ingest/digest.ts'
import { fileName } from '../../../src/ingest/file-name.ts'
import { parseIngestPath } from '../../../src/ingest/ingest-path.ts'
import { ticks, utcMs } from '../../../src/media/time.ts'
import { checkDestination, parsedInstant } from '../../../src/model/harvest-request.ts'
import { emptyTimeline, type TimelineState } from '../../../src/model/input-timeline/state.ts'
import { step, type TimelineEvent } from '../../../src/model/input-timeline/step.ts'
import { parseManifestFilter } from '../../../src/model/manifest-filter.ts'
import { checkedTags } from '../../../src/model/tags.ts'
import type { WorstInput } from './judge.ts'

/** Bytes of the headers of a request, its target included. */
const MOST_HEADERS = 16 * 1024
/** Bytes of the body of a request to the API. */
const MOST_BODY = 128 * 1024

const NOW = utcMs(1_800_000_000_000)
const GUID = 'c'.repeat(32)

const filled = (size: number, unit: string, before = '', after = '') => {
  const room = Math.max(size - before.length - after.length, 0)
  return before + unit.repeat(Math.ceil(room / unit.length)).slice(0, room) + after
}

const operation = (name: string) => OPERATIONS.find((each) => each.name === name)!
const bodyOf = (name: string) => (text: string) => {
  return readInput(operation(name), { labels: { Id: 'a' }, query: [], body: Buffer.from(text) })
}

/** A request with one Authorization header, as node:http gives it. */
const signed = (headers: Record<string, string>, query = '') => {
  const headersDistinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  const request = { method: 'POST', headers, headersDistinct, rawHeaders: Object.entries(headers).flat() }
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const now = utcMs(Date.parse('2027-01-15T08:00:00Z'))
  const expected = { credentials, region: 'us-east-1', service: 'mediapackage', now }
  return authenticate(request as never, { path: '/channels', query }, expected, async () => Buffer.from('{}'))
}
const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=key/20270115/us-east-1/mediapackage/aws4_request, SignedHeaders='
const SIGNED = { host: 'a', 'x-amz-date': '20270115T080000Z' }

type Texts = Readonly<
  Record<string, readonly [most: number, make: (size: number) => string, read: (text: string) => unknown]>
>

const TEXTS: Texts = {
  'X-Forwarded-For of addresses': [
    MOST_HEADERS,
    (size) => filled(size, '2001:db8::1, '),
    (text) => forwardedHops({ 'x-forwarded-for': text }),
  ],
  'Forwarded of open quotes': [
    MOST_HEADERS,
    (size) => filled(size, 'for="', 'for=a;'),
    (text) => forwardedHops({ forwarded: text }),
  ],
  'Forwarded of escapes, and an error at its end': [
    MOST_HEADERS,
    (size) => filled(size, 'for="\\\\[::1]",', '', 'x'),
    (text) => forwardedHops({ forwarded: text }),
  ],
  'JSON of open brackets': [MOST_BODY, (size) => filled(size, '['), (text) => parseJson(Buffer.from(text))],
  'JSON of numbers, and an error at its end': [
    MOST_BODY,
    (size) => filled(size, '1,', '[', 'x'),
    (text) => parseJson(Buffer.from(text)),
  ],
  'JSON of a string with an error at its end': [
    MOST_BODY,
    (size) => filled(size, 'a', '["', '"x'),
    (text) => parseJson(Buffer.from(text)),
  ],
  'JSON of escapes, and an error at its end': [
    MOST_BODY,
    (size) => filled(size, '\\n', '["', '"x'),
    (text) => parseJson(Buffer.from(text)),
  ],
  'JSON of lines, and an error at its end': [
    MOST_BODY,
    (size) => filled(size, '\n', '[', 'x'),
    (text) => parseJson(Buffer.from(text)),
  ],
  'a channel with members nobody knows': [
    MOST_BODY,
    (size) => `{${Array.from({ length: size / 10 }, (_, n) => `"m${n}":0`).join()}}`,
    bodyOf('CreateChannel'),
  ],
  'an endpoint with a list of addresses': [
    MOST_BODY,
    (size) => `{"ChannelId":"a","Id":"b","Whitelist":[${filled(size, '"10.0.0.0/8",')}"10.0.0.0/8"]}`,
    bodyOf('CreateOriginEndpoint'),
  ],
  'tags by the thousand': [
    MOST_BODY,
    (size) => JSON.stringify(Object.fromEntries(Array.from({ length: size / 16 }, (_, n) => [`key ${n}`, 'value']))),
    (text) => checkedTags('tags', JSON.parse(text)),
  ],
  'a tag of one letter': [MOST_BODY, (size) => filled(size, 'a'), (text) => checkedTags('tags', { key: text })],
  'an instant of digits': [
    MOST_BODY,
    (size) => filled(size, '0', '2026-01-31T20:15:00.'),
    (text) => parsedInstant('startTime', text),
  ],
  'a manifest key of slashes': [
    MOST_BODY,
    (size) => filled(size, '/', 'a', '.m3u8'),
    (text) =>
      checkDestination(
        { bucketName: 'bucket', manifestKey: text, roleArn: 'arn:aws:iam::000000000000:role/a' },
        { manifestName: 'index', packaging: { manifests: [] } as never },
      ),
  ],
  'a bucket of dots': [
    MOST_BODY,
    (size) => filled(size, '.a'),
    (text) => checkDestination({ bucketName: text, manifestKey: 'a.m3u8', roleArn: '' }, {} as never),
  ],
  'query parameters': [MOST_HEADERS, (size) => filled(size, 'a=b&'), (text) => queryPairs(text)],
  'query parameters that are encoded': [MOST_HEADERS, (size) => filled(size, '%41'), (text) => queryPairs(text)],
  'keys of tags in a query': [
    MOST_HEADERS,
    (size) => filled(size, 'tagKeys=a&'),
    (text) => readInput(operation('UntagResource'), { labels: {}, query: queryPairs(text), body: Buffer.alloc(0) }),
  ],
  'a path of slashes to a file of a job': [
    MOST_HEADERS,
    (size) => `/windrow/v1/harvest_jobs/a/files${filled(size, '/%61')}`,
    (text) => routesAt(HEADS_OF_BYTES, text),
  ],
  'a path of slashes to the API': [MOST_HEADERS, (size) => filled(size, '/a'), (text) => routesAt(OPERATIONS, text)],
  'names of signed headers': [
    MOST_HEADERS,
    (size) => filled(size, ';a', 'host;x-amz-date'),
    (text) => signed({ ...SIGNED, authorization: `${AUTHORIZATION}${text}, Signature=b` }),
  ],
  'blanks in a signed header': [
    MOST_HEADERS,
    (size) => filled(size, ' ', 'a', 'b'),
    (text) => signed({ ...SIGNED, x: text, authorization: `${AUTHORIZATION}host;x;x-amz-date, Signature=b` }),
  ],
  'blanks in front of a signature': [
    MOST_HEADERS,
    (size) => filled(size, ' ', 'AWS4-HMAC-SHA256', 'x'),
    (text) => signed({ ...SIGNED, authorization: text }),
  ],
  'parameters that are signed': [
    MOST_HEADERS,
    (size) => filled(size, 'b=a&'),
    (text) => signed({ ...SIGNED, authorization: `${AUTHORIZATION}host;x-amz-date, Signature=b` }, text),
  ],
  'digest credentials of blanks': [
    MOST_HEADERS,
    (size) => filled(size, ' ', 'Digest username', '='),
    parseDigestCredentials,
  ],
  'digest credentials of parameters': [
    MOST_HEADERS,
    (size) =>
      Array.from({ length: size / 6 }, (_, n) => `a${n}=b`)
        .join()
        .replace('', 'Digest '),
    parseDigestCredentials,
  ],
  'digest credentials of backslashes': [
    MOST_HEADERS,
    (size) => filled(size, '\\"', 'Digest username="'),
    parseDigestCredentials,
  ],
  'digest credentials of quotes': [
    MOST_HEADERS,
    (size) => filled(size, '"', 'Digest username='),
    parseDigestCredentials,
  ],
  'an ingest path with everything encoded': [
    MOST_HEADERS,
    (size) => filled(size, '%2e', `/in/v2/${GUID}/${GUID}/`),
    parseIngestPath,
  ],
  'an ingest path of dots': [MOST_HEADERS, (size) => filled(size, 'a/../', `/in/v2/${GUID}/${GUID}/`), parseIngestPath],
  'an ingest path of bytes beyond ASCII': [
    MOST_HEADERS,
    (size) => filled(size, '\xff', `/in/v2/${GUID}/${GUID}/`),
    parseIngestPath,
  ],
  'a file name of percent signs': [MOST_HEADERS, (size) => filled(size, '%'), (text) => fileName(text)],
  'a request target of slashes': [MOST_HEADERS, (size) => filled(size, '/', 'http:'), parseTarget],
  'a request target of question marks': [MOST_HEADERS, (size) => filled(size, '?', '/'), parseTarget],
  'Accept-Encoding of commas': [MOST_HEADERS, (size) => filled(size, ','), acceptsGzip],
  'Accept-Encoding of semicolons': [MOST_HEADERS, (size) => filled(size, ';q=0'), acceptsGzip],
  'Accept-Encoding of blanks': [MOST_HEADERS, (size) => filled(size, ' ', 'gzip;q=0', 'x'), acceptsGzip],
  'If-Match of entity tags': [
    MOST_HEADERS,
    (size) => filled(size, 'W/"a",', '', ',*'),
    (text) => conditionOf(text)?.('"b"'),
  ],
  'If-None-Match of entity tags': [MOST_HEADERS, (size) => filled(size, 'W/"a",'), (text) => matchesNone(text, '"b"')],
  'Range of blanks': [
    MOST_HEADERS,
    (size) => filled(size, ' ', 'bytes=', 'x'),
    (range) => requestedRange({ range }, 100, '"a"'),
  ],
  'a manifest filter of semicolons': [MOST_HEADERS, (size) => filled(size, ';'), parseManifestFilter],
  'a manifest filter of values': [
    MOST_HEADERS,
    (size) => filled(size, ',a', 'audio_language:a').slice(0, 1024),
    parseManifestFilter,
  ],
}

const playlist = (name: string, mediaSequence: number, names: readonly string[]): TimelineEvent => ({
  kind: 'media playlist',
  playlist: {
    name,
    targetDuration: ticks(5_310_000),
    mediaSequence,
    ended: false,
    segments: names.map((each) => ({ name: each, duration: ticks(5_310_000), discontinuity: false })),
  },
})
const none = { unlisted: { get: () => undefined }, now: NOW }
const longNames = (count: number, prefix = '') =>
  Array.from({ length: count }, (_, n) => `${prefix}${'x'.repeat(230)}${n}`)
const parentOf = (count: number): TimelineEvent => ({
  kind: 'parent playlist',
  streams: Array.from({ length: count }, (_, n) => {
    return { index: n + 1, playlist: `${n}.m3u8`, role: { kind: 'variant', bandwidth: 1 } }
  }),
})
const after = (...events: readonly TimelineEvent[]): TimelineState =>
  events.reduce((state, event) => step(state, event, none).state, emptyTimeline())
/** Segments in the largest playlist of so many bytes. */
const segmentsIn = (size: number) => Math.min(Math.floor(size / 16), 50_000)

/** Steps of the timeline of an input. */
const TIMELINES: Readonly<Record<string, (size: number) => readonly [TimelineState, TimelineEvent]>> = {
  'a playlist of segments that are not there': (size) => [
    after(parentOf(1), playlist('0.m3u8', 0, ['a'])),
    playlist(
      '0.m3u8',
      1,
      Array.from({ length: segmentsIn(size) }, (_, n) => `${n}`),
    ),
  ],
  'a playlist of segments that are known': (size) => {
    const all = playlist(
      '0.m3u8',
      0,
      Array.from({ length: segmentsIn(size) }, (_, n) => `${n}`),
    )
    return [after(parentOf(1), all), all]
  },
  'a playlist while long names are awaited in 20 streams': (size) => {
    const count = Math.min(Math.floor(size / 20 / 250), 10_000)
    const all = Array.from({ length: 20 }, (_, n) => playlist(`${n}.m3u8`, 0, ['a']))
    const more = Array.from({ length: 20 }, (_, n) => playlist(`${n}.m3u8`, 1, longNames(count)))
    return [after(parentOf(20), ...all, ...more), playlist('0.m3u8', count, longNames(64))]
  },
  'a playlist while 64 others are remembered': (size) => {
    const count = Math.min(Math.floor(size / 64 / 250), 10_000)
    const all = Array.from({ length: 63 }, (_, n) => playlist(`u${n}.m3u8`, 0, longNames(count)))
    return [after(...all, ...all), playlist('0.m3u8', count, longNames(64))]
  },
}

export const REQUESTS: readonly WorstInput[] = [
  ...Object.entries(TEXTS).map(
    ([name, [most, make, read]]): WorstInput => ({
      name,
      reader: 'request',
      most,
      prepare: (size) => {
        const text = make(size)
        return () => () => read(text)
      },
    }),
  ),
  ...Object.entries(TIMELINES).map(
    ([name, make]): WorstInput => ({
      name,
      reader: 'timeline',
      most: 4 * 1024 * 1024,
      prepare: (size) => {
        const [state, event] = make(size)
        return () => () => step(state, event, none)
      },
    }),
  ),
]
