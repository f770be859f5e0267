import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigureLogsCommand, DeleteOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import { type LoggedSums, loggedSums } from '../e2e/access-logs.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { eventually, freePort } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { CountingPlayer } from '../monitoring/counting-players.ts'
import { Prometheus } from '../monitoring/prometheus.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'metrics'

const CHANNELS = 6
const ENDPOINTS = 3
const PLAYERS = 3
/** One round in so many has an endpoint that comes and goes. */
const CHURN_MS = 10_000

/**
 * Prometheus reads a server each second while encoders send, players play, and an endpoint comes and goes: two minutes,
 * unless WINDROW_TEST_SECONDS says otherwise. The number of series stays the same, and counters are what clients saw,
 * and what the access logs add up to.
 */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const seconds = Number(process.env['WINDROW_TEST_SECONDS'] ?? 120)
  const address = `127.0.0.1:${await freePort()}`
  const windrow = await Windrow.start({ environment: { WINDROW_METRICS_LISTEN: address } })
  const prometheus = await Prometheus.start(address)
  const client = mediaPackage(windrow)
  const [rendition] = await encodeLoop(TINY)
  const until = performance.now() + seconds * 1000
  const isOver = () => performance.now() >= until
  const players = new Map<string, CountingPlayer[]>()
  const pushers: Pusher[] = []
  try {
    for (let n = 0; n < CHANNELS; n++) {
      const pusher = new Pusher(await createChannel(client, `channel-${n}`), [rendition!], Date.now())
      await pusher.pushParent()
      pushers.push(pusher)
      await client.send(new ConfigureLogsCommand({ Id: `channel-${n}`, EgressAccessLogs: {} }))
      for (let m = 0; m < ENDPOINTS; m++) {
        const id = `endpoint-${n}-${m}`
        const url = await createHlsEndpoint(client, `channel-${n}`, id)
        players.set(
          id,
          Array.from({ length: PLAYERS }, () => new CountingPlayer(url)),
        )
      }
    }
    const pushing = pushers.map(async (pusher) => {
      while (!isOver()) await Promise.all([pusher.pushNext(), sleep(1000)])
    })
    const playing = [...players.values()].flat().map(async (player) => {
      while (!isOver()) await Promise.all([player.round(), sleep(100)])
    })
    const counts = await churned(isOver, { client, prometheus, log })
    await Promise.all([...pushing, ...playing])

    const [first, ...later] = counts
    assert.ok(later.length > 0, 'it was too short')
    assert.deepEqual(new Set(later), new Set([first]), `series: ${counts.join(', ')}`)
    // Whatever ends a request has been told of by then.
    await sleep(3000)
    const logged = await loggedSums(join(windrow.dataFolder, 'logs'))
    for (const [id, all] of players) await compare(prometheus, id, all, logged)
    const requests = [...players.values()].flat().flatMap(({ answered }) => [...answered.requests.values()])
    return {
      seconds,
      'requests of players': requests.reduce((sum, each) => sum + each, 0),
      scrapes: await prometheus.value(`count_over_time(up{job="windrow"}[${seconds + 60}s])`),
      'failed scrapes': await prometheus.value(
        `count_over_time(up{job="windrow"}[${seconds + 60}s]) - sum_over_time(up{job="windrow"}[${seconds + 60}s])`,
      ),
      'lines of access logs': [...logged.values()].reduce((sum, each) => sum + each.lines, 0),
      series: first!,
      'p99 of scrapes, ms':
        1000 *
        (await prometheus.value(`quantile_over_time(0.99, scrape_duration_seconds{job="windrow"}[${seconds + 60}s])`)),
      'peak MiB': Math.round(windrow.peakMemory),
    }
  } finally {
    for (const pusher of pushers) pusher.close()
    await prometheus.stop()
    await windrow.stop()
  }
}

type Churn = {
  readonly client: ReturnType<typeof mediaPackage>
  readonly prometheus: Prometheus
  readonly log: SoakContext['log']
}

/** Makes and deletes an endpoint again and again; the number of series whenever it is gone, from the second time on. */
async function churned(isOver: () => boolean, { client, prometheus, log }: Churn): Promise<number[]> {
  const counts: number[] = []
  for (let round = 0; !isOver(); round++) {
    const id = `brief-${round}`
    const player = new CountingPlayer(await createHlsEndpoint(client, 'channel-0', id))
    const end = performance.now() + CHURN_MS
    while (performance.now() < end) await Promise.all([player.round(), sleep(200)])
    const seriesOf = () => prometheus.query(`count({origin_endpoint="${id}"})`)
    const there = await eventually(`series of ${id}`, async () => (await seriesOf())[0])
    assert.ok(there.value > 30, `${id} has ${there.value} series`)
    await client.send(new DeleteOriginEndpointCommand({ Id: id }))
    await eventually(`the end of the series of ${id}`, async () => (await seriesOf()).length === 0 || undefined)
    const series = await prometheus.value('scrape_samples_scraped{job="windrow"}')
    log(`${id} had ${there.value} series; without it there are ${series}`)
    if (round > 0) counts.push(series)
  }
  return counts
}

/** Compares what Prometheus has of an endpoint with what its players were answered, and with the access logs. */
async function compare(
  prometheus: Prometheus,
  id: string,
  players: readonly CountingPlayer[],
  logged: LoggedSums['byEndpoint'],
): Promise<void> {
  const measured = await prometheus.query(`windrow_egress_requests_total{origin_endpoint="${id}"}`)
  const requests = Object.fromEntries(measured.map(({ labels, value }) => [labels['status'], value]))
  const expected: Record<string, number> = {}
  for (const { answered } of players) {
    for (const [range, count] of answered.requests) expected[range] = (expected[range] ?? 0) + count
  }
  assert.deepEqual(requests, expected, id)
  const bytes = players.reduce((sum, { answered }) => sum + answered.bytes, 0)
  assert.equal(await prometheus.value(`windrow_egress_bytes_total{origin_endpoint="${id}"}`), bytes, id)
  const inLogs = logged.get(id)
  assert.deepEqual([Object.fromEntries(inLogs?.requests ?? []), inLogs?.sentBytes], [expected, bytes], id)
}
