import { BlockList, isIP } from 'node:net'
import { join } from 'node:path'
import { groupFolder } from '../../src/access-log/log-files.ts'
import { parseJson } from '../../src/control/json.ts'
import { OPERATIONS } from '../../src/control/mediapackage-v1/operations.ts'
import type { Operation } from '../../src/control/operation.ts'
import { createPageTokens, type Listing } from '../../src/control/page-tokens.ts'
import { queryPairs } from '../../src/control/query-pairs.ts'
import { routesAt } from '../../src/control/router.ts'
import { authenticate } from '../../src/control/sigv4.ts'
import { WINDROW_OPERATIONS } from '../../src/control/windrow-operations.ts'
import { readInput } from '../../src/control/wire.ts'
import { acceptsGzip } from '../../src/http/accepts-gzip.ts'
import { ClientNetworks } from '../../src/http/client-networks.ts'
import { parseTarget } from '../../src/http/target.ts'
import { digestResponse, parseDigestCredentials } from '../../src/ingest/digest.ts'
import { fileName } from '../../src/ingest/file-name.ts'
import { parseIngestPath } from '../../src/ingest/ingest-path.ts'
import { Nonces } from '../../src/ingest/nonces.ts'
import { clearKeyLicence } from '../../src/key-server/clear-key-licence.ts'
import { utcMs } from '../../src/media/time.ts'
import { keyPattern } from '../../src/model/destination-pattern.ts'
import { checkDestination, parsedInstant } from '../../src/model/harvest-request.ts'
import { parseManifestFilter } from '../../src/model/manifest-filter.ts'
import { parseClipPath, segmentNamed } from '../../src/origin/clips/clip-paths.ts'
import { parseManifestQuery } from '../../src/origin/manifests/query.ts'
import { movieTimes, parseMovieQuery } from '../../src/origin/movies/movie-request.ts'
import { splitPath } from '../../src/origin/playback-path.ts'
import { matchesNone, requestedRange } from '../../src/origin/request-headers.ts'
import { outputFormatOf } from '../../src/packaging/packager.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'
import { promised, type TextReaders } from './text-reader.ts'

const NOW = utcMs(Date.parse('2027-01-15T08:00:00Z'))
const GUID = 'c'.repeat(32)

/** Lines `Name: value` as node:http gives them: names in lower case, and what is given twice with a comma between. */
function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return headers
}

const proxies = new BlockList()
proxies.addSubnet('10.0.0.0', 8, 'ipv4')
proxies.addSubnet('fd00::', 8, 'ipv6')
const networks = new ClientNetworks(proxies)

const nonces = new Nonces(600_000, { key: Buffer.alloc(32, 1) })
const NONCE = nonces.issue(NOW)

const LISTING: Listing = ['ListChannels', undefined]
const tokens = createPageTokens('secret')
const TOKEN = tokens.token({ next: 'channel-100', items: [] }, LISTING)!

const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=key/20270115/us-east-1/mediapackage/aws4_request, SignedHeaders='
const expected = {
  credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  region: 'us-east-1',
  service: 'mediapackage',
  now: NOW,
}

/** A target, then header lines. Nobody signs without the secret. */
async function readSigned(text: string): Promise<never> {
  const [url = '', ...lines] = text.split('\n')
  const headers = headersOf(lines.join('\n'))
  const headersDistinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  const request = { method: 'POST', headers, headersDistinct, rawHeaders: Object.entries(headers).flat() }
  const target = parseTarget(url) ?? { path: '/', query: '' }
  await authenticate(request as never, target, expected, async () => Buffer.from('{}'))
  throw new Error('broken: a request is signed with the secret')
}

const ENDPOINTS = [hlsEndpoint(), cmafEndpoint(), dashEndpoint(), mssEndpoint()]

/** `path?query` below the GUID of an endpoint, of every format. */
function readPlayback(text: string): number {
  const target = parseTarget(text) ?? { path: '', query: '' }
  const { path } = splitPath(target.path)
  if (path === undefined) return 0
  let known = 0
  const refusals: unknown[] = []
  for (const endpoint of ENDPOINTS) {
    try {
      const request = outputFormatOf(endpoint)?.resolve(endpoint, path)
      if (request && parseManifestQuery(request, target.query)) known++
      const times = movieTimes(endpoint, path)
      if (times && parseMovieQuery(times, target.query)) known++
      const clip = parseClipPath(path)
      if (clip && segmentNamed(endpoint, clip)) known++
    } catch (error) {
      refusals.push(error)
    }
  }
  const fault = refusals.find((error) => (error as Error).name !== 'RuleViolation')
  if (fault !== undefined || (known === 0 && refusals.length > 0)) throw fault ?? refusals[0]
  return known
}

const bodyOf = (operations: readonly Operation[]) => (text: string) => {
  const body = Buffer.from(text)
  parseJson(body)
  return operations.flatMap((operation) => {
    try {
      return [readInput(operation, { labels: { Id: 'a' }, query: [], body })]
    } catch (error) {
      if ((error as Error).name === 'RuleViolation') return []
      throw error
    }
  })
}
const withBody = (operations: readonly Operation[]) =>
  operations.filter(({ input }) => input.members.some(({ place }) => place === 'body'))

