import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { utcMs } from '../../src/media/time.ts'
import { ACCOUNT_ID, type ControlUnderTest, call, REGION, startControl } from './control-under-test.ts'

const NOW = Date.parse('2026-03-04T12:00:00Z')
const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/keys`
const SYSTEM = 'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed'

const provider = (more: object = {}) => ({
  resourceId: 'movie-7',
  roleArn: ROLE,
  systemIds: [SYSTEM],
  url: 'https://keys.example.com/speke',
  ...more,
})
const contract = (presetSpeke20Audio: string, presetSpeke20Video: string) => ({
  encryptionContractConfiguration: { presetSpeke20Audio, presetSpeke20Video },
})

/** What is sent, and the path the 422 must begin with; a regular expression says the rule too. */
type Row = readonly [body: object, refused: string | RegExp]

/** Bodies of CreateChannel, without the id where the row has none. */
const CHANNELS: readonly Row[] = [
  [{}, 'id: is required'],
  [{ id: '' }, 'id: must be 1 to 256 letters'],
  [{ id: 'with space' }, 'id'],
  [{ id: 'a/../b' }, 'id'],
  [{ id: 'a\n' }, 'id'],
  [{ id: 'x'.repeat(257) }, 'id'],
  [{ id: 7 }, 'id: must be a string, got a number'],
  [{ id: 'a', description: 'x'.repeat(1025) }, 'description: must be at most 1024 characters, got 1025'],
  [{ id: 'a', description: '\ud800' }, 'description: must be Unicode'],
  [{ id: 'a', description: ['x'] }, 'description: must be a string, got a list'],
  [{ id: 'a', tags: [] }, 'tags: must be an object, got a list'],
  [{ id: 'a', tags: { k: 1 } }, 'tags["k"]: must be a string, got a number'],
  [{ id: 'a', tags: { '': 'v' } }, 'tags[""]: a key must have 1 to 128 characters'],
  [{ id: 'a', tags: { ['k'.repeat(129)]: 'v' } }, `tags["${'k'.repeat(100)}"…]: a key must have 1 to 128 characters`],
  [{ id: 'a', tags: { k: 'v'.repeat(257) } }, 'tags["k"]: a value must have at most 256 characters'],
  [{ id: 'a', tags: { 'aws:k': 'v' } }, 'tags["aws:k"]: a key must not begin with "aws:"'],
  [{ id: 'a', tags: { 'k?': 'v' } }, 'tags["k?"]: a key must consist of'],
  [{ id: 'a', tags: { k: 'v;' } }, 'tags["k"]: a value must consist of'],
  [
    { id: 'a', tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [n, ''])) },
    'tags: a resource must have at',
  ],
]

/** Bodies of CreateOriginEndpoint, over a sound id and channel. */
const ENDPOINTS: readonly Row[] = [
  [{}, /^hlsPackage, dashPackage, mssPackage, cmafPackage: exactly one is required$/],
  [{ hlsPackage: {}, dashPackage: {} }, 'dashPackage: an origin endpoint has exactly one package'],
  [{ hlsPackage: [] }, 'hlsPackage: must be an object, got a list'],
  [{ id: 'a b', hlsPackage: {} }, 'id'],
  [{ channelId: 'none', hlsPackage: {} }, 'channelId: there is no channel with the id "none"'],
  [{ channelId: 5, hlsPackage: {} }, 'channelId: must be a string'],
  [{ hlsPackage: {}, tags: { 'aws:k': 'v' } }, 'tags["aws:k"]'],
  [{ hlsPackage: {}, manifestName: 'a/b' }, 'manifestName'],
  [{ hlsPackage: {}, manifestName: '' }, 'manifestName'],
  [{ hlsPackage: {}, manifestName: '..' }, 'manifestName'],
  [{ hlsPackage: {}, manifestName: 'x'.repeat(201) }, 'manifestName'],
  [{ hlsPackage: {}, description: 'x'.repeat(1025) }, 'description'],
  [{ hlsPackage: {}, origination: 'MAYBE' }, 'origination: must be one of ALLOW, DENY, got "MAYBE"'],
  [{ hlsPackage: {}, startoverWindowSeconds: -1 }, 'startoverWindowSeconds: must be between 0 and 1209600, got -1'],
  [{ hlsPackage: {}, startoverWindowSeconds: 1209601 }, 'startoverWindowSeconds: must be between 0 and 1209600'],
  [{ hlsPackage: {}, startoverWindowSeconds: 1.5 }, 'startoverWindowSeconds: must be a whole number, got 1.5'],
  [{ hlsPackage: {}, startoverWindowSeconds: '60' }, 'startoverWindowSeconds: must be a whole number, got a string'],
  [{ hlsPackage: {}, timeDelaySeconds: 4 }, 'timeDelaySeconds: must be 0 or between 5 and 86400, got 4'],
  [{ hlsPackage: {}, timeDelaySeconds: 86401 }, 'timeDelaySeconds'],
  [{ hlsPackage: {}, timeDelaySeconds: -5 }, 'timeDelaySeconds'],
  [
    { hlsPackage: {}, timeDelaySeconds: 60, startoverWindowSeconds: 60 },
    'timeDelaySeconds: must be less than startover',
  ],
  [{ hlsPackage: {}, whitelist: ['10.0.0.0/8', '10.0.0.1'] }, 'whitelist[1]: must be an IPv4 CIDR block'],
  [{ hlsPackage: {}, whitelist: ['256.0.0.0/8'] }, 'whitelist[0]'],
  [{ hlsPackage: {}, whitelist: ['10.0.0.0/33'] }, 'whitelist[0]'],
  [{ hlsPackage: {}, whitelist: ['2001:db8::/32'] }, 'whitelist[0]'],
  [{ hlsPackage: {}, whitelist: '10.0.0.0/8' }, 'whitelist: must be a list, got a string'],
  [{ hlsPackage: {}, authorization: { secretsRoleArn: ROLE } }, 'authorization.cdnIdentifierSecret: is required'],
  [{ hlsPackage: {}, authorization: { cdnIdentifierSecret: 'x' } }, 'authorization.secretsRoleArn: is required'],
  [
    { hlsPackage: {}, authorization: { cdnIdentifierSecret: 'x', secretsRoleArn: ROLE } },
    'authorization.cdnIdentifierSecret: must be the ARN of a secret',
  ],
  [
    {
      hlsPackage: {},
      authorization: {
        cdnIdentifierSecret: `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:cdn`,
        secretsRoleArn: 'arn:aws:iam::1:role/x',
      },
    },
    'authorization.secretsRoleArn: must be the ARN of an IAM role',
  ],

  [
    { hlsPackage: { segmentDurationSeconds: 0 } },
    /^hlsPackage\.segmentDurationSeconds: must be between 1 and 30, got 0$/,
  ],
  [{ hlsPackage: { segmentDurationSeconds: 31 } }, 'hlsPackage.segmentDurationSeconds'],
  [{ hlsPackage: { playlistWindowSeconds: 0 } }, 'hlsPackage.playlistWindowSeconds: must be between 1 and 300, got 0'],
  [{ hlsPackage: { playlistWindowSeconds: 301 } }, 'hlsPackage.playlistWindowSeconds'],
  [{ hlsPackage: { playlistType: 'LIVE' } }, 'hlsPackage.playlistType: must be one of EVENT, NONE, VOD'],
  [{ hlsPackage: { programDateTimeIntervalSeconds: -1 } }, 'hlsPackage.programDateTimeIntervalSeconds'],
  [{ hlsPackage: { programDateTimeIntervalSeconds: 1209601 } }, 'hlsPackage.programDateTimeIntervalSeconds'],
  [
    { hlsPackage: { adMarkers: 'DATERANGE' } },
    'hlsPackage.programDateTimeIntervalSeconds: must be greater than 0 with adMarkers DATERANGE',
  ],
  [{ hlsPackage: { adMarkers: 'daterange' } }, 'hlsPackage.adMarkers'],
  [{ hlsPackage: { adTriggers: ['SPLICE_INSERT', 'X'] } }, 'hlsPackage.adTriggers[1]: must be one of'],
  [{ hlsPackage: { adsOnDeliveryRestrictions: 'SOME' } }, 'hlsPackage.adsOnDeliveryRestrictions'],
  [{ hlsPackage: { useAudioRenditionGroup: 'yes' } }, 'hlsPackage.useAudioRenditionGroup: must be true or false'],
  [{ hlsPackage: { includeDvbSubtitles: 1 } }, 'hlsPackage.includeDvbSubtitles'],
  [
    { hlsPackage: { includeIframeOnlyStream: {} } },
    'hlsPackage.includeIframeOnlyStream: must be true or false, got an obj',
  ],
  [{ hlsPackage: { streamSelection: { streamOrder: 'UP' } } }, 'hlsPackage.streamSelection.streamOrder'],
  [
    { hlsPackage: { streamSelection: { minVideoBitsPerSecond: -1 } } },
    'hlsPackage.streamSelection.minVideoBitsPerSecond',
  ],
  [
    { hlsPackage: { streamSelection: { maxVideoBitsPerSecond: 2147483648 } } },
    'hlsPackage.streamSelection.maxVideoBitsPerSecond',
  ],
  [
    { hlsPackage: { streamSelection: { minVideoBitsPerSecond: 2, maxVideoBitsPerSecond: 1 } } },
    'hlsPackage.streamSelection.minVideoBitsPerSecond: must not be greater than maxVideoBitsPerSecond',
  ],

  [{ hlsPackage: { encryption: {} } }, 'hlsPackage.encryption.spekeKeyProvider: is required'],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: {} } } },
    'hlsPackage.encryption.spekeKeyProvider.resourceId: is req',
  ],
  [
    { hlsPackage: { encryption: { encryptionMethod: 'AES_CTR', spekeKeyProvider: provider() } } },
    'hlsPackage.encryption.encryptionMethod: must be one of AES_128, SAMPLE_AES',
  ],
  [
    { hlsPackage: { encryption: { constantInitializationVector: 'abc', spekeKeyProvider: provider() } } },
    'hlsPackage.encryption.constantInitializationVector: must be 32 hexadecimal digits',
  ],
  [
    { hlsPackage: { encryption: { keyRotationIntervalSeconds: -1, spekeKeyProvider: provider() } } },
    'hlsPackage.encryption.keyRotationIntervalSeconds',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ url: 'http://keys.example.com' }) } } },
    'hlsPackage.encryption.spekeKeyProvider.url: must be an https:// URL',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ url: 'https://user:pass@keys.example.com' }) } } },
    'hlsPackage.encryption.spekeKeyProvider.url',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ roleArn: 'role' }) } } },
    'hlsPackage.encryption.spekeKeyProvider.roleArn: must be the ARN of an IAM role',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ resourceId: '' }) } } },
    'hlsPackage.encryption.spekeKeyProvider.resourceId',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ certificateArn: 'arn:aws:iam::x' }) } } },
    'hlsPackage.encryption.spekeKeyProvider.certificateArn: must be the ARN of a certificate',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [] }) } } },
    'hlsPackage.encryption.spekeKeyProvider.systemIds: must name 1 DRM system, got 0',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [SYSTEM, SYSTEM] }) } } },
    'hlsPackage.encryption.spekeKeyProvider.systemIds: must name 1 DRM system, got 2',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ systemIds: ['widevine'] }) } } },
    'hlsPackage.encryption.spekeKeyProvider.systemIds[0]: must be a UUID',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider(contract('SHARED', 'SHARED')) } } },
    'hlsPackage.encryption.spekeKeyProvider.encryptionContractConfiguration: SPEKE 2.0 is for',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ resourceId: 'taken' }) } } },
    'hlsPackage.encryption.spekeKeyProvider.resourceId: "taken" is in use by the origin endpoint "encrypted"',
  ],

  [{ dashPackage: { segmentDurationSeconds: 31 } }, 'dashPackage.segmentDurationSeconds'],
  [{ dashPackage: { manifestWindowSeconds: 301 } }, 'dashPackage.manifestWindowSeconds: must be between 1 and 300'],
  [{ dashPackage: { minUpdatePeriodSeconds: 0 } }, 'dashPackage.minUpdatePeriodSeconds: must be between 1 and 3600'],
  [{ dashPackage: { minUpdatePeriodSeconds: 3601 } }, 'dashPackage.minUpdatePeriodSeconds'],
  [{ dashPackage: { minBufferTimeSeconds: -1 } }, 'dashPackage.minBufferTimeSeconds: must be between 0 and 3600'],
  [{ dashPackage: { minBufferTimeSeconds: 3601 } }, 'dashPackage.minBufferTimeSeconds'],
  [{ dashPackage: { suggestedPresentationDelaySeconds: -1 } }, 'dashPackage.suggestedPresentationDelaySeconds'],
  [{ dashPackage: { suggestedPresentationDelaySeconds: 3601 } }, 'dashPackage.suggestedPresentationDelaySeconds'],
  [{ dashPackage: { profile: 'DASH' } }, 'dashPackage.profile'],
  [{ dashPackage: { manifestLayout: 'SMALL' } }, 'dashPackage.manifestLayout'],
  [{ dashPackage: { segmentTemplateFormat: 'TIME' } }, 'dashPackage.segmentTemplateFormat'],
  [{ dashPackage: { utcTiming: 'HTTP_HEAD' } }, 'dashPackage.utcTiming: must be one of HTTP-HEAD, HTTP-ISO'],
  [{ dashPackage: { utcTimingUri: 'https://time.example.com' } }, 'dashPackage.utcTimingUri: needs a utcTiming other'],
  [{ dashPackage: { periodTriggers: ['CHAPTERS'] } }, 'dashPackage.periodTriggers[0]: must be one of ADS'],
  [
    { dashPackage: { periodTriggers: ['ADS'], segmentTemplateFormat: 'NUMBER_WITH_DURATION' } },
    'dashPackage.periodTriggers: must be empty with segmentTemplateFormat NUMBER_WITH_DURATION',
  ],
  [
    { dashPackage: { periodTriggers: ['ADS'], profile: 'HYBRIDCAST' } },
    'dashPackage.periodTriggers: must be empty with profile HYBRIDCAST',
  ],
  [
    { dashPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [SYSTEM, SYSTEM, SYSTEM] }) } } },
    'dashPackage.encryption.spekeKeyProvider.systemIds: must name 1 to 2 DRM systems, got 3',
  ],
  [
    { dashPackage: { encryption: { spekeKeyProvider: provider(contract('PRESET-AUDIO-1', 'PRESET-VIDEO-1')) } } },
    'dashPackage.encryption.keyRotationIntervalSeconds: must be 0 with SPEKE 2.0',
  ],
  [
    { dashPackage: { encryption: { spekeKeyProvider: provider(contract('PRESET-AUDIO-9', 'PRESET-VIDEO-1')) } } },
    'dashPackage.encryption.spekeKeyProvider.encryptionContractConfiguration.presetSpeke20Audio',
  ],
  [
    { dashPackage: { encryption: { spekeKeyProvider: provider(contract('UNENCRYPTED', 'UNENCRYPTED')) } } },
    'dashPackage.encryption.spekeKeyProvider.encryptionContractConfiguration: UNENCRYPTED must not be set for both',
  ],
  [
    { dashPackage: { encryption: { spekeKeyProvider: provider(contract('SHARED', 'PRESET-VIDEO-1')) } } },
    'dashPackage.encryption.spekeKeyProvider.encryptionContractConfiguration: SHARED must be set for both',
  ],
  [
    { dashPackage: { encryption: { spekeKeyProvider: provider(contract('UNENCRYPTED', 'SHARED')) } } },
    'dashPackage.encryption.spekeKeyProvider.encryptionContractConfiguration: SHARED must be set for both',
  ],

  [{ mssPackage: { segmentDurationSeconds: 0 } }, 'mssPackage.segmentDurationSeconds'],
  [{ mssPackage: { manifestWindowSeconds: 0 } }, 'mssPackage.manifestWindowSeconds'],
  [
    { mssPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [SYSTEM, SYSTEM] }) } } },
    'mssPackage.encryption.spekeKeyProvider.systemIds: must name 1 DRM system, got 2',
  ],
  [
    { mssPackage: { encryption: { spekeKeyProvider: provider(contract('SHARED', 'SHARED')) } } },
    'mssPackage.encryption.spekeKeyProvider.encryptionContractConfiguration',
  ],

  [{ cmafPackage: { segmentDurationSeconds: 31 } }, 'cmafPackage.segmentDurationSeconds'],
  [{ cmafPackage: { segmentPrefix: 'a b' } }, 'cmafPackage.segmentPrefix'],
  [{ cmafPackage: { hlsManifests: [{}] } }, 'cmafPackage.hlsManifests[0].id: is required'],
  [{ cmafPackage: { hlsManifests: [{ id: 'a/b' }] } }, 'cmafPackage.hlsManifests[0].id'],
  [{ cmafPackage: { hlsManifests: [{ id: 'a' }, { id: 'a' }] } }, 'cmafPackage.hlsManifests[1].id: must be unique'],
  [{ cmafPackage: { hlsManifests: [{ id: 'a', manifestName: '.' }] } }, 'cmafPackage.hlsManifests[0].manifestName'],
  [
    { cmafPackage: { hlsManifests: [{ id: 'a' }, { id: 'b', adMarkers: 'DATERANGE' }] } },
    'cmafPackage.hlsManifests[1].programDateTimeIntervalSeconds',
  ],
  [
    { cmafPackage: { hlsManifests: [{ id: 'a', playlistWindowSeconds: 999 }] } },
    'cmafPackage.hlsManifests[0].playlistWindowSeconds',
  ],
  [
    { cmafPackage: { encryption: { encryptionMethod: 'AES_128', spekeKeyProvider: provider() } } },
    'cmafPackage.encryption.encryptionMethod: must be one of AES_CTR, SAMPLE_AES',
  ],
  [
    { cmafPackage: { encryption: { encryptionMethod: 'AES_CTR', spekeKeyProvider: provider() } } },
    'cmafPackage.encryption.encryptionMethod: AES_CTR needs SPEKE 2.0',
  ],
  [
    { cmafPackage: { encryption: { spekeKeyProvider: provider({ systemIds: Array(4).fill(SYSTEM) }) } } },
    'cmafPackage.encryption.spekeKeyProvider.systemIds: must name 1 to 3 DRM systems, got 4',
  ],
]

/** Bodies of CreateHarvestJob, over a sound one: eleven minutes ago, one minute long. */
const HARVEST_JOBS: readonly Row[] = [
  [{ id: 'a b' }, 'id'],
  [{ originEndpointId: 'none' }, 'originEndpointId: there is no origin endpoint with the id "none"'],
  [{ originEndpointId: 'dash' }, 'originEndpointId: DASH endpoints cannot be harvested yet'],
  [{ originEndpointId: 'cmaf' }, 'originEndpointId: must name an HLS endpoint'],
  [{ originEndpointId: 'mss' }, 'originEndpointId: must name an HLS endpoint'],
  [{ originEndpointId: 'no-window' }, 'originEndpointId: no-window has no startover window'],
  [{ startTime: 'yesterday' }, 'startTime: must be a date and time with an offset'],
  [{ startTime: '2026-03-04T11:49:00' }, 'startTime'],
  [{ startTime: '2026-02-30T11:49:00Z' }, 'startTime'],
  [{ startTime: '2026-03-04T11:49.5Z' }, 'startTime'],
  [{ startTime: '' }, 'startTime'],
  [{ startTime: '-5' }, 'startTime'],
  [{ startTime: 1772624940 }, 'startTime: must be a string, got a number'],
  [{ startTime: '1772624940000' }, 'startTime: must be in seconds, 1772624940000 looks like milliseconds'],
  [{ endTime: '1772625000000' }, 'endTime: must be in seconds'],
  [{ endTime: 'now' }, 'endTime'],
  [{ endTime: '2026-03-04T11:49:00Z' }, 'endTime: must be after startTime'],
  [{ endTime: '2026-03-04T11:48:59Z' }, 'endTime: must be after startTime'],
  [{ endTime: '2026-03-04T12:00:01Z' }, 'endTime: must not be in the future'],
  [{ startTime: '2026-03-03T11:49:59Z' }, 'endTime: must be at most 24 hours after startTime'],
  [{ startTime: '2026-03-04T10:49:00Z' }, 'endTime: must be at most the startover window, 3600 s'],
  [{ s3Destination: {} }, 's3Destination.bucketName: is required'],
  [{ bucketName: 'ab' }, 's3Destination.bucketName: must be 3 to 63'],
  [{ bucketName: 'Clips' }, 's3Destination.bucketName'],
  [{ bucketName: 'a_b' }, 's3Destination.bucketName'],
  [{ bucketName: '-clips' }, 's3Destination.bucketName'],
  [{ bucketName: 'x'.repeat(64) }, 's3Destination.bucketName'],
  [{ bucketName: 'a..b' }, 's3Destination.bucketName: must not have "."'],
  [{ bucketName: 'a.-b' }, 's3Destination.bucketName: must not have "."'],
  [{ bucketName: '192.168.0.1' }, 's3Destination.bucketName: must not look like an IP address'],
  [{ bucketName: 'xn--clips' }, 's3Destination.bucketName: begins or ends'],
  [{ bucketName: 'clips-s3alias' }, 's3Destination.bucketName: begins or ends'],
  [{ manifestKey: '' }, 's3Destination.manifestKey'],
  [{ manifestKey: '/a.m3u8' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: 'a//b.m3u8' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: 'a/../b.m3u8' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: './b.m3u8' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: 'a/' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: 'a/b' }, 's3Destination.manifestKey: must be a path that ends in the file name'],
  [{ manifestKey: 'a/.m3u8' }, 's3Destination.manifestKey: must be a path that ends in the file name'],
  [{ manifestKey: 'a/b.mpd' }, 's3Destination.manifestKey: must be a path that ends in the file name'],
  [{ manifestKey: 'a\u0000/b.m3u8' }, 's3Destination.manifestKey: must not contain control characters'],
  [{ manifestKey: 'a\n.m3u8' }, 's3Destination.manifestKey: must not contain control characters'],
  [
    { manifestKey: `${'é'.repeat(510)}.m3u8` },
    's3Destination.manifestKey: must be at most 1024 bytes of UTF-8, got 1025',
  ],
  [
    { manifestKey: 'goals/index_1.m3u8' },
    's3Destination.manifestKey: index_1.m3u8 is the name of one of the manifests',
  ],
  [{ manifestKey: 'goals/index_4_0.m3u8' }, 's3Destination.manifestKey: index_4_0.m3u8 is the name'],
  [{ roleArn: 'harvest' }, 's3Destination.roleArn: must be the ARN of an IAM role'],
]

/** Requests of the other operations. */
const OTHERS: readonly (readonly [method: string, path: string, body: object, refused: string])[] = [
  ['PUT', '/channels/main', { description: 'x'.repeat(1025) }, 'description'],
  ['PUT', '/channels/main/configure_logs', { egressAccessLogs: 'on' }, 'egressAccessLogs: must be an object'],
  [
    'PUT',
    '/channels/main/configure_logs',
    { ingressAccessLogs: { logGroupName: '/aws/other' } },
    'ingressAccessLogs.logGroupName: must be /aws/MediaPackage/',
  ],
  [
    'PUT',
    '/channels/main/configure_logs',
    { egressAccessLogs: { logGroupName: `/aws/MediaPackage/${'x'.repeat(239)}` } },
    'egressAccessLogs.logGroupName',
  ],
  ['DELETE', '/channels/main', {}, 'id: the channel "main" has origin endpoints'],
  ['PUT', '/origin_endpoints/hls', { hlsPackage: { segmentDurationSeconds: 0 } }, 'hlsPackage.segmentDurationSeconds'],
  [
    'PUT',
    '/origin_endpoints/hls',
    { cmafPackage: {} },
    'cmafPackage: the package type cannot be changed from hlsPackage',
  ],
  ['PUT', '/origin_endpoints/hls', { whitelist: ['x'] }, 'whitelist[0]'],
  ['POST', '/tags/channels', { tags: {} }, 'resourceArn: must be the ARN of a channel or origin endpoint'],
  [
    'POST',
    `/tags/${encodeURIComponent(`arn:aws:mediapackage:${REGION}:${ACCOUNT_ID}:harvest_jobs/x`)}`,
    { tags: {} },
    'resourceArn: harvest jobs have no tags',
  ],
  ['POST', '/tags/arn', {}, 'tags: is required'],
  ['DELETE', '/tags/arn', {}, 'tagKeys: is required'],
  ['GET', '/channels?maxResults=0', {}, 'maxResults: must be between 1 and 1000, got 0'],
  ['GET', '/channels?maxResults=1001', {}, 'maxResults'],
  ['GET', '/channels?maxResults=ten', {}, 'maxResults: must be a whole number'],
  ['GET', '/channels?maxResults=1&maxResults=2', {}, 'maxResults: must be given once only'],
  ['GET', '/channels?nextToken=abc', {}, 'nextToken'],
  ['GET', '/channels?nextToken=', {}, 'nextToken'],
  ['GET', '/harvest_jobs?includeStatus=DONE', {}, 'includeStatus: must be one of FAILED, IN_PROGRESS, SUCCEEDED'],
]

describe('what breaks a rule is refused with its JSON path', () => {
  let control: ControlUnderTest

  async function answerTo(method: string, target: string, body: object) {
    const [path = '', search = ''] = target.split('?')
    const query: Record<string, string[]> = {}
    for (const [name, value] of new URLSearchParams(search)) query[name] = [...(query[name] ?? []), value]
    const sent = method.startsWith('P') ? { body: JSON.stringify(body) } : {}
    return await call(control.endpoint, { method, path, query, ...sent }, new Date(NOW))
  }

  async function refused(method: string, target: string, body: object, rule: string | RegExp) {
    const answer = await answerTo(method, target, body)
    assert.equal(answer.status, 422, answer.text)
    assert.equal(answer.errorType, 'UnprocessableEntityException')
    const { message } = answer.json as { message: string }
    if (typeof rule === 'string') assert.ok(message.startsWith(rule.includes(':') ? rule : `${rule}: `), message)
    else assert.match(message, rule)
  }

  async function made(path: string, body: object) {
    const answer = await answerTo('POST', path, body)
    assert.equal(answer.status, 200, answer.text)
  }

  before(async () => {
    control = await startControl({ now: () => NOW })
    await made('/channels', { id: 'main' })
    const packages = { dash: 'dashPackage', cmaf: 'cmafPackage', mss: 'mssPackage', hls: 'hlsPackage' }
    for (const [id, type] of Object.entries(packages)) {
      await made('/origin_endpoints', { id, channelId: 'main', startoverWindowSeconds: 3600, [type]: {} })
    }
    await made('/origin_endpoints', { id: 'no-window', channelId: 'main', hlsPackage: {} })
    const encryption = { spekeKeyProvider: provider({ resourceId: 'taken' }) }
    await made('/origin_endpoints', { id: 'encrypted', channelId: 'main', mssPackage: { encryption } })
  })
  after(() => control.close())

  for (const [body, rule] of CHANNELS) {
    it(`CreateChannel: ${rule}`, () => refused('POST', '/channels', body, rule))
  }
  for (const [body, rule] of ENDPOINTS) {
    it(`CreateOriginEndpoint: ${rule}`, () =>
      refused('POST', '/origin_endpoints', { id: 'new', channelId: 'main', ...body }, rule))
  }
  for (const [change, rule] of HARVEST_JOBS) {
    it(`CreateHarvestJob: ${rule} (${JSON.stringify(change).slice(0, 60)})`, () => {
      const destination = { bucketName: 'clips', manifestKey: 'goals/1.m3u8', roleArn: ROLE }
      const inDestination = Object.keys(change).some((name) => name in destination)
      const sound = {
        id: 'goal',
        originEndpointId: 'hls',
        startTime: '2026-03-04T11:49:00Z',
        endTime: '2026-03-04T11:50:00Z',
        s3Destination: inDestination ? { ...destination, ...change } : destination,
      }
      return refused('POST', '/harvest_jobs', inDestination ? sound : { ...sound, ...change }, rule)
    })
  }
  for (const [method, target, body, rule] of OTHERS) {
    it(`${method} ${target}: ${rule}`, () => refused(method, target, body, rule))
  }

  it('and has changed nothing', async () => {
    const { json } = await answerTo('GET', '/origin_endpoints', {})
    const ids = (json as { originEndpoints: { id: string }[] }).originEndpoints.map(({ id }) => id)
    assert.deepEqual(ids, ['dash', 'cmaf', 'mss', 'hls', 'no-window', 'encrypted'])
    assert.deepEqual((await answerTo('GET', '/harvest_jobs', {})).json, { harvestJobs: [] })
    assert.deepEqual(control.created, [])
  })
})

describe('what lies just within a rule is taken', () => {
  let control: ControlUnderTest
  let made = 0

  before(async () => {
    control = await startControl({ now: () => NOW, limits: { maxOriginEndpointsPerChannel: 1000 } })
    await call(control.endpoint, { method: 'POST', path: '/channels', body: '{"id":"main"}' }, new Date(NOW))
  })
  after(() => control.close())

  const rows: readonly object[] = [
    { hlsPackage: { segmentDurationSeconds: 1, playlistWindowSeconds: 300 } },
    { hlsPackage: { segmentDurationSeconds: 30, playlistWindowSeconds: 1 } },
    { hlsPackage: { adMarkers: 'DATERANGE', programDateTimeIntervalSeconds: 1, adTriggers: [] } },
    { hlsPackage: {}, startoverWindowSeconds: 1209600, timeDelaySeconds: 86400 },
    { hlsPackage: {}, startoverWindowSeconds: 6, timeDelaySeconds: 5 },
    { hlsPackage: {}, startoverWindowSeconds: 0, timeDelaySeconds: 5 },
    { hlsPackage: {}, whitelist: ['0.0.0.0/0', '255.255.255.255/32'] },
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ resourceId: 'one' }) } } },
    { dashPackage: { periodTriggers: ['ADS'], utcTiming: 'HTTP-ISO', utcTimingUri: 'https://time.example.com/?iso' } },
    { dashPackage: { segmentTemplateFormat: 'NUMBER_WITH_DURATION' } },
    {
      dashPackage: {
        encryption: {
          keyRotationIntervalSeconds: 0,
          spekeKeyProvider: provider({
            resourceId: 'two',
            ...contract('SHARED', 'SHARED'),
            systemIds: [SYSTEM, SYSTEM],
          }),
        },
      },
    },
    {
      cmafPackage: {
        encryption: {
          encryptionMethod: 'AES_CTR',
          keyRotationIntervalSeconds: 0,
          spekeKeyProvider: provider({ resourceId: 'three', ...contract('UNENCRYPTED', 'PRESET-VIDEO-8') }),
        },
      },
    },
    { mssPackage: {}, tags: { 'Ключ 1': 'a_b.c:d/e=f+g-h@i', ['k'.repeat(128)]: 'v'.repeat(256) } },
    { cmafPackage: {}, manifestName: 'x'.repeat(200) },
  ]
  for (const row of rows) {
    it(JSON.stringify(row).slice(0, 150), async () => {
      const body = JSON.stringify({ id: `endpoint-${made++}`, channelId: 'main', ...row })
      const answer = await call(control.endpoint, { method: 'POST', path: '/origin_endpoints', body }, new Date(NOW))
      assert.equal(answer.status, 200, answer.text)
    })
  }

  for (const [startTime, endTime] of [
    ['2026-03-03T12:00:00Z', '2026-03-04T12:00:00Z'],
    ['2026-03-04T12:58:59.5+01:00', '2026-03-04T11:59:00.25Z'],
    ['2026-03-04T04:58:00-0700', '2026-03-04T11:59Z'],
    ['1772625000', '1772625600.75'],
    ['2020-01-01T00:00:00Z', '2020-01-01T01:00:00Z'],
  ]) {
    it(`harvest from ${startTime} to ${endTime}`, async () => {
      const id = `job-${made++}`
      const endpoint = { id, channelId: 'main', startoverWindowSeconds: 86400, hlsPackage: {} }
      const job = {
        id,
        originEndpointId: id,
        startTime,
        endTime: endTime === '1772625600.75' ? '1772625599.75' : endTime,
        s3Destination: { bucketName: 'a.b-c', manifestKey: 'Tore/übersicht 1/main_2.m3u8', roleArn: ROLE },
      }
      for (const [path, body] of [
        ['/origin_endpoints', endpoint],
        ['/harvest_jobs', job],
      ] as const) {
        const raw = { method: 'POST', path, body: JSON.stringify(body) }
        const answer = await call(control.endpoint, raw, new Date(NOW))
        assert.equal(answer.status, 200, answer.text)
      }
    })
  }
})

describe('a harvest of a source whose clock is ahead', () => {
  it('may end where its archive ends', async (t) => {
    const edge = utcMs(NOW + 30_000)
    const control = await startControl({ now: () => NOW, extent: async () => ({ start: utcMs(NOW), end: edge }) })
    t.after(() => control.close())
    const post = (path: string, body: object) =>
      call(control.endpoint, { method: 'POST', path, body: JSON.stringify(body) }, new Date(NOW))
    await post('/channels', { id: 'main' })
    await post('/origin_endpoints', { id: 'hls', channelId: 'main', startoverWindowSeconds: 600, hlsPackage: {} })
    const job = (id: string, end: number) => ({
      id,
      originEndpointId: 'hls',
      startTime: '2026-03-04T11:59:00Z',
      endTime: new Date(end).toISOString(),
      s3Destination: { bucketName: 'clips', manifestKey: 'a.m3u8', roleArn: ROLE },
    })
    assert.equal((await post('/harvest_jobs', job('within', edge))).status, 200)
    assert.equal((await post('/harvest_jobs', job('beyond', edge + 1))).status, 422)
  })
})

describe('a harvest job', () => {
  it('is forgotten after 90 days, and its id is free again', async (t) => {
    let now = NOW
    const control = await startControl({ now: () => now })
    t.after(() => control.close())
    const send = (method: string, path: string, body?: object) =>
      call(control.endpoint, { method, path, ...(body && { body: JSON.stringify(body) }) }, new Date(now))
    await send('POST', '/channels', { id: 'main' })
    await send('POST', '/origin_endpoints', {
      id: 'hls',
      channelId: 'main',
      startoverWindowSeconds: 600,
      hlsPackage: {},
    })
    const job = () => ({
      id: 'goal',
      originEndpointId: 'hls',
      startTime: String(now / 1000 - 60),
      endTime: String(now / 1000),
      s3Destination: { bucketName: 'clips', manifestKey: 'a.m3u8', roleArn: ROLE },
    })
    assert.equal((await send('POST', '/harvest_jobs', job())).status, 200)
    now += 90 * 86_400_000 - 1000
    assert.equal((await send('POST', '/harvest_jobs', job())).status, 422)
    assert.equal((await send('GET', '/harvest_jobs/goal')).status, 200)
    now += 1000
    assert.equal((await send('GET', '/harvest_jobs/goal')).status, 404)
    assert.deepEqual((await send('GET', '/harvest_jobs')).json, { harvestJobs: [] })
    assert.equal((await send('POST', '/harvest_jobs', job())).status, 200)
  })
})
