/** A rule at work on what a scripted source shows, with stores that are real. */
import assert from 'node:assert/strict'
import { type ClipService, DEFAULT_LIMITS, type HarvestService } from '../../src/control/control-context.ts'
import { isoDateTime, type UtcMs, utcMs } from '../../src/media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../../src/model/harvest-job.ts'
import type { HarvestRule } from '../../src/model/harvest-rule.ts'
import { createRules } from '../../src/rules/rules.ts'
import { channel, claimed, claimOf, event, later, MANY, NOW, originEndpoint } from '../../src/stores/nouns.contract.ts'
import type { Resources } from '../../src/stores/resources.ts'
import { harvestRule } from '../../src/stores/rule-records.contract.ts'
import { ScriptedOutput } from './scripted-output.ts'

export const STARTOVER_SECONDS = 3600
const SEGMENT_MS = 10_000
const ACCOUNT = { accountId: '000000000000', region: 'eu-central-1' }

const nobodyAsks = () => Promise.reject(new Error('nobody asks for it'))
export const HARVEST: HarvestService = {
  changed() {},
  forecast: nobodyAsks,
  firstDifference: nobodyAsks,
  removeLeftovers: nobodyAsks,
}
/** Clips that show the first endpoint they may. */
export const CLIPS: ClipService = {
  content: async ({ endpoints, span }) => {
    return { sources: [{ endpoint: endpoints[0]!, kinds: ['MP4'] }], pinned: span, bytes: 1, shown: [] }
  },
  archivedBytes: async () => 0,
}

export const ENDPOINT = originEndpoint('hls', 'news', { startoverWindowSeconds: STARTOVER_SECONDS })
export const JOBS = {
  kind: 'JOB',
  s3Destination: {
    bucketName: 'clips',
    manifestKey: '{channel}/{upid}/{id}.m3u8',
    roleArn: 'arn:aws:iam::000000000000:role/r',
  },
  options: { ...DEFAULT_HARVEST_OPTIONS, deliverables: [{ kind: 'HLS' }] },
} as const

/** Moments in minutes from NOW. */
export const minute = (minutes: number) => later(Math.round(minutes * 60_000))

export type Told = { readonly id: number; readonly typeId?: number; readonly upid?: string; readonly early?: number }

/** A rule, by default for programmes, and a source that begins at NOW. */
export async function rehearse(resources: Resources, changes: Partial<HarvestRule> = {}, limits = {}) {
  await resources.createChannel(channel('news'), MANY)
  await resources.createOriginEndpoint(ENDPOINT, MANY)
  const output = new ScriptedOutput({ from: NOW, segmentMs: SEGMENT_MS, keptMs: (STARTOVER_SECONDS + 60) * 1000 })
  const rule = harvestRule('shows', {
    selection: { events: ['PROGRAM'], segmentationTypeIds: [] },
    action: JOBS,
    ...changes,
  })
  const logged: string[] = []
  const note = ({ event }: { readonly event: string }) => {
    logged.push(event)
  }
  const world = { now: NOW as UtcMs, resources }
  const rules = () =>
    createRules({
      resources: world.resources,
      archive: output.archive,
      clock: () => world.now,
      log: { info: note, warn: note, error: note },
      account: ACCOUNT,
      limits: { ...DEFAULT_LIMITS, ...limits },
      extent: (endpoint) => output.archive.extent(endpoint),
      harvest: HARVEST,
      clips: CLIPS,
    })
  let working = rules()

  const made = {
    output,
    rule,
    world,
    logged,
    rules,
    /** Creates the rule, as the API does. */
    async create(): Promise<void> {
      const position = { until: (await output.archive.extent(ENDPOINT))?.end ?? utcMs(0), open: [] }
      assert.equal(await resources.createHarvestRule(rule, position, { maxRules: 9 }), 'created')
    },
    /** A programme, or the like, begins and ends at these minutes, of which messages tell a minute before. */
    told({ id, typeId = 0x10, upid, early = 1 }: Told, start: number, end?: number): void {
      const bytes = upid === undefined ? undefined : { type: 0x0f, bytes: Buffer.from(upid).toString('hex') }
      const begin = { id, typeId, at: minute(start), ...(bytes && { upid: bytes }) }
      output.announce({ arrival: minute(start - early), signals: [begin] })
      if (end === undefined) return
      output.announce({ arrival: minute(end - early), signals: [{ id, typeId: typeId + 1, at: minute(end) }] })
    },
    /** Goes on to a minute, and does what is to be done then. */
    async at(minutes: number): Promise<void> {
      world.now = minute(minutes)
      output.show(world.now)
      await working.makeAssets()
    },
    /** The process dies, and another one goes on. */
    restart(): void {
      working = rules()
    },
    /** What became of events, the first that began first: when they began and ended, and what was made of them. */
    async runs(): Promise<readonly string[]> {
      const { items } = await resources.listRuleRuns('shows', { limit: 99 })
      const text = (at: UtcMs) => (at - NOW) / 60_000
      return items
        .map(({ start, end, jobId, clipId, failure }) => {
          return `${text(start)}-${text(end)} ${jobId ?? clipId ?? failure?.code}`
        })
        .toReversed()
    },
    async windows(): Promise<readonly string[]> {
      const { items } = await resources.listHarvestJobs({ limit: 99, createdAfter: utcMs(0) })
      return items.map(({ start, end }) => `${isoDateTime(start).slice(11, 23)}-${isoDateTime(end).slice(11, 23)}`)
    },
    /** Ends a job. */
    async harvest(): Promise<void> {
      const job = await claimed(resources, world.now)
      const end = { at: world.now, outcome: { state: 'SUCCEEDED' } as const, event: event(`end of ${job.id}`) }
      await resources.finishHarvestJob(claimOf(job), end)
    },
  }
  return made
}