const CHANNEL = { Id: 'tv', Description: 'a channel', Tags: { team: 'sports' } }
const ENDPOINT = {
  ChannelId: 'tv',
  Id: 'tv-hls',
  HlsPackage: {
    SegmentDurationSeconds: 2,
    AdTriggers: ['SPLICE_INSERT'],
    StreamSelection: { StreamOrder: 'ORIGINAL' },
  },
  Whitelist: ['10.0.0.0/8'],
  StartoverWindowSeconds: 3600,
}
const S3 = { BucketName: 'bucket', ManifestKey: 'a/index.m3u8', RoleArn: 'arn:aws:iam::000000000000:role/a' }
const JOB = {
  Id: 'a',
  OriginEndpointId: 'b',
  StartTime: '2026-01-31T20:15:00Z',
  EndTime: '1769000000',
  S3Destination: S3,
}
const RULE = {
  Id: 'a',
  OriginEndpointId: 'b',
  Every: 'DAY',
  At: '20:15',
  Days: ['MONDAY'],
  Ranges: [{ StartTime: '2026-01-31T20:15:00Z', EndTime: '2026-01-31T20:25:00Z' }],
}
const json = (...values: readonly object[]) => values.map((value) => JSON.stringify(value))

const DIGEST =
  'Digest username="u", realm="Windrow", nonce="abc", uri="/in/v2/a", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c", response="0123"'
const INSTANTS = ['2026-01-31T20:15:00Z', '2026-01-31T20:15:00.123+01:00', '1769000000', '2026-01-31T20:15:00 0100']
const FILTER = 'video_height:240-1080;audio_language:de,en;video_codec:h264;video_framerate:25-29.97'
const PATHS = [
  'index.m3u8',
  'main/news.m3u8',
  'index.mpd',
  'index.ism/Manifest',
  'start/2026-01-31T20:15:00Z/index.mpd',
]

