import assert from 'node:assert/strict'
import type { ScheduleReport, ScheduleRunReport } from '../../src/control/schedule-operations.ts'
import { fixture } from '../fixtures/catalogue.ts'
import { apiOf, createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { eventually } from '../judges/processes.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { CLIPS_BUCKET, Cluster } from '../nodes/cluster.ts'

const MINUTE_MS = 60_000
const MINUTES = 5
const SCHEDULES = ['a', 'b', 'c']
const AWAY_MS = 1000

/**
 * Three nodes that are killed one after another while they make up for windows of three schedules: throws where one has
 * not become one asset, and one event. Resolves to the number of assets.
 */
export async function judgeNodesWithSchedules(): Promise<number> {
  const cluster = await Cluster.start()
  try {
    const { nodes } = cluster
    const api = apiOf(cluster)
    const client = mediaPackage(cluster)
    const ingest = await createChannel(client, 'news')
    await createHlsEndpoint(client, 'news', 'news-hls')
    const made = await fixture('two-languages-separate')
    const begin = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 20 * MINUTE_MS
    const at = (minutes: number) => new Date(begin + minutes * MINUTE_MS).toISOString()
    for (let minute = 0; minute < MINUTES; minute++) await pushFixture(ingest, made, begin + minute * MINUTE_MS)

    for (const id of SCHEDULES) {
      const manifestKey = `{schedule}/{start:yyyyMMdd}/{start:HHmm}.m3u8`
      const roleArn = 'arn:aws:iam::000000000000:role/harvest'
      const window = { every: { minutes: 1 }, durationSeconds: 8, startTime: at(0), endTime: at(MINUTES) }
      const s3Destination = { bucketName: CLIPS_BUCKET, manifestKey, roleArn }
      await api.ask('POST', 'harvest_schedules', {
        body: { id, originEndpointId: 'news-hls', ...window, s3Destination },
      })
    }
    for (const [n] of nodes.entries()) await cluster.killNode(n, AWAY_MS)

    for (const id of SCHEDULES) {
      const runs = await eventually(`every window of ${id} to be an asset`, async () => {
        const { state } = (await api.ask('GET', `harvest_schedules/${id}`)) as ScheduleReport
        const { runs } = (await api.ask('GET', `harvest_schedules/${id}/runs`)) as { runs: ScheduleRunReport[] }
        const isDone = state === 'ENDED' && runs.every((run) => run.state !== 'QUEUED' && run.state !== 'RUNNING')
        return isDone ? runs : undefined
      })
      assert.deepEqual(
        runs.map(({ startTime, state }) => [startTime, state]),
        Array.from({ length: MINUTES }, (_, minute) => [at(MINUTES - 1 - minute), 'SUCCEEDED']),
      )
    }
    const ended = await jobsThatEnded(api)
    assert.equal(new Set(ended).size, SCHEDULES.length * MINUTES)
    assert.equal(ended.length, SCHEDULES.length * MINUTES, 'each job ends once')
    const keys = await cluster.s3.keys(CLIPS_BUCKET)
    const parents = keys.filter((key) => /\/\d{4}\.m3u8$/.test(key))
    assert.equal(parents.length, SCHEDULES.length * MINUTES)
    return parents.length
  } finally {
    await cluster.stop()
  }
}

type Event = { readonly detail: { readonly harvest_job?: { readonly id: string } } }

/** The id of each event that tells of the end of a job. */
async function jobsThatEnded(api: ReturnType<typeof apiOf>): Promise<readonly string[]> {
  const { events } = (await api.ask('GET', 'events', { query: { maxResults: '1000' } })) as { events: readonly Event[] }
  return events.flatMap(({ detail }) => detail.harvest_job?.id ?? [])
}
