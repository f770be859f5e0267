import { createHlsEndpoint } from '../judges/aws.ts'
import { openS3 } from '../judges/s3.ts'
import { programPath } from '../programs.ts'
import { startByteCounter } from '../servers/byte-counter.ts'
import { startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import { LADDER } from './harvest-hour.ts'
import { type Cost, costOf, harvest } from './harvesting.ts'
import { type Measure, median } from './measure.ts'
import { openChannel, startProgramme } from './programme.ts'

const BUCKET = 'clips'
const COPIES = 'copies'
const WINDOW_SECONDS = 600
/** Each leaves two copies of the window on the disk. */
const ROUNDS = 3

/**
 * Ten minutes of three renditions from a bucket of Swift to another, copied by Swift, beside `aws s3 cp` of the
 * finished asset from there to a third. What passes through the process is counted on its way from and to Swift, and
 * once more with the same window read and sent.
 */
export async function benchHarvestInS3(): Promise<Measure[]> {
  const [database, swift] = await Promise.all([startPostgres({ isDurable: true }), startSwift()])
  const counter = await startByteCounter(swift.endpoint)
  const environment = {
    ...harvestsTo(swift, counter.url),
    WINDROW_DATABASE_URL: await database.createDatabase(),
    WINDROW_ARCHIVE_BUCKET: 'archive',
    WINDROW_MAX_HARVEST_JOBS: '1000',
  }
  const s3 = openS3(swift)
  for (const bucket of ['archive', BUCKET, COPIES]) await s3.makeBucket(bucket)
  const programme = await startProgramme(environment, { television: LADDER })
  const { windrow, client } = programme
  try {
    const pusher = await openChannel(programme, 'tv')
    await createHlsEndpoint(client, 'tv', 'hls', { SegmentDurationSeconds: LADDER.segmentSeconds })
    const segments = WINDOW_SECONDS / LADDER.segmentSeconds
    for (let count = 0; count < segments; count++) await pusher.pushNext()
    await pusher.end()
    const window = { start: pusher.dateOf(0), end: pusher.dateOf(segments) }
    const objects = segments * LADDER.renditions.length + LADDER.renditions.length + 1

    const login = `AWS_ACCESS_KEY_ID=${swift.accessKeyId} AWS_SECRET_ACCESS_KEY=${swift.secretAccessKey} AWS_REGION=${swift.region}`
    const command = `${programPath('aws')} --endpoint-url ${swift.endpoint} s3 cp --recursive --only-show-errors`
    const counted = async (id: string) => {
      const before = counter.bytes
      return { ...(await harvest(programme, id, 'hls', window)), bytes: counter.bytes - before }
    }

    const rounds: { ours: Cost & { readonly bytes: number }; theirs: Cost }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const id = `copied-${round}`
      const ours = await counted(id)
      const theirs = await costOf(`${login} ${command} s3://${BUCKET}/${id} s3://${COPIES}/${id}`)
      for (const bucket of [BUCKET, COPIES]) {
        const { length } = await s3.keys(bucket, `${id}/`)
        if (length !== objects) throw new Error(`${bucket} has ${length} objects of ${id}, not ${objects}`)
      }
      rounds.push({ ours, theirs })
    }
    await windrow.stop()
    await windrow.start({ WINDROW_HARVEST_LINKS: 'false' })
    const sent = await counted('sent')

    const figure = (of: (round: (typeof rounds)[number]) => number) => median(rounds.map(of))
    const [value, peerValue] = [
      figure(({ ours }) => objects / ours.wall),
      figure(({ theirs }) => objects / theirs.wall),
    ]
    const [cpu, peerCpu] = [figure(({ ours }) => ours.cpu), figure(({ theirs }) => theirs.cpu)]
    const perObject = (bytes: number) => bytes / 1000 / objects
    const bytes = figure(({ ours }) => ours.bytes)
    return [
      {
        name: 'harvest in S3',
        value,
        unit: 'objects a second',
        peer: 'aws s3 cp',
        peerValue,
        ratio: value / peerValue,
        note: `${objects} objects with ${cpu.toFixed(2)} s of CPU against ${peerCpu.toFixed(2)}`,
      },
      {
        name: 'harvest in S3, bytes through the process',
        value: perObject(bytes),
        unit: 'kB an object',
        peer: 'read and sent',
        peerValue: perObject(sent.bytes),
        ratio: sent.bytes / bytes,
        note: `in ${figure(({ ours }) => ours.wall).toFixed(1)} s against ${sent.wall.toFixed(1)}`,
      },
    ]
  } finally {
    await windrow.kill()
    counter.stop()
    await Promise.all([database.stop(), swift.stop()])
  }
}
