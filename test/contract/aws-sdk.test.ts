import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Channel,
  type MediaPackage,
  NotFoundException,
  paginateListHarvestJobs,
  paginateListOriginEndpoints,
  UnprocessableEntityException,
} from '@aws-sdk/client-mediapackage'
import { ACCOUNT_ID, type ControlUnderTest, REGION, startControl } from './control-under-test.ts'
import { clientOf, collected } from './sdk-client.ts'

const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/harvest`

const isBetween = (from: number, time: string | undefined, to: number) =>
  Date.parse(time ?? '') >= from && Date.parse(time ?? '') <= to

describe('the JavaScript SDK', () => {
  let control: ControlUnderTest
  let client: MediaPackage

  before(async () => {
    control = await startControl()
    client = clientOf(control)
  })
  after(() => control.close())

  it('creates, describes, updates and deletes a channel', async () => {
    const asked = Date.now()
    const created = await client.createChannel({ Id: 'newsroom', Description: 'née à Köln', Tags: { team: 'news' } })
    assert.equal(created.$metadata.httpStatusCode, 200)
    assert.match(created.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
    assert.match(created.Arn ?? '', new RegExp(`^arn:aws:mediapackage:${REGION}:${ACCOUNT_ID}:channels/[0-9a-f]{32}$`))
    assert.ok(isBetween(asked, created.CreatedAt, Date.now()))
    const guid = created.Arn?.split('/')[1]
    const [first, second] = created.HlsIngest?.IngestEndpoints ?? []
    assert.equal(first?.Id, guid)
    assert.notEqual(second?.Id, guid)
    for (const ingest of [first, second]) {
      assert.equal(ingest?.Url, `https://live.example.com/in/v2/${guid}/${ingest?.Id}/channel`)
      assert.match(ingest?.Username ?? '', /^[0-9a-f]{32}$/)
      assert.match(ingest?.Password ?? '', /^[0-9a-f]{32}$/)
    }
    assert.ok(!('EgressAccessLogs' in created), 'absent members are left out')

    const { $metadata: _, ...described } = await client.describeChannel({ Id: 'newsroom' })
    const { $metadata: __, ...expected } = created
    assert.deepEqual(described, expected)

    const updated = await client.updateChannel({ Id: 'newsroom', Description: 'evening' })
    assert.equal(updated.Description, 'evening')
    assert.deepEqual(updated.Tags, { team: 'news' })

    const deleted = await client.deleteChannel({ Id: 'newsroom' })
    assert.equal(deleted.$metadata.httpStatusCode, 202)
    await assert.rejects(client.describeChannel({ Id: 'newsroom' }), NotFoundException)
  })

  it('rotates exactly one pair of credentials', async () => {
    const ingestOf = (channel: Channel) => channel.HlsIngest?.IngestEndpoints ?? []
    const before = ingestOf(await client.createChannel({ Id: 'rotating' }))
    const second = before[1]?.Id
    const once = ingestOf(await client.rotateIngestEndpointCredentials({ Id: 'rotating', IngestEndpointId: second }))
    assert.deepEqual(once[0], before[0])
    assert.notEqual(once[1]?.Username, before[1]?.Username)
    assert.notEqual(once[1]?.Password, before[1]?.Password)
    assert.equal(once[1]?.Url, before[1]?.Url)
    const twice = ingestOf(await client.rotateChannelCredentials({ Id: 'rotating' }))
    assert.notEqual(twice[0]?.Password, once[0]?.Password)
    assert.deepEqual(twice[1], once[1])
    assert.deepEqual(ingestOf(await client.describeChannel({ Id: 'rotating' })), twice)
    await assert.rejects(
      client.rotateIngestEndpointCredentials({ Id: 'rotating', IngestEndpointId: '0'.repeat(32) }),
      NotFoundException,
    )
  })

  it('replaces the logs with each ConfigureLogs', async () => {
    await client.createChannel({ Id: 'logged' })
    const both = await client.configureLogs({
      Id: 'logged',
      EgressAccessLogs: {},
      IngressAccessLogs: { LogGroupName: '/aws/MediaPackage/mine' },
    })
    assert.equal(both.EgressAccessLogs?.LogGroupName, '/aws/MediaPackage/EgressAccessLogs')
    assert.equal(both.IngressAccessLogs?.LogGroupName, '/aws/MediaPackage/mine')
    const one = await client.configureLogs({ Id: 'logged', IngressAccessLogs: {} })
    assert.ok(!('EgressAccessLogs' in one))
    assert.equal(one.IngressAccessLogs?.LogGroupName, '/aws/MediaPackage/IngressAccessLogs')
    const none = await client.configureLogs({ Id: 'logged' })
    assert.ok(!('IngressAccessLogs' in none))
  })

  it('gives each kind of package its defaults and its URL', async () => {
    await client.createChannel({ Id: 'sports' })
    const hls = await client.createOriginEndpoint({ ChannelId: 'sports', Id: 'sports-hls', HlsPackage: {} })
    const guid = hls.Arn?.split('/')[1]
    assert.match(hls.Arn ?? '', /:origin_endpoints\/[0-9a-f]{32}$/)
    assert.equal(hls.Url, `https://live.example.com/out/v1/${guid}/index.m3u8`)
    const { $metadata: _, Arn: __, CreatedAt: ___, Url: ____, ...settings } = hls
    const streamSelection = {
      MaxVideoBitsPerSecond: 2147483647,
      MinVideoBitsPerSecond: 0,
      StreamOrder: 'ORIGINAL',
    }
    const adTriggers = [
      'SPLICE_INSERT',
      'PROVIDER_ADVERTISEMENT',
      'DISTRIBUTOR_ADVERTISEMENT',
      'PROVIDER_PLACEMENT_OPPORTUNITY',
      'DISTRIBUTOR_PLACEMENT_OPPORTUNITY',
    ]
    assert.deepEqual(settings, {
      ChannelId: 'sports',
      Id: 'sports-hls',
      ManifestName: 'index',
      Origination: 'ALLOW',
      StartoverWindowSeconds: 0,
      TimeDelaySeconds: 0,
      Tags: {},
      Whitelist: [],
      HlsPackage: {
        AdMarkers: 'NONE',
        AdTriggers: adTriggers,
        AdsOnDeliveryRestrictions: 'RESTRICTED',
        IncludeDvbSubtitles: false,
        IncludeIframeOnlyStream: false,
        PlaylistType: 'NONE',
        PlaylistWindowSeconds: 60,
        ProgramDateTimeIntervalSeconds: 0,
        SegmentDurationSeconds: 6,
        StreamSelection: streamSelection,
        UseAudioRenditionGroup: false,
      },
    })

    const dash = await client.createOriginEndpoint({ ChannelId: 'sports', Id: 'sports-dash', DashPackage: {} })
    assert.match(dash.Url ?? '', /\/out\/v1\/[0-9a-f]{32}\/index\.mpd$/)
    assert.deepEqual(dash.DashPackage, {
      AdTriggers: adTriggers,
      AdsOnDeliveryRestrictions: 'RESTRICTED',
      IncludeIframeOnlyStream: false,
      ManifestLayout: 'FULL',
      ManifestWindowSeconds: 60,
      MinBufferTimeSeconds: 30,
      MinUpdatePeriodSeconds: 15,
      PeriodTriggers: [],
      Profile: 'NONE',
      SegmentDurationSeconds: 2,
      SegmentTemplateFormat: 'NUMBER_WITH_TIMELINE',
      StreamSelection: streamSelection,
      SuggestedPresentationDelaySeconds: 25,
      UtcTiming: 'NONE',
    })

    const mss = await client.createOriginEndpoint({ ChannelId: 'sports', Id: 'sports-mss', MssPackage: {} })
    assert.match(mss.Url ?? '', /\/index\.ism\/Manifest$/)
    assert.deepEqual(mss.MssPackage, {
      ManifestWindowSeconds: 60,
      SegmentDurationSeconds: 2,
      StreamSelection: streamSelection,
    })

    const cmaf = await client.createOriginEndpoint({
      ChannelId: 'sports',
      Id: 'sports-cmaf',
      CmafPackage: { HlsManifests: [{ Id: 'tv' }, { Id: 'phone', ManifestName: 'small' }] },
    })
    assert.equal(cmaf.Url, '')
    assert.equal(cmaf.CmafPackage?.SegmentPrefix, 'sports')
    assert.equal(cmaf.CmafPackage?.SegmentDurationSeconds, 2)
    const base = `https://live.example.com/out/v1/${cmaf.Arn?.split('/')[1]}`
    const urls = cmaf.CmafPackage?.HlsManifests?.map((manifest) => manifest.Url)
    assert.deepEqual(urls, [`${base}/tv/index.m3u8`, `${base}/phone/small.m3u8`])

    await assert.rejects(client.deleteChannel({ Id: 'sports' }), UnprocessableEntityException)
    for (const { OriginEndpoints } of await collected(
      paginateListOriginEndpoints({ client }, { ChannelId: 'sports' }),
    )) {
      for (const { Id } of OriginEndpoints ?? []) {
        const { $metadata } = await client.deleteOriginEndpoint({ Id })
        assert.equal($metadata.httpStatusCode, 202)
      }
    }
    await client.deleteChannel({ Id: 'sports' })
  })

  it('replaces an origin endpoint with each update, all but what cannot change', async () => {
    await client.createChannel({ Id: 'replaced' })
    const created = await client.createOriginEndpoint({
      ChannelId: 'replaced',
      Id: 'replaced-hls',
      Description: 'first',
      ManifestName: 'main',
      StartoverWindowSeconds: 3600,
      Whitelist: ['192.0.2.0/24'],
      Tags: { team: 'sports' },
      HlsPackage: { SegmentDurationSeconds: 4, PlaylistWindowSeconds: 30 },
    })
    const updated = await client.updateOriginEndpoint({ Id: 'replaced-hls', TimeDelaySeconds: 10 })
    assert.equal(updated.Arn, created.Arn)
    assert.equal(updated.CreatedAt, created.CreatedAt)
    assert.deepEqual(updated.Tags, { team: 'sports' })
    assert.equal(updated.TimeDelaySeconds, 10)
    assert.equal(updated.StartoverWindowSeconds, 0)
    assert.equal(updated.ManifestName, 'index')
    assert.deepEqual(updated.Whitelist, [])
    assert.equal(updated.HlsPackage?.SegmentDurationSeconds, 6)
    assert.ok(!('Description' in updated))
    const { $metadata: _, ...described } = await client.describeOriginEndpoint({ Id: 'replaced-hls' })
    const { $metadata: __, ...expected } = updated
    assert.deepEqual(described, expected)
    await assert.rejects(
      client.updateOriginEndpoint({ Id: 'replaced-hls', DashPackage: {} }),
      /dashPackage: the package type cannot be changed from hlsPackage/,
    )
  })

  it('keeps the ids of CMAF manifests and a frozen DASH template through updates', async () => {
    await client.createChannel({ Id: 'kept' })
    await client.createOriginEndpoint({
      ChannelId: 'kept',
      Id: 'kept-cmaf',
      CmafPackage: { HlsManifests: [{ Id: 'tv', PlaylistWindowSeconds: 120 }] },
    })
    const cmaf = await client.updateOriginEndpoint({ Id: 'kept-cmaf', TimeDelaySeconds: 0 })
    assert.deepEqual(
      cmaf.CmafPackage?.HlsManifests?.map(({ Id, PlaylistWindowSeconds }) => [Id, PlaylistWindowSeconds]),
      [['tv', 60]],
    )
    await client.createOriginEndpoint({
      ChannelId: 'kept',
      Id: 'kept-dash',
      DashPackage: { SegmentTemplateFormat: 'NUMBER_WITH_DURATION', SegmentDurationSeconds: 5 },
    })
    const dash = await client.updateOriginEndpoint({ Id: 'kept-dash', Description: 'same' })
    assert.equal(dash.DashPackage?.SegmentTemplateFormat, 'NUMBER_WITH_DURATION')
    assert.equal(dash.DashPackage?.SegmentDurationSeconds, 5)
    await assert.rejects(
      client.updateOriginEndpoint({ Id: 'kept-dash', DashPackage: { SegmentDurationSeconds: 6 } }),
      /dashPackage\.segmentDurationSeconds: cannot be changed/,
    )
    await assert.rejects(
      client.updateOriginEndpoint({
        Id: 'kept-dash',
        DashPackage: { SegmentTemplateFormat: 'NUMBER_WITH_TIMELINE', SegmentDurationSeconds: 5 },
      }),
      /dashPackage\.segmentTemplateFormat: cannot be changed/,
    )
    await client.createOriginEndpoint({ ChannelId: 'kept', Id: 'kept-dash-2', DashPackage: {} })
    await assert.rejects(
      client.updateOriginEndpoint({
        Id: 'kept-dash-2',
        DashPackage: { SegmentTemplateFormat: 'NUMBER_WITH_DURATION' },
      }),
      /dashPackage\.segmentTemplateFormat: .* only be chosen when/,
    )
  })

  it('tags and untags channels and origin endpoints by ARN', async () => {
    const { Arn: channel } = await client.createChannel({ Id: 'tagged', Tags: { kept: 'a b' } })
    const endpoint = await client.createOriginEndpoint({ ChannelId: 'tagged', Id: 'tagged-hls', HlsPackage: {} })
    for (const ResourceArn of [channel, endpoint.Arn]) {
      const tagged = await client.tagResource({ ResourceArn, Tags: { 'cost:centre': 'é/1', other: '', kept: 'c' } })
      assert.equal(tagged.$metadata.httpStatusCode, 204)
      const { Tags } = await client.listTagsForResource({ ResourceArn })
      assert.deepEqual(Tags, { 'cost:centre': 'é/1', other: '', kept: 'c' })
      await client.untagResource({ ResourceArn, TagKeys: ['cost:centre', 'other', 'never there'] })
      assert.deepEqual((await client.listTagsForResource({ ResourceArn })).Tags, { kept: 'c' })
    }
    assert.deepEqual((await client.describeChannel({ Id: 'tagged' })).Tags, { kept: 'c' })
  })

  it('creates, describes and lists harvest jobs', async () => {
    await client.createChannel({ Id: 'match' })
    await client.createOriginEndpoint({
      ChannelId: 'match',
      Id: 'match-hls',
      StartoverWindowSeconds: 3600,
      HlsPackage: {},
    })
    const S3Destination = { BucketName: 'clips', ManifestKey: 'goals/1/index.m3u8', RoleArn: ROLE }
    const EndTime = String(Math.floor(Date.now() / 1000) - 10)
    const StartTime = new Date(Date.now() - 60_000).toISOString()
    const asked = Date.now()
    const created = await client.createHarvestJob({
      Id: 'goal-1',
      OriginEndpointId: 'match-hls',
      StartTime,
      EndTime,
      S3Destination,
    })
    const { $metadata: _, CreatedAt, ...job } = created
    assert.ok(isBetween(asked, CreatedAt, Date.now()))
    assert.deepEqual(job, {
      Arn: `arn:aws:mediapackage:${REGION}:${ACCOUNT_ID}:harvest_jobs/goal-1`,
      ChannelId: 'match',
      EndTime,
      Id: 'goal-1',
      OriginEndpointId: 'match-hls',
      S3Destination,
      StartTime,
      Status: 'IN_PROGRESS',
    })
    assert.equal(control.created.at(-1), 'goal-1')
    const kept = await control.resources.harvestJobById('goal-1')
    assert.equal(kept?.start, Date.parse(StartTime))
    assert.equal(kept.end, Number(EndTime) * 1000)
    assert.equal(kept.endpoint.id, 'match-hls')

    const { $metadata: __, ...described } = await client.describeHarvestJob({ Id: 'goal-1' })
    assert.deepEqual(described, { ...job, CreatedAt })
    const ids = async (filter: { IncludeChannelId?: string; IncludeStatus?: string }) =>
      (await collected(paginateListHarvestJobs({ client }, filter))).flatMap((page) =>
        page.HarvestJobs?.map(({ Id }) => Id),
      )
    assert.deepEqual(await ids({}), ['goal-1'])
    assert.deepEqual(await ids({ IncludeChannelId: 'match', IncludeStatus: 'IN_PROGRESS' }), ['goal-1'])
    assert.deepEqual(await ids({ IncludeChannelId: 'rotating' }), [])
    assert.deepEqual(await ids({ IncludeStatus: 'FAILED' }), [])
    await assert.rejects(client.describeHarvestJob({ Id: 'goal-2' }), NotFoundException)
  })
})
