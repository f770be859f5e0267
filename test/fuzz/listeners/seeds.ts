import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import { digestResponse } from '../../../src/ingest/digest.ts'
import type { Random } from '../mutants.ts'
import type { AttackPlan } from './plan.ts'

/** A request as it is before it is broken. */
export type SeedRequest = {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** How it is authenticated, after its body was broken and before its head is. */
  readonly credentials?: 'digest' | 'signature'
}

const OUT = '/out/v1/'
const CPIX =
  '<cpix:CPIX id="a" xmlns:cpix="urn:dashif:org:cpix" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc"><cpix:ContentKeyList>' +
  '<cpix:ContentKey kid="98ee5596-cd3e-a20d-163a-e382420c6eff"/></cpix:ContentKeyList><cpix:DRMSystemList><cpix:DRMSystem ' +
  'kid="98ee5596-cd3e-a20d-163a-e382420c6eff" systemId="94ce86fb-07ff-4f43-adb8-93d2fa968ca2"/></cpix:DRMSystemList></cpix:CPIX>'
const PROXIED = [
  ['X-Forwarded-For', '192.0.2.7, 127.0.0.1'],
  ['Forwarded', 'for="[2001:db8::7]";proto=https;host=tv.example'],
  ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
] as const
const PLAYER = [
  ['Range', 'bytes=0-99'],
  ['If-None-Match', 'W/"a", *'],
  ['If-Range', '"a"'],
  ['Accept-Encoding', 'gzip;q=0.5, *;q=0'],
  ['X-MediaPackage-CDNIdentifier', '0123456789'],
  ['Origin', 'https://player.example'],
] as const
const CHANNEL = { id: 'fuzz', description: 'a channel', tags: { team: 'sports' } }
const ENDPOINT = {
  channelId: 'fuzz',
  id: 'fuzz-a',
  hlsPackage: { segmentDurationSeconds: 2 },
  startoverWindowSeconds: 60,
}
const S3 = { bucketName: 'bucket', manifestKey: '{id}/index.m3u8', roleArn: 'arn:aws:iam::000000000000:role/a' }
const JOB = {
  id: 'fuzz',
  originEndpointId: 'fuzz-a',
  startTime: '2026-01-31T20:15:00Z',
  endTime: '1769890800',
  s3Destination: S3,
}
const LOGS = { egressAccessLogs: { logGroupName: '/aws/MediaPackage/a' }, ingressAccessLogs: {} }
const RULE = { id: 'fuzz', originEndpointId: 'fuzz-a', every: 'DAY', at: '20:15', s3Destination: S3 }

const json = (value: object) => Buffer.from(JSON.stringify(value))
const none = Buffer.alloc(0)

