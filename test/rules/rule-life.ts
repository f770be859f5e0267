/** Months of programmes in a moment, with crashes of those who make assets of them: each programme becomes one. */
import assert from 'node:assert/strict'
import { DEFAULT_LIMITS } from '../../src/control/control-context.ts'
import type { Log } from '../../src/log.ts'
import { isoDateTime, type UtcMs, utcMs } from '../../src/media/time.ts'
import type { Clip } from '../../src/model/clip.ts'
import { createRules } from '../../src/rules/rules.ts'
import { channel, MANY, originEndpoint } from '../../src/stores/nouns.contract.ts'
import { allOf } from '../../src/stores/pages.ts'
import type { Resources } from '../../src/stores/resources.ts'
import { harvestRule } from '../../src/stores/rule-records.contract.ts'
import type { Random } from '../judges/random.ts'
import {
  live,
  Mortality,
  type MortalNode,
  MortalNodes,
  type NodeStore,
  type NodesLife,
  type Time,
} from '../schedules/mortal.ts'
import { CLIPS, HARVEST, JOBS } from './rehearsal.ts'
import { ScriptedOutput } from './scripted-output.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const SEGMENT_MS = 2 * MINUTE_MS
/** Longer than outages last, and a programme. */
const STARTOVER_MS = 3 * DAY_MS
const QUIET: Log = { info() {}, warn() {}, error() {} }
const PROGRAMME = 0x10
const CHAPTER = 0x20

const RULES = [
  harvestRule('shows', { selection: { events: ['PROGRAM'], segmentationTypeIds: [] }, action: JOBS }),
  harvestRule('news', { selection: { events: ['PROGRAM'], segmentationTypeIds: [], upid: 'NEWS*' }, action: JOBS }),
  harvestRule('parts', {
    selection: { events: ['CHAPTER'], segmentationTypeIds: [], minDurationSeconds: 600 },
    action: { kind: 'CLIP', cut: 'FRAME' },
  }),
].map((rule) => ({ ...rule, originEndpointId: 'news-hls' }))

/** Lives some days; resolves to the number of assets. Throws where an event has not become one asset. */
export async function liveRules({ open, nodes, random, from, days }: NodesLife): Promise<number> {
  const until = from + days * DAY_MS
  const time: Time = { now: from }
  const clock = () => utcMs(time.now)
  const output = new ScriptedOutput({ from, segmentMs: SEGMENT_MS, keptMs: STARTOVER_MS })
  const expected = announceAll(output, random, from, until)

  const first = await open()
  await first.resources.createChannel(channel('news'), MANY)
  const endpoint = originEndpoint('news-hls', 'news', { startoverWindowSeconds: STARTOVER_MS / 1000 })
  await first.resources.createOriginEndpoint(endpoint, MANY)
  for (const rule of RULES) {
    await first.resources.createHarvestRule(rule, { until: utcMs(0), open: [] }, { maxRules: 9 })
  }
  await first.close()
  const living = new MortalNodes(nodes, () => startNode(open, { output, clock }, random))
  let ahead = 0
  const begin = (risk: number) => {
    if (random.next() < risk) {
      // Each input has a clock of its own.
      const next = random.integer(0, 400)
      output.switchInput(random.next() < 0.5, next - ahead)
      ahead = next
    }
    if (random.next() < risk) output.newEra(true)
    if (random.next() < risk / 4) output.newTimeline()
    output.show(clock())
  }
  const assets = await live(living, { time, until, afterwardsMs: DAY_MS, random, begin })

  const text = (rule: string | undefined, { start, end }: { start: UtcMs; end: UtcMs }) =>
    `${rule} ${isoDateTime(start)} ${isoDateTime(end)}`
  const clips: Clip[] = []
  for await (const clip of allOf((page) => living.resources.listClips(page))) clips.push(clip)
  const found = [...assets, ...clips].map((made) => text(made.ruleId, made))
  assert.deepEqual(found.toSorted(), expected.toSorted())
  const keys = assets.map(({ s3Destination: { manifestKey } }) => manifestKey)
  assert.equal(new Set(keys).size, keys.length, 'no two assets have one key')
  await checkHistory(living.resources, expected)
  await living.close()
  return found.length
}

