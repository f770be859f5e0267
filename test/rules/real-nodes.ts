import assert from 'node:assert/strict'
import type { RuleRunReport } from '../../src/control/rule-operations.ts'
import { apiOf, createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { CLIPS_BUCKET, Cluster } from '../nodes/cluster.ts'
import { SECONDS, televisionWithProgrammes } from './programmes.ts'

const AWAY_MS = 1000

/**
 * Three nodes that are killed one after another while a stream with programmes arrives: throws where one of these has
 * not become one asset. Resolves to the number of assets.
 */
export async function judgeNodesWithRules(): Promise<number> {
  const cluster = await Cluster.start()
  try {
    const api = apiOf(cluster)
    const client = mediaPackage(cluster)
    const ingest = await createChannel(client, 'tv')
    await createHlsEndpoint(client, 'tv', 'hls', { SegmentDurationSeconds: 1 })
    const roleArn = 'arn:aws:iam::000000000000:role/harvest'
    const s3Destination = { bucketName: CLIPS_BUCKET, manifestKey: '{rule}/{id}/index.m3u8', roleArn }
    const rule = { originEndpointId: 'hls', events: ['PROGRAM'], s3Destination }
    for (const id of ['a', 'b']) await api.ask('POST', 'harvest_rules', { body: { id, ...rule } })
    const { renditions, judged } = await televisionWithProgrammes()
    const begin = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
    const pusher = new Pusher(ingest, renditions, begin)
    await pusher.pushParent()
    while (pusher.published < SECONDS) {
      const n = [4, 12, 18].indexOf(pusher.published)
      if (n >= 0) await cluster.killNode(n, AWAY_MS)
      await pusher.pushNext()
    }
    pusher.close()

    const { programmes } = await judged()
    const dateOf = (seconds: number) => new Date(begin + seconds * 1000).toISOString()
    for (const id of ['a', 'b']) {
      const runs = await eventually(`every programme of ${id} to be an asset`, async () => {
        const { runs } = (await api.ask('GET', `harvest_rules/${id}/runs`)) as { runs: RuleRunReport[] }
        const isDone = runs.length >= programmes.length && runs.every(({ state }) => state === 'SUCCEEDED')
        return isDone ? runs.toReversed() : undefined
      })
      assert.deepEqual(
        runs.map(({ event, startTime, endTime }) => [event?.id, startTime, endTime]),
        programmes.map(({ id, start, end }) => [id, dateOf(start), dateOf(end)]),
      )
    }
    const keys = await cluster.s3.keys(CLIPS_BUCKET)
    const parents = keys.filter((key) => key.endsWith('/index.m3u8'))
    assert.equal(parents.length, 2 * programmes.length)
    return parents.length
  } finally {
    await cluster.stop()
  }
}
