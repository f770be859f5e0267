import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ACCOUNT_ID, REGION } from './control-under-test.ts'
import { type Asker, ROLE, type Row, startAsker } from './rules-asker.ts'

/** Of no system that is known: it may be in any package. */
const SYSTEM = '01234567-89ab-4def-8123-456789abcdef'
const [WIDEVINE, PLAYREADY] = ['edef8ba9-79d6-4ace-a3c8-27dcd51d21ed', '9a04f079-9840-4286-ab92-e65be0885f95']
const FAIRPLAY = '94CE86FB-07FF-4F43-ADB8-93D2FA968CA2'
const AES_128 = '81376844-f976-481e-a84e-cc25d39b0b33'
const ARN = 'arn:aws:acm:us-east-1:000000000000:certificate/keys'

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

const KEY_SERVERS = { allowedHosts: new Set(['keys.internal', '10.0.0.7']), certificateArns: new Set([ARN]) }

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
  ...[`eu-west-3:${ACCOUNT_ID}`, `${REGION}:999999999999`].map((place): Row => {
    const cdnIdentifierSecret = `arn:aws:secretsmanager:${place}:secret:cdn`
    return [
      { hlsPackage: {}, authorization: { cdnIdentifierSecret, secretsRoleArn: ROLE } },
      `authorization.cdnIdentifierSecret: must be of the region ${REGION} and the account ${ACCOUNT_ID}, got "${cdnIdentifierSecret}"`,
    ]
  }),

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
  ...[
    [
      'https://127.0.0.1/keys',
      'must not name a host of an internal network, unless the setting speke-allow-hosts names',
    ],
    ['https://0x7f.0.0.1/', 'must not name a host of an internal network'],
    ['https://[::ffff:10.0.0.1]/', 'must not name a host of an internal network'],
    ['https://169.254.169.254/', 'must not name a host of an internal network'],
    ['https://keys.LOCALHOST./', 'must not name a host of an internal network'],
    [
      'http://keys.example.com/',
      'must be an https:// URL without user information, unless the setting speke-allow-hosts',
    ],
    ['ftp://keys.internal/', 'must be an https:// URL without user information, got'],
    ['https://a:b@keys.internal/', 'must be an https:// URL without user information, got'],
  ].map(
    ([url, rule]): Row => [
      { hlsPackage: { encryption: { spekeKeyProvider: provider({ url }) } } },
      `hlsPackage.encryption.spekeKeyProvider.url: ${rule}`,
    ],
  ),
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ certificateArn: `${ARN}-other` }) } } },
    `hlsPackage.encryption.spekeKeyProvider.certificateArn: "${ARN}-other" is not in the setting speke-certificates`,
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [WIDEVINE] }) } } },
    'hlsPackage.encryption.spekeKeyProvider.systemIds[0]: Widevine is not supported in HLS with SPEKE 1.0, which has ' +
      'FairPlay, AES-128',
  ],
  [
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [FAIRPLAY] }) } } },
    'hlsPackage.encryption.spekeKeyProvider.systemIds[0]: FairPlay needs the encryptionMethod SAMPLE_AES',
  ],
  [
    { dashPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [WIDEVINE, FAIRPLAY] }) } } },
    'dashPackage.encryption.spekeKeyProvider.systemIds[1]: FairPlay is not supported in DASH with SPEKE 1.0',
  ],
  [
    { mssPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [WIDEVINE] }) } } },
    'mssPackage.encryption.spekeKeyProvider.systemIds[0]: Widevine is not supported in Smooth Streaming with SPEKE 1.0',
  ],
  [
    { cmafPackage: { encryption: { spekeKeyProvider: provider({ systemIds: [PLAYREADY] }) } } },
    'cmafPackage.encryption.spekeKeyProvider.systemIds[0]: PlayReady is not supported in CMAF with SPEKE 1.0',
  ],
  [
    {
      cmafPackage: {
        encryption: { spekeKeyProvider: provider({ systemIds: [AES_128], ...contract('SHARED', 'SHARED') }) },
      },
    },
    'cmafPackage.encryption.spekeKeyProvider.systemIds[0]: AES-128 is not supported in CMAF with SPEKE 2.0',
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
    'hlsPackage.encryption.spekeKeyProvider.encryptionContractConfiguration: SPEKE 2.0 is supported in',
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
  [
    { dashPackage: { utcTimingUri: 'https://time.example.com' } },
    'dashPackage.utcTimingUri: requires a utcTiming other',
  ],
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
    {
      dashPackage: {
        encryption: {
          keyRotationIntervalSeconds: 60,
          spekeKeyProvider: provider(contract('PRESET-AUDIO-1', 'PRESET-VIDEO-1')),
        },
      },
    },
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

describe('what breaks a rule of origin endpoints is refused with its path', () => {
  let asker: Asker

  before(async () => {
    asker = await startAsker({ limits: { keyServers: KEY_SERVERS } })
    await asker.made('/channels', { id: 'main' })
    const encryption = { spekeKeyProvider: provider({ resourceId: 'taken' }) }
    await asker.made('/origin_endpoints', { id: 'encrypted', channelId: 'main', mssPackage: { encryption } })
  })
  after(() => asker.control.close())

  for (const [body, rule] of ENDPOINTS) {
    it(`CreateOriginEndpoint: ${rule}`, () =>
      asker.refused('POST', '/origin_endpoints', { id: 'new', channelId: 'main', ...body }, rule))
  }

  it('and has changed nothing', async () => {
    const { json } = await asker.ask('GET', '/origin_endpoints')
    const ids = (json as { originEndpoints: { id: string }[] }).originEndpoints.map(({ id }) => id)
    assert.deepEqual(ids, ['encrypted'])
  })
})

describe('what lies just within the rules of origin endpoints is taken', () => {
  let asker: Asker

  before(async () => {
    asker = await startAsker({ limits: { maxOriginEndpointsPerChannel: 1000, keyServers: KEY_SERVERS } })
    await asker.made('/channels', { id: 'main' })
  })
  after(() => asker.control.close())

  const rows: readonly object[] = [
    { hlsPackage: { segmentDurationSeconds: 1, playlistWindowSeconds: 300 } },
    { hlsPackage: { segmentDurationSeconds: 30, playlistWindowSeconds: 1 } },
    { hlsPackage: { adMarkers: 'DATERANGE', programDateTimeIntervalSeconds: 1, adTriggers: [] } },
    { hlsPackage: {}, startoverWindowSeconds: 1209600, timeDelaySeconds: 86400 },
    { hlsPackage: {}, startoverWindowSeconds: 6, timeDelaySeconds: 5 },
    { hlsPackage: {}, startoverWindowSeconds: 0, timeDelaySeconds: 5 },
    { hlsPackage: {}, whitelist: ['0.0.0.0/0', '255.255.255.255/32'] },
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ resourceId: 'one' }) } } },
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ resourceId: '3', url: 'http://10.0.0.7:80/a?b' }) } } },
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ resourceId: '4', url: 'http://Keys.Internal/' }) } } },
    { hlsPackage: { encryption: { spekeKeyProvider: provider({ resourceId: '5', certificateArn: ARN }) } } },
    {
      hlsPackage: {
        encryption: {
          encryptionMethod: 'SAMPLE_AES',
          spekeKeyProvider: provider({ resourceId: '6', systemIds: [FAIRPLAY] }),
        },
      },
    },
    {
      dashPackage: {
        encryption: { spekeKeyProvider: provider({ resourceId: '7', systemIds: [WIDEVINE, PLAYREADY] }) },
      },
    },
    { mssPackage: { encryption: { spekeKeyProvider: provider({ resourceId: '8', systemIds: [PLAYREADY] }) } } },
    {
      cmafPackage: {
        encryption: {
          spekeKeyProvider: provider({
            resourceId: '9',
            systemIds: [WIDEVINE, PLAYREADY, FAIRPLAY],
            ...contract('SHARED', 'SHARED'),
          }),
        },
      },
    },
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
  for (const [n, row] of rows.entries()) {
    it(JSON.stringify(row).slice(0, 150), async () => {
      await asker.made('/origin_endpoints', { id: `endpoint-${n}`, channelId: 'main', ...row })
    })
  }
})