/** The readers of requests: their lines, headers, paths, queries and bodies in JSON. */
export const REQUEST_READERS: TextReaders = {
  'client address': {
    isLatin1: true,
    samples: [
      'X-Forwarded-For: 192.0.2.7, 10.0.0.1\nX-Forwarded-Proto: https\nX-Forwarded-Host: tv.example:8080\nHost: a',
      'Forwarded: for="[2001:db8::7]:80";proto=https;host="a.example", for=10.1.2.3\nHost: [::1]:80',
      'X-Forwarded-For: ::ffff:192.0.2.7, fe80::1%eth0, fd00::2\nForwarded: for=_hidden;by=unknown',
    ],
    read(text) {
      const request = { headers: headersOf(text), socket: { remoteAddress: '10.0.0.2' } }
      const { address, host } = networks.originOf(request)
      const network = networks.ofRequest(request)
      promised(address === undefined || isIP(address) > 0, 'an address is one')
      promised(network === undefined || isIP(network.split('/')[0]!) > 0, 'a network is one')
      promised(host === undefined || host.length < 300, 'a host is short')
      return [address, network, host]
    },
  },
  'request target': {
    isLatin1: true,
    samples: ['/out/v1/a/index.m3u8?start=1', 'http://a.example:80/channels?maxResults=1', '*', 'a.example:443'],
    read(text) {
      const target = parseTarget(text)
      promised(target === undefined || target.path.startsWith('/'), 'a path begins with a slash')
      return target
    },
  },
  'Accept-Encoding': { isLatin1: true, samples: ['gzip, deflate;q=0.5, *;q=0', 'x-gzip ; q=0.000'], read: acceptsGzip },
  'If-None-Match': { isLatin1: true, samples: ['W/"a", "b", *'], read: (text) => matchesNone(text, '"b"') },
  Range: {
    isLatin1: true,
    samples: ['bytes=0-99', 'bytes=-500', 'bytes=100-', 'bytes=0-1,5-6'],
    read(range) {
      const found = requestedRange({ range }, 1000, '"a"')
      if (typeof found !== 'object') return found
      const { start, end } = found
      promised(Number.isSafeInteger(start) && start >= 0 && start < end && end <= 1000, 'a range is inside')
      return found
    },
  },
  'digest credentials': {
    isLatin1: true,
    samples: [DIGEST, DIGEST.replace('algorithm=SHA-256, ', '').replace('"u"', '"a\\"b"')],
    read(text) {
      const given = parseDigestCredentials(text)
      return given && digestResponse(given, 'PUT', 'password')
    },
  },
  nonce: {
    isLatin1: true,
    samples: [NONCE],
    read(text) {
      const use = nonces.find(text, NOW)
      promised(use === undefined || text === NONCE, 'nobody else issues nonces')
      return use?.nonce
    },
  },
  'page token': {
    samples: [TOKEN],
    read: (nextToken) => {
      const page = tokens.request({ nextToken }, LISTING)
      promised(page.after === 'channel-100', 'nobody else writes tokens')
      return page
    },
  },
  'signature, version 4': {
    isLatin1: true,
    samples: [
      `/channels?maxResults=1\nHost: a\nX-Amz-Date: 20270115T080000Z\nAuthorization: ${AUTHORIZATION}host;x-amz-date, Signature=b`,
      '/channels?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=key%2F20270115%2Fus-east-1%2Fmediapackage%2Faws4_request' +
        '&X-Amz-Date=20270115T080000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=b\nHost: a',
    ],
    read: readSigned,
    share: 200,
  },
  'path of the API': {
    isLatin1: true,
    samples: ['/channels/tv/configure_logs', '/tags/arn%3Aaws%3Amediapackage%3A%3A1%3Achannels%2Fa', '/harvest_jobs/a'],
    read: (text) => [routesAt(OPERATIONS, text).size, routesAt(WINDROW_OPERATIONS, text).size],
  },
  'query of the API': {
    isLatin1: true,
    samples: ['maxResults=1&nextToken=a%2Fb&tagKeys=a&tagKeys=b'],
    read: queryPairs,
  },
  'body of the API': {
    samples: json(CHANNEL, ENDPOINT, JOB, { EgressAccessLogs: { LogGroupName: '/aws/MediaPackage/a' } }),
    read: bodyOf(withBody(OPERATIONS)),
    share: 200,
  },
  "body of Windrow's API": {
    samples: json({ ...RULE, S3Destination: S3 }, JOB, ENDPOINT),
    read: bodyOf(withBody(WINDROW_OPERATIONS)),
    share: 200,
  },
  instant: {
    samples: INSTANTS,
    read(text) {
      const instant = parsedInstant('startTime', text)
      promised(Number.isSafeInteger(instant), 'an instant is in whole milliseconds')
      return instant
    },
  },
  'manifest filter': { samples: [FILTER], read: parseManifestFilter },
  'manifest key': {
    samples: ['a/index.m3u8', '{channel}/{start:yyyy/MM/dd@Europe/Berlin}/{id}.m3u8', '{end:HH-mm-ss}/a.mpd'],
    read(manifestKey) {
      const destination = { bucketName: 'bucket', manifestKey, roleArn: 'arn:aws:iam::000000000000:role/a' }
      const { places } = keyPattern('manifestKey', manifestKey)
      checkDestination(destination, hlsEndpoint())
      return places.map(({ name }) => name)
    },
  },
  'ingest path': {
    isLatin1: true,
    samples: [
      `/in/v2/${GUID}/${GUID}/channel.m3u8`,
      `/in/v2/${GUID}/${GUID}/a%20b/c-1.ts`,
      `/in/v2/${GUID}/${GUID}/a/`,
    ],
    read(text) {
      const { name, folder } = parseIngestPath(text)
      promised(!['', '.', '..'].includes(name?.split('/').at(-1) ?? 'a'), 'a name is that of a file')
      promised(!/(^|\/)\.{0,2}(\/|$)/.test(name ?? 'a'), 'a name stays in its folder')
      return [name, folder]
    },
  },
  'file name': {
    samples: ['../a/b.ts', 'a%2f..%2fb.ts', 'm\u00fcnchen.m3u8'],
    read(text) {
      const name = fileName(text, 'a/b/')
      promised(name === undefined || !/(^|\/)\.{0,2}(\/|$)|\p{Cc}/u.test(name), 'a name stays in its folder')
      return name
    },
  },
  playback: {
    isLatin1: true,
    samples: [
      ...PATHS.map(
        (path) => `/out/v1/${GUID}/${path}?start=2026-01-31T20:15:00Z&end=1769890600&aws.manifestfilter=${FILTER}`,
      ),
      `/out/v1/${GUID}/index_1_12.ts?m=1769000000`,
      `/out/v1/${GUID}/index.mp4?start=1769000000&end=1769000600&cut=frame&chapters=scte35`,
      `/out/v1/${GUID}/clips/a/mss/index.ism/s1e0123abcd/QualityLevels(100)/Fragments(v=0)`,
      `/out/v1/${GUID}/main/news_1.m3u8?aws.drmsettings=excludesessionkeys`,
    ],
    read: readPlayback,
    share: 300,
  },
  'licence request': {
    samples: ['{"kids":["AAAAAAAAAAAAAAAAAAAAAA","LwVHf8JLtPrv2GUXFW2v_A"],"type":"temporary"}'],
    read: (text) => clearKeyLicence(Buffer.from(text), () => Buffer.alloc(16)),
  },
  'log group': {
    samples: ['/aws/MediaPackage/EgressAccessLogs', 'a/../b', '2026-01-31.jsonl', 'x'.repeat(300)],
    read(text) {
      const folder = groupFolder(text)
      const names = folder.split('/')
      promised(join('/logs', folder).startsWith('/logs/') && !names.includes('..'), 'a folder is below that of logs')
      promised(
        names.every((name) => name.length <= 255 && !name.endsWith('.jsonl')),
        'names are those of folders',
      )
      return folder
    },
  },
}
