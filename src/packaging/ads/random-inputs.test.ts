/** What manifests tell of ad events of two inputs that come and go, beside what their slots say. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Random, seededRandom } from '../../../test/judges/random.ts'
import { ChannelRehearsal, type InputName } from '../../../test/timeline/channel-rehearsal.ts'
import { EPOCH, probeAt, variants } from '../../../test/timeline/rehearsal.ts'
import { someOf } from '../../../test/whole.ts'
import type { SpliceMessage, SpliceSignal } from '../../media/splice-signal.ts'
import { PTS_MODULUS, TICKS_PER_SECOND, ticks, ticksFromSeconds, utcMs } from '../../media/time.ts'
import { begunBefore } from '../../model/ad-events/begun-before.ts'
import type { AdTrigger } from '../../model/manifest.ts'
import type { EraAdEvent, OutputSegment, SegmentSummary } from '../../model/output-segment.ts'
import { packedSegments, segmentSummaryOf } from '../../model/segment-summary.ts'
import { adBoundaryOf } from './break-places.ts'
import { hlsMarkers } from './hls-markers.ts'
import { shownEvents } from './shown-events.ts'

const SEGMENTS = 60
const SEEDS = someOf(
  Array.from({ length: 40 }, (_, seed) => seed),
  3,
)
const TURN = PTS_MODULUS / TICKS_PER_SECOND
const ALL: readonly AdTrigger[] = ['SPLICE_INSERT', 'PROVIDER_ADVERTISEMENT']
const SETTINGS = { adTriggers: ALL, adsOnDeliveryRestrictions: 'BOTH' } as const

/** An event of the programme, in seconds; both encoders signal it. */
type Planned = { readonly id: number; readonly begin: number; readonly end: number; readonly typeId?: number }

type Life = {
  /** Seconds by which the second input's timestamps are later; without any, the inputs are locked. */
  readonly apart: number
  /** Seconds by which the second input tells events later. */
  readonly later: number
  readonly events: readonly Planned[]
  /** The segments that an encoder does not send. */
  readonly away: Readonly<Record<InputName, (i: number) => boolean>>
  /** With these segments the first encoder's pictures become others, on the same timeline. */
  readonly changed: readonly number[]
}

function randomLife(random: Random): Life {
  const events: Planned[] = []
  for (let at = random.integer(3, 9); at < 2 * SEGMENTS - 8; at += random.integer(4, 20)) {
    const kind = random.integer(0, 2)
    const end = at + random.integer(2, 24)
    // A programme or an ad that has this id, while another one is open with it, would be ended.
    const id = events.length % 7
    events.push({ id, begin: at, end, ...(kind > 0 && { typeId: kind === 1 ? 0x30 : 0x20 }) })
  }
  const outages = (input: InputName) =>
    Array.from({ length: random.integer(1, 4) }, () => {
      const from = random.integer(4, SEGMENTS - 4)
      return { input, from, to: from + random.integer(1, 9) }
    })
  const all = [...outages('A'), ...outages('B')]
  const isAway = (input: InputName) => (i: number) =>
    all.some((each) => each.input === input && i >= each.from && i < each.to)
  return {
    apart: random.pick([0, 0, 500]),
    later: random.pick([0, 0.1, 0.3]),
    events,
    away: { A: isAway('A'), B: isAway('B') },
    changed: random.pick([[], [], [random.integer(5, SEGMENTS - 5)]]),
  }
}

const pts = (seconds: number) => ticks(ticksFromSeconds(seconds) % PTS_MODULUS)

function beginning({ id, begin, typeId }: Planned, by: number): SpliceSignal {
  const time = pts(begin + by)
  if (typeId !== undefined) return { kind: 'segmentation', id, typeId, time, segmentNum: 0, segmentsExpected: 0 }
  return { kind: 'splice-insert', id, isOut: true, time, programId: 1, availNum: 0, availsExpected: 0 }
}

