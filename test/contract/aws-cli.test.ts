import assert from 'node:assert/strict'
import type {
  Channel,
  HarvestJob,
  ListChannelsResponse,
  ListHarvestJobsResponse,
  ListOriginEndpointsResponse,
  OriginEndpoint,
} from '@aws-sdk/client-mediapackage'
import { needing } from '../programs.ts'
import { AwsCli, runAwsProgram } from './aws-cli.ts'
import { ACCOUNT_ID, type ControlUnderTest, REGION, startControl } from './control-under-test.ts'
import { troubled } from './troubled-resources.ts'

const { after, before, describe, it } = needing('aws')

const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/harvest`

describe('the AWS CLI', () => {
  let control: ControlUnderTest
  let cli: AwsCli

  const asked = (command: readonly string[]) => {
    return ['--endpoint-url', control.endpoint, '--output', 'json', 'mediapackage', ...command]
  }

  /** What the command prints, an empty object when it prints nothing. */
  async function aws<Printed>(...command: string[]): Promise<Printed> {
    return JSON.parse((await cli.run(asked(command))) || '{}')
  }

  async function fails(exception: string, ...command: string[]): Promise<void> {
    await assert.rejects(aws(...command), new RegExp(`An error occurred \\(${exception}\\) when calling the`))
  }

  before(async () => {
    control = await startControl({ trouble: troubled, limits: { maxChannels: 2 } })
    cli = new AwsCli()
  })
  after(() => {
    cli.stop()
    return control.close()
  })

  it('creates, describes, updates, rotates and logs channels, and lists them page by page', async () => {
    const made = await aws<Channel>('create-channel', '--id', 'cli', '--description', 'née', '--tags', 'team=news')
    assert.deepEqual(await aws('describe-channel', '--id', 'cli'), made)
    const updated = await aws<Channel>('update-channel', '--id', 'cli', '--description', 'new')
    assert.equal(updated.Description, 'new')
    const logged = await aws<Channel>('configure-logs', '--id', 'cli', '--egress-access-logs', '{}')
    assert.deepEqual(logged.EgressAccessLogs, { LogGroupName: '/aws/MediaPackage/EgressAccessLogs' })
    const [first, second] = made.HlsIngest?.IngestEndpoints ?? []
    const rotate = ['rotate-ingest-endpoint-credentials', '--id', 'cli', '--ingest-endpoint-id', second?.Id ?? '']
    const once = (await aws<Channel>(...rotate)).HlsIngest?.IngestEndpoints ?? []
    assert.deepEqual(once[0], first)
    assert.notEqual(once[1]?.Password, second?.Password)
    const twice = (await aws<Channel>('rotate-channel-credentials', '--id', 'cli')).HlsIngest?.IngestEndpoints ?? []
    assert.notEqual(twice[0]?.Password, first?.Password)
    assert.deepEqual(twice[1], once[1])
    await aws('create-channel', '--id', 'cli-2')
    const all = await aws<ListChannelsResponse>('list-channels', '--page-size', '1')
    assert.deepEqual(
      all.Channels?.map(({ Id }) => Id),
      ['cli', 'cli-2'],
    )
  })

  it('prints the same when its program is started by itself', async () => {
    const list = ['list-channels', '--page-size', '1']
    assert.deepEqual(JSON.parse(await runAwsProgram(asked(list))), await aws<ListChannelsResponse>(...list))
  })

  it('creates, describes, updates and lists origin endpoints, and tags them', async () => {
    const settings = ['--startover-window-seconds', '600', '--hls-package', '{"SegmentDurationSeconds":4}']
    const create = ['create-origin-endpoint', '--channel-id', 'cli', '--id', 'cli-hls']
    const made = await aws<OriginEndpoint>(...create, ...settings)
    assert.equal(made.HlsPackage?.SegmentDurationSeconds, 4)
    assert.deepEqual(await aws('describe-origin-endpoint', '--id', 'cli-hls'), made)
    const update = ['update-origin-endpoint', '--id', 'cli-hls', '--startover-window-seconds', '900']
    const updated = await aws<OriginEndpoint>(...update)
    assert.equal(updated.StartoverWindowSeconds, 900)
    const list = ['list-origin-endpoints', '--channel-id', 'cli', '--page-size', '1']
    assert.deepEqual((await aws<ListOriginEndpointsResponse>(...list)).OriginEndpoints, [updated])
    const resource = ['--resource-arn', made.Arn ?? '']
    assert.deepEqual(await aws('tag-resource', ...resource, '--tags', 'a=b c,d=é'), {})
    assert.deepEqual(await aws('list-tags-for-resource', ...resource), { Tags: { a: 'b c', d: 'é' } })
    assert.deepEqual(await aws('untag-resource', ...resource, '--tag-keys', 'a', 'd'), {})
    assert.deepEqual(await aws('list-tags-for-resource', ...resource), { Tags: {} })
  })

  it('creates, describes and lists harvest jobs', async () => {
    const now = Math.floor(Date.now() / 1000)
    const create = ['create-harvest-job', '--id', 'cli-goal', '--origin-endpoint-id', 'cli-hls']
    const times = ['--start-time', String(now - 60), '--end-time', String(now)]
    const destination = ['--s3-destination', `BucketName=clips,ManifestKey=a/index.m3u8,RoleArn=${ROLE}`]
    const made = await aws<HarvestJob>(...create, ...times, ...destination)
    assert.equal(made.Status, 'IN_PROGRESS')
    assert.deepEqual(await aws('describe-harvest-job', '--id', 'cli-goal'), made)
    const list = ['list-harvest-jobs', '--include-status', 'IN_PROGRESS', '--page-size', '1']
    assert.deepEqual((await aws<ListHarvestJobsResponse>(...list)).HarvestJobs, [made])
  })

  it('meets each exception by its name', async () => {
    const stranger = `arn:aws:mediapackage:${REGION}:999999999999:channels/${'0'.repeat(32)}`
    await Promise.all([
      fails('ForbiddenException', 'list-tags-for-resource', '--resource-arn', stranger),
      fails('InternalServerErrorException', 'describe-channel', '--id', 'fails'),
      fails('NotFoundException', 'describe-channel', '--id', 'none'),
      fails('ServiceUnavailableException', 'update-channel', '--id', 'cli', '--description', 'busy'),
      fails('TooManyRequestsException', 'create-channel', '--id', 'cli-3'),
      fails('UnprocessableEntityException', 'delete-channel', '--id', 'cli'),
    ])
  })

  it('deletes everything', async () => {
    await aws('delete-origin-endpoint', '--id', 'cli-hls')
    await Promise.all(['cli', 'cli-2'].map((id) => aws('delete-channel', '--id', id)))
    assert.deepEqual(await aws('list-channels'), { Channels: [] })
    assert.deepEqual(await aws('list-origin-endpoints'), { OriginEndpoints: [] })
  })
})