/** Announces programmes, some with chapters, which all begin and end with segments; gives what is to become of them. */
function announceAll(output: ScriptedOutput, random: Random, from: UtcMs, until: number): readonly string[] {
  const expected: string[] = []
  const at = (segments: number) => utcMs(from + segments * SEGMENT_MS)
  const tell = (
    id: number,
    typeId: number,
    [start, end]: readonly [number, number],
    text?: string,
    isPlanned = true,
  ) => {
    const upid = text === undefined ? {} : { upid: { type: 0x0f, bytes: Buffer.from(text).toString('hex') } }
    const early = random.integer(1, 90) * 1000
    const planned = isPlanned ? { seconds: ((end - start) * SEGMENT_MS) / 1000 } : {}
    const begin = { id, typeId, at: at(start), ...upid, ...planned }
    const [arrival, later] = [utcMs(at(start) - early), utcMs(at(end) - early)]
    output.announce(
      { arrival, signals: [begin] },
      { arrival: later, signals: [{ id, typeId: typeId + 1, at: at(end) }] },
    )
    if (random.next() < 0.3) output.announce({ arrival: utcMs(arrival + 500), signals: [begin] })
  }
  const expect = (rule: string, start: number, end: number) =>
    expected.push(`${rule} ${isoDateTime(at(start))} ${isoDateTime(at(end))}`)
  for (let start = 1, id = 1; at(start) < until; id = (id % 40) + 1) {
    const end = start + random.integer(3, 60)
    const upid = random.pick([undefined, `NEWS/${id}`, `FILM/${id}`])
    // Sometimes nothing, or something between programmes.
    const pause = random.pick([0, 0, 0, 2])
    // With a slot of another input, nothing says that a programme has ended, but its duration and what follows.
    tell(id, PROGRAMME, [start, end], upid, pause > 0 || at(end + 1) >= until)
    expect('shows', start, end)
    if (upid?.startsWith('NEWS')) expect('news', start, end)
    if (end - start > 20) {
      const [begin, over] = [start + random.integer(0, 4), start + random.integer(6, 20)]
      tell(id, CHAPTER, [begin, over])
      if (over - begin >= 5) expect('parts', begin, over)
    }
    start = end + pause
  }
  return expected
}

/** Each event is in the history once, with what was made of it. */
async function checkHistory(resources: Resources, expected: readonly string[]): Promise<void> {
  const recorded: string[] = []
  for (const { id } of RULES) {
    for await (const run of allOf((page) => resources.listRuleRuns(id, page))) {
      assert.ok(run.clipId ?? run.job?.state === 'SUCCEEDED', run.key)
      recorded.push(`${id} ${isoDateTime(run.start)} ${isoDateTime(run.end)}`)
    }
  }
  assert.deepEqual(recorded.toSorted(), [...expected].toSorted())
}

let nodesStarted = 0

async function startNode(
  open: () => Promise<NodeStore>,
  { output, clock }: { readonly output: ScriptedOutput; readonly clock: () => UtcMs },
  random: Random,
): Promise<MortalNode> {
  const store = await open()
  const owner = `node ${++nodesStarted}`
  const mortality = new Mortality(random)
  const resources = {
    ...store.resources,
    createHarvestJob: mortality.mortal(store.resources.createHarvestJob),
    createClip: mortality.mortal(store.resources.createClip),
    recordRuleRuns: mortality.mortal(store.resources.recordRuleRuns),
  }
  const rules = createRules({
    resources,
    archive: output.archive,
    clock,
    log: QUIET,
    account: { accountId: '000000000000', region: 'eu-central-1' },
    limits: DEFAULT_LIMITS,
    extent: (endpoint) => output.archive.extent(endpoint),
    harvest: HARVEST,
    clips: CLIPS,
    ...(store.claims && { shared: { claims: store.claims, owner, clock } }),
  })
  return { store, mortality, work: () => rules.makeAssets(), release: () => rules.release() }
}
