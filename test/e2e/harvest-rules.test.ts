import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import {
  CreateOriginEndpointCommand,
  type CreateOriginEndpointCommandInput,
  type MediaPackageClient,
} from '@aws-sdk/client-mediapackage'
import { apiOf, createChannel, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { run } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { openS3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing, programPath } from '../programs.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { type S3Server, startSwift } from '../servers/swift.ts'
import { askForHarvest, harvestEnd } from './harvest-faults.ts'

const { after, before, it } = needing('boto3', 'ffmpeg', 'swift')

const SCRIPT = fileURLToPath(new URL('boto3_harvest_rules.py', import.meta.url))
const SECONDS_OF_PROGRAMME = 60
/** Between the end of the content and now: a window in between has none. */
const SINCE_MS = 60_000
/** In seconds. */
const STARTOVER = 30

let swift: S3Server
let windrow: Windrow
before(async () => {
  swift = await startSwift()
  await openS3(swift).makeBucket('clips')
  windrow = await Windrow.start({
    environment: {
      ...harvestsTo(swift),
      WINDROW_MAX_HARVEST_JOBS: '3',
    },
  })
})
after(async () => {
  await windrow?.stop()
  await swift?.stop()
})

/** Endpoints of a channel with content that is over, of one without, and of one that is on air. */
async function createEndpoints(client: MediaPackageClient): Promise<void> {
  const create = (ChannelId: string, Id: string, more: Partial<CreateOriginEndpointCommandInput>) =>
    client.send(
      new CreateOriginEndpointCommand({
        ChannelId,
        Id,
        StartoverWindowSeconds: STARTOVER,
        ...('CmafPackage' in more ? {} : { HlsPackage: { SegmentDurationSeconds: 1 } }),
        ...more,
      }),
    )
  await create('tv', 'hls', {})
  await create('tv', 'wide', { StartoverWindowSeconds: 14 * 86_400 })
  await create('tv', 'no-window', { StartoverWindowSeconds: 0 })
  await create('tv', 'no-manifest', { CmafPackage: {} })
  await create('off', 'silent', {})
  await create('live', 'on-air', {})
}

it('what breaks a rule of harvest jobs is told its rule, and a window that works, as boto3 hears it', async (test) => {
  const client = mediaPackage(windrow)
  const ingest = await createChannel(client, 'tv')
  await createChannel(client, 'off')
  const onAir = await createChannel(client, 'live')
  await createEndpoints(client)
  const begin = Date.now() - SINCE_MS - SECONDS_OF_PROGRAMME * 1000
  const loop = await encodeLoop()
  const pusher = new Pusher(ingest, loop, begin)
  await pusher.pushParent()
  while (pusher.published < SECONDS_OF_PROGRAMME) await pusher.pushNext()
  await pusher.end()
  // Its jobs wait for the live edge.
  const live = new Pusher(onAir, loop, begin + SECONDS_OF_PROGRAMME * 1000 - 15_000)
  await live.pushParent()
  for (let count = 0; count < 10; count++) await live.pushNext()
  const edges = [0, SECONDS_OF_PROGRAMME].map((number) => `${pusher.dateOf(number) / 1000}`)
  const { url, accessKeyId, secretAccessKey } = windrow
  const said = await run(programPath('boto3'), [SCRIPT, url, 'us-east-1', accessKeyId, secretAccessKey, ...edges])
  const { broken, named } = JSON.parse(said.toString()) as { readonly broken: number; readonly named: number }
  test.diagnostic(`${broken} rules broken, ${named} named windows harvested`)
  assert.ok(broken >= 40 && named >= 8, said.toString())
  live.close()

  await windrow.stop()
  const { accessKeyId: stranger, secretAccessKey: unloved } = swift.stranger
  await windrow.start({
    WINDROW_S3_ACCESS_KEY_ID: stranger,
    WINDROW_S3_SECRET_ACCESS_KEY: unloved,
    WINDROW_MAX_HARVEST_JOBS: '4',
  })
  const api = apiOf(windrow)
  const programme = { startTime: new Date(begin).toISOString(), endTime: new Date(begin + 10_000).toISOString() }
  await askForHarvest(api, 'unloved', 'clips', programme, 'wide')
  const { failure } = await harvestEnd(api, 'unloved')
  assert.equal(failure?.code, 'AccessDenied')
  assert.match(failure.message, /^Bucket clips at .* denies access: the credentials need s3:PutObject/)
})