function ending({ id, end, typeId }: Planned, by: number): SpliceSignal {
  const time = pts(end + by)
  if (typeId !== undefined) {
    return { kind: 'segmentation', id, typeId: typeId + 1, time, segmentNum: 0, segmentsExpected: 0 }
  }
  return { kind: 'splice-insert', id, isOut: false, time, programId: 1, availNum: 0, availsExpected: 0 }
}

/** Both encoders send segments of two seconds, and say of each event two seconds ahead that it begins and ends. */
function live(life: Life, segmentSeconds: number): ChannelRehearsal {
  const r = new ChannelRehearsal()
  r.streams('A', variants('a'))
  r.streams('B', variants('a'))
  r.open(0, segmentSeconds, 'A', 1, true)
  for (let i = 0; i < SEGMENTS; i++) {
    for (const input of ['A', 'B'] as const) {
      r.pass(1)
      if (life.away[input](i)) continue
      const changes = input === 'A' ? life.changed.filter((at) => at <= i).length : 0
      const base = 100 + (input === 'B' ? life.apart : 0)
      const by = base + (input === 'B' ? life.later : 0)
      const messages = life.events.flatMap((event) => [
        ...(Math.floor((event.begin - 2) / 2) === i ? [beginning(event, by)] : []),
        ...(Math.floor((event.end - 2) / 2) === i ? [ending(event, by)] : []),
      ])
      const arrived = messages.map((signal): SpliceMessage => {
        const section = Buffer.from(JSON.stringify([signal, input])).toString('hex')
        return { arrival: pts(base + 2 * i + 0.5), section, signals: [signal] }
      })
      const probe = probeAt((base + 2 * i) % TURN, 640 + 16 * changes)
      r.put(input, `a-${i}`, { ...probe, ...(arrived.length > 0 && { messages: arrived }) })
      r.list(input, 'a', i, [{ name: `a-${i}`, date: utcMs(EPOCH + 2000 * i) }])
    }
  }
  r.pass(60)
  return r
}

/** Every event that any slot says begins, by the era of its input. */
function rowsOf(r: ChannelRehearsal): readonly EraAdEvent[] {
  const sealed = [...r.inputs.A.sealed, ...r.inputs.B.sealed]
  return sealed.flatMap(({ slot: { ads } }) => (ads?.begins ?? []).map((event) => ({ era: ads!.era, event })))
}

/** The ids of what is open at the start of a segment, by its slots alone. */
function openAt({ slots: [head] }: OutputSegment): readonly number[] {
  const { begins = [], ends = [], goesOn = [] } = head?.ads ?? {}
  const isOver = (number: number) => ends.some((end) => end.number === number)
  return sorted([...begins, ...goesOn].flatMap(({ number, id }) => (isOver(number) ? [] : id)))
}

const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b)

const attribute = (line: string, name: string) => new RegExp(`[:,]${name}="?([^",]*)`).exec(line)?.[1]

