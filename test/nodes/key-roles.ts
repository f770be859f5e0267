/** Content keys where each node has one role. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createHarvestJob, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { eventually } from '../judges/processes.ts'
import { RotatingPusher } from '../judges/rotating-pusher.ts'
import type { Windrow } from '../judges/windrow.ts'
import { CLIPS_BUCKET } from './cluster.ts'
import { EncryptedNodes } from './encrypted-nodes.ts'
import { KeyAudit } from './key-audit.ts'
import { type KeyFigures, signingAs, spekeUrl, startKeyServer } from './key-run.ts'

const ROLES = ['ingest', 'origin', 'harvest', 'control'] as const
const INTERVAL = 10
const SEGMENTS = 40

/** Which node requests keys, and when: of an endpoint that is created, that is played, and that is only harvested. */
export async function keysByRole(): Promise<{ readonly figures: KeyFigures; readonly faults: readonly string[] }> {
  const figures: KeyFigures = {}
  const faults: string[] = []
  const keyServer = await startKeyServer()
  const bench = await EncryptedNodes.start(spekeUrl(keyServer), {
    environment: signingAs(keyServer),
    nodes: ROLES.map((role) => ({ WINDROW_ROLES: role })),
  })
  const [ingestNode, origin, harvest, control] = bench.nodes as readonly [Windrow, Windrow, Windrow, Windrow]
  const roleOf = (pid: number | undefined) =>
    ROLES[bench.nodes.findIndex((node) => node.alive && node.pid === pid)] ?? 'nobody'
  const asked = (id: string) => bench.keyServer.requests.filter(({ contentId }) => contentId === id)
  const by = (id: string) =>
    JSON.stringify(
      [...Map.groupBy(asked(id), ({ pid }) => roleOf(pid))].map(([role, all]) => `${all.length} by ${role}`),
    )
  const expect = (holds: boolean, what: string) => holds || faults.push(`roles: ${what}`)
  try {
    const [rendition] = await encodeLoop(TINY)
    const ingest = await bench.channel('tv')
    const created = Date.now()
    const path = await bench.hls({ id: 'played', intervalSeconds: INTERVAL })
    const first = await eventually('the first request', () => asked('played')[0])
    figures['roles, first request after creation'] = `${first.at - created} ms, by ${roleOf(first.pid)}`
    expect(roleOf(first.pid) === 'origin', `the first request came from ${roleOf(first.pid)}`)

    await bench.hls({ id: 'harvested', intervalSeconds: INTERVAL })
    // Of the past, so that nothing has requested its keys ahead.
    const pusher = new RotatingPusher(ingest, [rendition!], Date.now() - 600_000, [ingestNode])
    await pusher.pushParent()
    while (pusher.published < SEGMENTS) await pusher.pushNext()
    const audit = new KeyAudit([origin], path, INTERVAL * 1000)
    await eventually('all segments', async () => {
      await audit.look(origin)
      return audit.segments.size >= SEGMENTS || undefined
    })
    expect(
      asked('played').every(({ pid }) => roleOf(pid) === 'origin'),
      `keys were requested ${by('played')}`,
    )
    figures['roles, played'] = `${audit.kids.size} periods, requests ${by('played')}`

    const window = {
      startTime: new Date(pusher.dateOf(0)).toISOString(),
      endTime: new Date(pusher.dateOf(SEGMENTS)).toISOString(),
    }
    const client = mediaPackage(control)
    await createHarvestJob(client, 'clip', 'harvested', window, CLIPS_BUCKET, 'clip/index.m3u8')
    const outcome = await harvestOutcome(client, 'clip')
    expect(outcome === 'SUCCEEDED', `the harvest job ended ${outcome}: ${harvest.log.slice(-2000)}`)
    const periods = [...bench.keyServer.counted('harvested')]
    const now = Math.floor(created / 1000 / INTERVAL)
    const past = asked('harvested').filter(({ period }) => period < now - 1)
    expect(past.length >= SEGMENTS / INTERVAL, `${past.length} periods of the past were requested`)
    expect(
      past.every(({ pid }) => roleOf(pid) === 'harvest'),
      `keys of the past were requested ${by('harvested')}`,
    )
    expect(
      periods.every(([, count]) => count === 1),
      `requests by period: ${JSON.stringify(periods)}`,
    )
    figures['roles, harvested'] = `${past.length} periods of the past; all requests ${by('harvested')}`
    await originAway()

    /** Without an origin node nobody requests ahead, and a harvest finds keys all the same. */
    async function originAway(): Promise<void> {
      await origin.stop()
      await bench.hls({ id: 'alone', intervalSeconds: INTERVAL })
      await sleep(3000)
      expect(asked('alone').length === 0, `keys were requested ${by('alone')} without an origin node`)
      await createHarvestJob(client, 'alone', 'alone', window, CLIPS_BUCKET, 'alone/index.m3u8')
      const end = await harvestOutcome(client, 'alone')
      expect(end === 'SUCCEEDED', `without an origin node, the harvest job ended ${end}`)
      figures['roles, harvested without an origin node'] = by('alone')
    }
    pusher.close()
  } finally {
    await bench.stop()
    await keyServer.stop()
  }
  return { figures, faults }
}
