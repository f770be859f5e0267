import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createHlsEndpoint } from '../judges/aws.ts'
import type { Television } from '../judges/loop.ts'
import { openS3 } from '../judges/s3.ts'
import { programPath } from '../programs.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import { type Cost, costOf, harvest, sizeOf } from './harvesting.ts'
import type { Measure } from './measure.ts'
import { openChannel, startProgramme } from './programme.ts'

const BUCKET = 'clips'
const COPIES = 'copies'
const SEGMENT_SECONDS = 6
const HOUR_SECONDS = 3600
/** Three renditions, 3 Mb/s in all: an hour is 1.4 GB, which fits a small disk four times. */
export const LADDER: Television = {
  segmentSeconds: SEGMENT_SECONDS,
  frameRate: 25,
  picture: ',noise=alls=60:allf=t',
  renditions: [
    { name: 'hd', size: '640x360', bandwidth: 1_500_000 },
    { name: 'sd', size: '480x270', bandwidth: 900_000 },
    { name: 'ld', size: '320x180', bandwidth: 600_000 },
  ],
}

/** An hour of three renditions: into a folder beside `cp -r`, and into Swift beside `aws s3 cp`. Once each. */
export async function benchHarvestHour(): Promise<Measure[]> {
  const programme = await startProgramme({ WINDROW_MAX_HARVEST_JOBS: '1000' }, { television: LADDER })
  const { windrow, client } = programme
  const swift = await startSwift()
  try {
    const pusher = await openChannel(programme, 'tv')
    await createHlsEndpoint(client, 'tv', 'hour', { SegmentDurationSeconds: SEGMENT_SECONDS })
    const segments = HOUR_SECONDS / SEGMENT_SECONDS
    for (let count = 0; count < segments; count++) await pusher.pushNext()
    await pusher.end()
    const window = { start: pusher.dateOf(0), end: pusher.dateOf(segments) }
    const folder = (name: string) => join(windrow.bucketFolder(BUCKET), name)

    const linked = await harvest(programme, 'linked', 'hour', window)
    const bytes = sizeOf(folder('linked'))
    const copied = await costOf(`cp -r ${folder('linked')} ${folder('copied')}`)
    rmSync(folder('copied'), { recursive: true })

    await windrow.stop()
    await windrow.start({ WINDROW_HARVEST_VERIFY_LINKS: 'false' })
    const unread = await harvest(programme, 'unread', 'hour', window)
    rmSync(folder('unread'), { recursive: true })

    await windrow.stop()
    await windrow.start({ WINDROW_HARVEST_LINKS: 'false' })
    const synced = await harvest(programme, 'synced', 'hour', window)
    const again = await costOf(`cp -r ${folder('linked')} ${folder('copied')} && sync -f ${folder('copied')}`)
    for (const name of ['copied', 'synced']) rmSync(folder(name), { recursive: true })

    const s3 = openS3(swift)
    for (const bucket of [BUCKET, COPIES]) await s3.makeBucket(bucket)
    await windrow.stop()
    const keys = { id: swift.accessKeyId, secret: swift.secretAccessKey }
    await windrow.start(harvestsTo(swift))
    const sent = await harvest(programme, 'sent', 'hour', window)
    const login = `AWS_ACCESS_KEY_ID=${keys.id} AWS_SECRET_ACCESS_KEY=${keys.secret} AWS_REGION=${swift.region}`
    const command = `${programPath('aws')} --endpoint-url ${swift.endpoint} s3 cp --recursive --only-show-errors`
    const uploaded = await costOf(`${login} ${command} ${folder('linked')} s3://${COPIES}/sent`)

    return [
      measure('harvest of an hour, linked', 'cp -r', bytes, linked, copied),
      measure('harvest of an hour, linked unread', 'cp -r', bytes, unread, copied),
      measure('harvest of an hour, copied and synced', 'cp -r and sync', bytes, synced, again),
      measure('harvest of an hour to S3', 'aws s3 cp', bytes, sent, uploaded),
    ]
  } finally {
    await windrow.kill()
    await swift.stop()
  }
}

function measure(name: string, peer: string, bytes: number, ours: Cost, theirs: Cost): Measure {
  const megabytes = bytes / 1e6
  const [value, peerValue] = [megabytes / ours.cpu, megabytes / theirs.cpu]
  const rate = ({ wall, cpu }: Cost) => `${Math.round(megabytes / wall)} MB/s with ${cpu.toFixed(1)} s of CPU`
  const note = `${Math.round(megabytes)} MB; by the clock ${rate(ours)} against ${rate(theirs)}`
  return { name, value, unit: 'MB per CPU second', peer, peerValue, ratio: value / peerValue, note }
}