/** The requests that are broken: to all mounts, with bodies that get past those who authenticate them. */
export function seedRequests({ playback, ingest, playlist, segment }: AttackPlan): readonly SeedRequest[] {
  const folder = ingest.url.slice(0, ingest.url.lastIndexOf('/') + 1)
  const player = (target: string): SeedRequest => ({
    method: 'GET',
    target,
    headers: [...PLAYER, ...PROXIED],
    body: none,
  })
  const put = (name: string, body: Buffer, method = 'PUT'): SeedRequest => {
    return { method, target: `${folder}${name}`, headers: [['Content-Type', 'a/b']], body, credentials: 'digest' }
  }
  const api = (method: string, target: string, body?: object): SeedRequest => {
    const headers = [['Content-Type', 'application/json']] as const
    return { method, target, headers, body: body ? json(body) : none, credentials: 'signature' }
  }
  return [
    ...playback.map(player),
    ...playback.map((target) =>
      player(`${target}?start=1769890500&end=2026-01-31T20:25:00Z&aws.manifestfilter=video_height:1-9`),
    ),
    player(`${OUT}${'c'.repeat(32)}/start/1769890500/end/1769890600/index.mpd`),
    put('channel.m3u8', Buffer.from(playlist)),
    put('channel-a.m3u8', Buffer.from(playlist.replace(/#EXT-X-STREAM-INF.*\n.*\n/, '#EXTINF:2,\nchannel-a-0.ts\n'))),
    put('channel-a-0.ts', Buffer.from(segment, 'base64')),
    put('', none, 'PROPFIND'),
    put('channel-a-0.ts', none, 'DELETE'),
    put('a/b%2f..%2fc/', none, 'MKCOL'),
    api('POST', '/channels', CHANNEL),
    api('PUT', '/channels/fuzz', CHANNEL),
    api('PUT', '/channels/fuzz/configure_logs', LOGS),
    api('GET', '/channels?maxResults=2&nextToken=abc'),
    api('GET', '/channels/fuzz'),
    api('POST', '/origin_endpoints', ENDPOINT),
    api('POST', '/origin_endpoints', {
      ...ENDPOINT,
      id: 'fuzz-b',
      hlsPackage: undefined,
      dashPackage: { profile: 'NONE' },
    }),
    api('PUT', '/origin_endpoints/fuzz-a', ENDPOINT),
    api('POST', '/harvest_jobs', JOB),
    api('GET', '/harvest_jobs?includeStatus=SUCCEEDED'),
    api('POST', '/tags/arn%3Aaws%3Amediapackage%3Aus-east-1%3A000000000000%3Achannels%2Fa', { tags: { a: 'b' } }),
    api('GET', '/windrow/v1/status'),
    api('GET', '/windrow/v1/metrics?since=2026-01-31T20:15:00Z&resolutionSeconds=60'),
    api('POST', '/windrow/v1/harvest_jobs', { ...JOB, id: 'fuzz-c', ranges: [], deliverables: [{ kind: 'MP4' }] }),
    api('POST', '/windrow/v1/harvest_rules', RULE),
    api('POST', '/windrow/v1/clips', JOB),
    { ...api('POST', '/windrow/v1/keys/speke'), body: Buffer.from(CPIX) },
    { ...api('POST', '/windrow/v1/keys/clearkey'), body: json({ kids: ['AAAAAAAAAAAAAAAAAAAAAA'] }) },
    { method: 'GET', target: '/healthz', headers: PROXIED, body: none },
    { method: 'GET', target: '/readyz?verbose', headers: [], body: none },
    { method: 'OPTIONS', target: playback[0] ?? '*', headers: PLAYER, body: none },
  ]
}

/** The Authorization header of an encoder, for a nonce that the server has issued. */
export class DigestHeaders {
  private readonly plan: AttackPlan
  private count = 0
  /** Undefined until the server has been asked. */
  nonce: { readonly realm: string; readonly nonce: string } | undefined

  constructor(plan: AttackPlan) {
    this.plan = plan
  }

  of(method: string, uri: string, random: Random): readonly [string, string] {
    const { realm = 'Windrow', nonce = 'none' } = this.nonce ?? {}
    const { username, password } = this.plan.ingest
    const nc = (++this.count).toString(16).padStart(8, '0')
    const given = { algorithm: 'SHA-256', username, realm, nonce, uri, cnonce: `${random(1e9)}`, nc } as const
    const fields = Object.entries(given).map(([name, value]) => (name === 'nc' ? `nc=${value}` : `${name}="${value}"`))
    return [
      'Authorization',
      `Digest ${fields.join(', ')}, qop=auth, response="${digestResponse(given, method, password)}"`,
    ]
  }
}

/** The headers of a signed request. */
export async function signedHeaders(
  { access, host }: AttackPlan,
  request: SeedRequest,
): Promise<SeedRequest['headers']> {
  const credentials = { accessKeyId: access.accessKeyId, secretAccessKey: access.secretAccessKey }
  const signer = new SignatureV4({ credentials, region: 'us-east-1', service: 'mediapackage', sha256: Sha256 })
  const [path = '', search = ''] = request.target.split('?')
  const query = Object.fromEntries(new URLSearchParams(search))
  const headers = { host, ...Object.fromEntries(request.headers) }
  const asked = { method: request.method, protocol: 'http:', hostname: host, path, query, headers, body: request.body }
  const signed = await signer.sign(asked, { signingDate: new Date() })
  return Object.entries(signed.headers).filter(([name]) => name !== 'host')
}
