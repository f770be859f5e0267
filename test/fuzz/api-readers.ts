import { HEADS_OF_BYTES } from '../../src/control/byte-operations.ts'
import { parseJson } from '../../src/control/json.ts'
import { OPERATIONS } from '../../src/control/mediapackage-v1/operations.ts'
import type { Operation } from '../../src/control/operation.ts'
import { createPageTokens, type Listing } from '../../src/control/page-tokens.ts'
import { queryPairs } from '../../src/control/query-pairs.ts'
import { routesAt } from '../../src/control/router.ts'
import { authenticate } from '../../src/control/sigv4.ts'
import { WINDROW_OPERATIONS } from '../../src/control/windrow-operations.ts'
import { readInput } from '../../src/control/wire.ts'
import { parseTarget } from '../../src/http/target.ts'
import { clearKeyLicence } from '../../src/key-server/clear-key-licence.ts'
import { utcMs } from '../../src/media/time.ts'
import { keyPattern } from '../../src/model/destination-pattern.ts'
import { checkDestination, parsedInstant } from '../../src/model/harvest-request.ts'
import { hlsEndpoint } from '../origin/sample-endpoints.ts'
import { headersOf, promised, type TextReaders } from './text-reader.ts'

const NOW = utcMs(Date.parse('2027-01-15T08:00:00Z'))

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

const INSTANTS = ['2026-01-31T20:15:00Z', '2026-01-31T20:15:00.123+01:00', '1769000000', '2026-01-31T20:15:00 0100']

/** The readers of requests to the API: signatures, paths, page tokens, and bodies in JSON. */
export const API_READERS: TextReaders = {
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
    read: (text) => [routesAt(OPERATIONS, text).size, routesAt([...WINDROW_OPERATIONS, ...HEADS_OF_BYTES], text).size],
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
  'manifest key': {
    samples: ['a/index.m3u8', '{channel}/{start:yyyy/MM/dd@Europe/Berlin}/{id}.m3u8', '{end:HH-mm-ss}/a.mpd'],
    read(manifestKey) {
      const destination = { bucketName: 'bucket', manifestKey, roleArn: 'arn:aws:iam::000000000000:role/a' }
      const { places } = keyPattern('manifestKey', manifestKey)
      checkDestination(destination, hlsEndpoint())
      return places.map(({ name }) => name)
    },
  },
  'licence request': {
    samples: ['{"kids":["AAAAAAAAAAAAAAAAAAAAAA","LwVHf8JLtPrv2GUXFW2v_A"],"type":"temporary"}'],
    read: (text) => clearKeyLicence(Buffer.from(text), () => Buffer.alloc(16)),
  },
}
