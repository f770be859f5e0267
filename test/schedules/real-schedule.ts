/** A schedule makes assets of a live stream by itself, and goes on where it was after a crash. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fixture } from '../fixtures/catalogue.ts'
import { apiOf, createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { eventually, run } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { pushFixture } from '../matrix/push-fixture.ts'

const MINUTE_MS = 60_000
const ROLE = 'arn:aws:iam::000000000000:role/harvest'

type Run = { readonly startTime: string; readonly jobId?: string; readonly state?: string; readonly failure?: object }
type Described = { readonly state: string; readonly lastRuns: readonly Run[]; readonly nextRun?: object }

/** Throws where a schedule of every minute does not make an asset of each window that has media, across a crash. */
export async function judgeRealSchedule(): Promise<void> {
  const windrow = await Windrow.start()
  try {
    const made = await fixture('two-languages-separate')
    const api = apiOf(windrow)
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'news')
    await createHlsEndpoint(client, 'news', 'news-hls')
    const begin = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS
    const at = (minutes: number) => new Date(begin + minutes * MINUTE_MS).toISOString()
    await pushFixture(ingest, made, begin)

    const describeIt = () => api.ask('GET', 'harvest_schedules/minutes') as Promise<Described>
    const ended = (count: number) =>
      eventually(`${count} jobs of the schedule have ended`, async () => {
        const { lastRuns } = await describeIt()
        const isDone = lastRuns.filter(({ state }) => state === 'SUCCEEDED' || state === 'FAILED').length === count
        return isDone ? lastRuns : undefined
      })
    const s3Destination = {
      bucketName: 'clips',
      manifestKey: '{schedule}/{channel}/{start:yyyy-MM-dd}/{start:HHmm}.m3u8',
      roleArn: ROLE,
    }
    const schedule = {
      originEndpointId: 'news-hls',
      every: { minutes: 1 },
      durationSeconds: 8,
      startTime: at(0),
      s3Destination,
      deliverables: [{ kind: 'HLS' }, { kind: 'MP4' }],
      cut: 'FRAME',
    }
    const first = { ...schedule, id: 'minutes', endTime: at(1) }
    await api.ask('POST', 'harvest_schedules', { body: first })
    await ended(1)

    await windrow.kill()
    await windrow.start()
    await pushFixture(ingest, made, begin + MINUTE_MS)
    // One more window has media, and one has none.
    await api.ask('PUT', 'harvest_schedules/minutes', { body: { ...schedule, endTime: at(3) } })
    const runs = await ended(3)
    assert.partialDeepStrictEqual(await describeIt(), { state: 'ENDED' })
    assert.deepEqual(
      runs.map(({ startTime, state }) => [startTime, state]),
      [
        [at(2), 'FAILED'],
        [at(1), 'SUCCEEDED'],
        [at(0), 'SUCCEEDED'],
      ],
    )
    assert.partialDeepStrictEqual(runs[0], { failure: { code: 'AfterContent' } })
    for (const minute of [0, 1]) {
      const [day = '', time = ''] = at(minute).split('T')
      const stem = join(windrow.bucketFolder('clips'), 'minutes/news', day, time.slice(0, 5).replace(':', ''))
      assert.ok(existsSync(`${stem}.m3u8`), stem)
      const told = await run('ffprobe', [
        '-v',
        'error',
        '-show_entries',
        'format=duration',
        '-of',
        'csv=p=0',
        `${stem}.mp4`,
      ])
      assert.ok(Math.abs(Number(told) - 8) < 0.1, `${told} s of ${stem}`)
    }
  } finally {
    await windrow.stop()
  }
}