describe('the ad events of two inputs that come and go', () => {
  let [switches, kept, split] = [0, 0, 0]

  for (const seed of SEEDS) {
    const life = randomLife(seededRandom(seed))
    for (const segmentSeconds of [2, 6]) {
      const what = `life ${seed}, ${life.apart === 0 ? 'locked' : 'not locked'}, segments of ${segmentSeconds} s`
      it(`are told without contradiction in every window: ${what}`, () => {
        const r = live(life, segmentSeconds)
        const rows = rowsOf(r)
        const published = r.outputs(0)
        switches += r.switches.length
        // As they are stored, and read again.
        const stored = published.map(({ slots, ...segment }): SegmentSummary => {
          const own = slots.map(
            (slot) => r.inputs[slotInput(r, slot)].sealed.find((each) => isOf(each.slot, slot))!.slot,
          )
          return packedSegments([JSON.parse(JSON.stringify(segmentSummaryOf({ ...segment, slots: own })))])[0]!
        })
        const windows = stored.flatMap((_, from) => [from + 1, from + 4, stored.length].map((to) => ({ from, to })))
        const known = new Map<string, string>()
        const tagsOf = new Map<number, string>()
        const names = new Set<string>()
        for (const { from, to } of windows) {
          const segments = stored.slice(from, to)
          const wanted = new Set(begunBefore(segments).flatMap(({ era, numbers }) => numbers.map((n) => `${era}.${n}`)))
          const adEvents = rows.filter(({ era, event }) => wanted.has(`${era}.${event.number}`))
          const tags = hlsMarkers({ adMarkers: 'DATERANGE', ...SETTINGS }, { segments, adEvents })
          const events = new Map(shownEvents({ segments, adEvents }))
          const open = new Set<string>()
          for (const [i, segment] of segments.entries()) {
            const lines = tags.get(segment)?.dateRanges ?? []
            for (const line of lines) {
              const id = attribute(line, 'ID')!
              names.add(id)
              for (const name of ['START-DATE', 'END-DATE', 'DURATION', 'SCTE35-OUT', 'SCTE35-CMD', 'SCTE35-IN']) {
                const value = attribute(line, name)
                const key = `${id} ${name}`
                if (value !== undefined) assert.equal(known.get(key) ?? value, value, `${key} in ${from} to ${to}`)
                if (value !== undefined) known.set(key, value)
              }
              if (line.includes('END-DATE')) open.delete(id)
              else open.add(id)
            }
            const place = `segment ${segment.number} in ${from} to ${to}`
            const expected = openAt(published[from + i]!)
            assert.deepEqual(sorted([...open].map((id) => Number.parseInt(id, 10))), expected, place)
            const { begins = [], goesOn = [] } = events.get(segment) ?? {}
            assert.deepEqual(sorted([...goesOn, ...begins].map(({ id }) => id)), expected, place)
            if (i === 0) continue
            const text = lines.join('\n')
            assert.equal(tagsOf.get(segment.number) ?? text, text, place)
            tagsOf.set(segment.number, text)
          }
        }
        // Locked inputs have the same events, whichever is shown when they begin.
        const seen = life.events.filter(({ begin, end }) => published.some((each) => isIn(each, begin, end)))
        if (life.apart === 0 && life.changed.length === 0) {
          assert.ok(names.size <= seen.length, `${names.size} names of ${seen.length} events: ${[...names].join()}`)
          kept += names.size
        } else split += Math.max(names.size - seen.length, 0)
        assertBoundaries(stored, rows)
      })
    }
  }

  it('have been told across many switches, also of inputs with events of their own', () => {
    assert.ok(switches > 2.5 * SEEDS.length, `${switches}`)
    assert.ok(kept > 2.5 * SEEDS.length, `${kept}`)
    assert.ok(split > SEEDS.length / 2, `${split}`)
  })
})

function isIn({ startUtc, duration }: OutputSegment, begin: number, end: number): boolean {
  const from = (startUtc - EPOCH) / 1000
  return from < end + 1 && from + duration / TICKS_PER_SECOND > begin - 1
}

const isOf = (a: { readonly sealedAt: number; readonly index: number }, b: typeof a) =>
  a.index === b.index && a.sealedAt === b.sealedAt

function slotInput(r: ChannelRehearsal, slot: OutputSegment['slots'][number]): InputName {
  return r.inputs.A.sealed.some((each) => isOf(each.slot, slot)) ? 'A' : 'B'
}

/** DASH has a break where HLS has one, which began where that did, unless its Period began later. */
function assertBoundaries(segments: readonly SegmentSummary[], adEvents: readonly EraAdEvent[]): void {
  const shown = new Map(shownEvents({ segments, adEvents }))
  let outer: number | undefined
  for (const segment of segments) {
    const { begins = [], goesOn = [] } = shown.get(segment) ?? {}
    const isBreak = [...goesOn, ...begins].some(({ kind, typeId }) => kind === 'splice' || typeId === 0x30)
    const boundary = adBoundaryOf(segment, SETTINGS)
    assert.equal(boundary?.opens !== undefined, isBreak, `segment ${segment.number}`)
    if (!isBreak) {
      outer = undefined
      continue
    }
    const isFirst = outer === undefined
    if (isFirst) outer = segment.number
    if (isFirst) assert.equal(boundary!.ago, 0, `segment ${segment.number}`)
  }
}
