import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'mpd-parser'
import { segmentation, spliceInsert, spliceSection, timeSignal } from '../../../test/fixtures/splice-messages.ts'
import {
  assetOf,
  CLOCK,
  LADDER,
  NOON,
  ORIGIN,
  outputSegments,
  windowOf,
  written,
} from '../../../test/origin/sample-channel.ts'
import { type DashSettings, dashEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { marksOf, type SketchedEnd, type SketchedMarks } from '../../../test/timeline/ad-marks.ts'
import { TICKS_PER_SECOND, ticks, utcMs } from '../../media/time.ts'
import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import { begunBefore } from '../../model/ad-events/begun-before.ts'
import type { ArchiveWindow, Era, OutputSegment } from '../../model/output-segment.ts'
import { addSlot, closeRun } from '../../model/output-timeline/segmenting.ts'
import { openOutputTimelineState } from '../../model/output-timeline/state.ts'
import { packedSegments, segmentSummaryOf } from '../../model/segment-summary.ts'
import { dash } from './format.ts'

/** Seconds of the programme, which begins at ten seconds of its timeline. */
const at = (seconds: number) => ticks(Math.round((10 + seconds) * TICKS_PER_SECOND))
const utc = (seconds: number) => utcMs(NOON + seconds * 1000)
const lasting = (seconds: number) => ticks(seconds * TICKS_PER_SECOND)
const hex = (section: Buffer) => section.toString('hex')

function splice(number: number, start: number, seconds?: number): AdEvent {
  const command = spliceInsert({
    id: 100 + number,
    isOut: true,
    at: at(start),
    ...(seconds !== undefined && { break: { autoReturn: true, duration: lasting(seconds) } }),
  })
  const planned = seconds === undefined ? {} : { plannedDuration: lasting(seconds) }
  const opener = hex(spliceSection({ command }))
  return { number, kind: 'splice', id: 100 + number, start: at(start), startUtc: utc(start), ...planned, opener }
}

function ad(number: number, typeId: number, start: number, more: Partial<AdEvent> = {}): AdEvent {
  const opener = hex(
    spliceSection({ command: timeSignal(at(start)), descriptors: [segmentation({ id: 100 + number, typeId })] }),
  )
  const event = { number, kind: 'segmentation' as const, id: 100 + number, typeId, start: at(start) }
  return { ...event, startUtc: utc(start), opener, ...more }
}

const end = (number: number, seconds: number): SketchedEnd => ({ number, end: at(seconds), endUtc: utc(seconds) })

type Marks = Readonly<Record<number, SketchedMarks>>

/** What an output timeline makes of slots, of which some have marks; by default, a segment of each. */
function programme(
  marks: Marks,
  sketches: Parameters<typeof outputSegments>[1],
  { segmentSeconds = 6, continuing = -1, switchedAt = Infinity } = {},
): readonly OutputSegment[] {
  const all = marksOf(marks)
  const state = { ...openOutputTimelineState(lasting(segmentSeconds), 100), isCut: true as const }
  const slots = outputSegments(100, sketches).map(({ slots: [slot] }, i) => {
    const ads = all.get(i)
    // An index that is left out makes a discontinuity.
    const index = sketches.slice(0, i + 1).filter(({ discontinuity }) => discontinuity).length + i
    const { 1: _, ...objects } = slot!.objects
    // The first variant has a segment that begins in the slot before.
    const lasting = i === continuing && { objects, continued: [1] }
    return { ...slot!, ...lasting, index, ...(ads && { ads }) }
  })
  const published = slots.flatMap((slot, i) => {
    const before = i === switchedAt ? closeRun(state) : []
    if (i === switchedAt) state.input = 'other'
    return [...before, ...addSlot(state, slot, LADDER.streams)]
  })
  return [...published, ...closeRun(state)].map(({ segment }) => segment)
}

const seconds = (...all: readonly number[]) => all.map((each) => ({ seconds: each }))
const six = (count: number) => Array.from({ length: count }, () => ({}))

const ADS: DashSettings = {
  periodTriggers: ['ADS'],
  adsOnDeliveryRestrictions: 'BOTH',
  adTriggers: ['SPLICE_INSERT', 'BREAK', 'PROVIDER_ADVERTISEMENT', 'PROVIDER_PLACEMENT_OPPORTUNITY'],
}

/** A manifest of summaries, as it is written for players, which a foreign parser reads without a complaint. */
function mpd(
  segments: readonly OutputSegment[],
  more: Partial<ArchiveWindow> = {},
  settings: DashSettings = {},
): string {
  const summaries = packedSegments(segments.map(segmentSummaryOf)) as unknown
  const window = windowOf(summaries as OutputSegment[], more)
  const text = written(dash, dashEndpoint({ ...ADS, ...settings }), 'index.mpd', window)!.text
  parse(text, {
    manifestUri: 'https://origin.example/index.mpd',
    eventHandler: ({ message }) => assert.fail(message),
  })
  return text
}

type Listed = {
  readonly id: number
  readonly start: number
  readonly duration: number | undefined
  readonly first: number
  readonly offsets: readonly number[]
  readonly events: readonly string[]
}

/** Each Period, with its start in seconds of the programme. */
function periods(text: string): readonly Listed[] {
  const found = [
    ...text.matchAll(/<Period id="(\d+)" start="PT([\d.]+)S"(?: duration="PT([\d.]+)S")?>(.*?)<\/Period>/gs),
  ]
  return found.map(([, id, start, duration, inside = '']) => ({
    id: Number(id),
    start: Math.round(Number(start) * 1000 - (text.includes('type="static"') ? 0 : NOON)) / 1000,
    duration: duration === undefined ? undefined : Number(duration),
    first: Number(/startNumber="(\d+)"/.exec(inside)?.[1]),
    offsets: [...inside.matchAll(/ presentationTimeOffset="(\d+)"/g)].map(([, offset]) => Number(offset)),
    events: [...inside.matchAll(/<Event( [^>]*)>/g)].map(([, attributes]) => attributes!.trim()),
  }))
}

const brief = (text: string) =>
  periods(text).map(({ id, start, duration, first, events }) => [id, start, duration, first, ...events])

/** A break of two segments after two of the programme. */
const BREAK: Marks = { 2: { begins: [splice(1, 12, 12)] }, 3: { goesOn: [1] }, 4: { ends: [end(1, 24)] } }

describe('the Periods of ad breaks', () => {
  it('begin and end with the break, which is described in its own', () => {
    const text = mpd(programme(BREAK, six(6)))
    assert.deepEqual(brief(text), [
      [99, 0, 12, 100],
      [101, 12, 12, 102, 'duration="1080000" id="101"'],
      [103, 24, undefined, 104],
    ])
    assert.match(text, /<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:scte35="urn:scte:scte35:2013:xml" id=/)
    const [, written35] = /( {2}<EventStream.*<\/EventStream>\n)/s.exec(text)!
    assert.equal(
      written35,
      `  <EventStream schemeIdUri="urn:scte:scte35:2013:xml" timescale="90000">
   <Event duration="1080000" id="101">
    <scte35:SpliceInfoSection protocolVersion="0" ptsAdjustment="0" tier="4095">
     <scte35:SpliceInsert spliceEventId="101" spliceEventCancelIndicator="false" outOfNetworkIndicator="true" spliceImmediateFlag="false" uniqueProgramId="1" availNum="0" availsExpected="0">
      <scte35:Program>
       <scte35:SpliceTime ptsTime="1980000"/>
      </scte35:Program>
      <scte35:BreakDuration autoReturn="true" duration="1080000"/>
     </scte35:SpliceInsert>
    </scte35:SpliceInfoSection>
   </Event>
  </EventStream>
`,
    )
    assert.equal(text.match(/<InbandEventStream schemeIdUri="urn:scte:scte35:2013:bin"\/>/g)?.length, 3)
    // A foreign reader finds the break where it is.
    const { eventStream } = parse(text, { manifestUri: 'https://origin.example/index.mpd' })
    const [found, ...others] = eventStream ?? []
    assert.deepEqual(others, [])
    assert.deepEqual([found?.id, Number(found?.start) - NOON / 1000, Number(found?.end) - NOON / 1000], ['101', 12, 24])
  })

  it('are not there for endpoints that do not ask for them, whose manifests stay as they are without any ads', () => {
    for (const manifestLayout of ['FULL', 'COMPACT'] as const) {
      for (const ended of [false, true]) {
        const settings = { periodTriggers: [], manifestLayout } as const
        assert.equal(
          mpd(programme(BREAK, six(6)), { ended }, settings),
          mpd(programme({}, six(6)), { ended }, settings),
        )
      }
    }
    // And with the trigger, only the stream of messages is announced where nothing counts as a break.
    const asked = mpd(programme(BREAK, six(6)), {}, { adTriggers: ['BREAK'] })
    assert.equal(
      asked.replace('   <InbandEventStream schemeIdUri="urn:scte:scte35:2013:bin"/>\n', ''),
      mpd(programme({}, six(6)), {}, { periodTriggers: [] }),
    )
  })

  it('begin with the segments that an output timeline cut at ad boundaries has there', () => {
    const marks = {
      1: { begins: [splice(1, 6, 18)] },
      2: { goesOn: [1] },
      3: { goesOn: [1] },
      4: { ends: [end(1, 24)] },
    }
    assert.deepEqual(brief(mpd(programme(marks, six(7), { segmentSeconds: 12 }))), [
      [99, 0, 6, 100],
      [100, 6, 18, 101, 'duration="1620000" id="101"'],
      [102, 24, undefined, 103],
    ])
  })

  it('are open only at the live edge, and as long as they really were', () => {
    // Thirty seconds were planned.
    const early = { ...BREAK, 2: { begins: [splice(1, 12, 30)] } }
    const all = programme(early, six(6))
    const updates = [3, 4, 5, 6].map((count) => brief(mpd(all.slice(0, count))))
    const opened = [101, 12, undefined, 102, 'duration="2700000" id="101"']
    assert.deepEqual(updates, [
      [[99, 0, 12, 100], opened],
      [[99, 0, 12, 100], opened],
      ...Array(2).fill([
        [99, 0, 12, 100],
        [101, 12, 12, 102, 'duration="2700000" id="101"'],
        [103, 24, undefined, 104],
      ]),
    ])
    assert.deepEqual(brief(mpd(all.slice(0, 4), { ended: true })), [
      [99, 0, 12, 100],
      [101, 12, 12, 102, 'duration="2700000" id="101"'],
    ])
  })

  it('follow each other where a break begins with the end of another, and are one where breaks overlap', () => {
    const adjacent = { ...BREAK, 4: { ends: [end(1, 24)], begins: [splice(2, 24, 6)] }, 5: { ends: [end(2, 30)] } }
    assert.deepEqual(brief(mpd(programme(adjacent, six(7)))), [
      [99, 0, 12, 100],
      [101, 12, 12, 102, 'duration="1080000" id="101"'],
      [103, 24, 6, 104, 'duration="540000" id="102"'],
      [104, 30, undefined, 105],
    ])
    const nested = {
      1: { begins: [ad(1, 0x22, 6), ad(2, 0x30, 6)] },
      2: { goesOn: [1], ends: [end(2, 12)], begins: [ad(3, 0x30, 12)] },
      3: { goesOn: [1], ends: [end(3, 18)] },
      4: { ends: [end(1, 24)] },
    }
    const whole = programme(nested, six(6))
    assert.deepEqual(brief(mpd(whole)), [
      [99, 0, 6, 100],
      [100, 6, 18, 101, 'id="101"'],
      [103, 24, undefined, 104],
    ])
    assert.deepEqual(brief(mpd(whole, {}, { adTriggers: ['PROVIDER_ADVERTISEMENT'] })), [
      [99, 0, 6, 100],
      [100, 6, 6, 101, 'id="102"'],
      [101, 12, 6, 102, 'id="103"'],
      [102, 18, undefined, 103],
    ])
  })

  it('are the same in every window, with the offsets of their tracks', () => {
    const marks: Marks = {
      1: { begins: [splice(1, 5.005, 10)] },
      2: { goesOn: [1], begins: [ad(2, 0x30, 10.01)] },
      3: { ends: [end(1, 15.015)], goesOn: [2] },
      4: { goesOn: [2], begins: [ad(3, 0x34, 20.02)] },
      5: { ends: [end(2, 25.025)], goesOn: [3] },
      6: { ends: [end(3, 30.03)] },
      8: { begins: [ad(4, 0x22, 40.04)] },
      9: { ends: [end(4, 45.045)], begins: [splice(5, 45.045)] },
      10: { goesOn: [5] },
      11: { ends: [end(5, 55.055)] },
    }
    const events = Object.values(marks).flatMap(({ begins = [] }) => begins)
    const all = programme(marks, seconds(...Array(14).fill(5.005)), { segmentSeconds: 5 })
    for (const settings of [
      { segmentTemplateFormat: 'TIME_WITH_TIMELINE' },
      { adTriggers: ['PROVIDER_PLACEMENT_OPPORTUNITY', 'BREAK'] },
      { adTriggers: ['SPLICE_INSERT', 'PROVIDER_PLACEMENT_OPPORTUNITY'] },
    ] as const) {
      const known = new Map(periods(mpd(all, {}, settings)).map((period) => [period.id, period]))
      for (let from = 0; from < all.length; from++) {
        for (let to = from + 1; to <= all.length; to++) {
          const wanted = begunBefore(all.slice(from, to)).flatMap(({ numbers }) => numbers)
          const adEvents = events.filter(({ number }) => wanted.includes(number)).map((event) => ({ era: 1, event }))
          const listed = periods(mpd(all.slice(from, to), { adEvents }, settings))
          for (const [i, { id, start, duration, first, offsets, events: told }] of listed.entries()) {
            const same = known.get(id)!
            assert.deepEqual([start, offsets], [same.start, same.offsets], `${from} to ${to}`)
            assert.equal(duration, i === listed.length - 1 ? undefined : same.duration)
            assert.equal(first, i === 0 ? 100 + from : id + 1)
            if (id + 1 === first || told.length > 0) assert.deepEqual(told, same.events)
          }
        }
      }
    }
  })

  it('have the scaled offsets of all tracks, and no sound of the Period after', () => {
    const text = mpd(programme({ 2: { begins: [splice(1, 12.012, 4)] } }, seconds(6.006, 6.006, 6.006)))
    const [, second] = periods(text)
    assert.deepEqual(second?.offsets, [(10 + 12.012) * 30_000, (10 + 12.012) * 30_000, (10 + 12.012) * 48_000])
    // Sound begins half a millisecond late, and stays so.
    assert.match(text, /presentationTimeOffset="1056576" startNumber="102">\n +<SegmentTimeline>\n +<S t="1056600"/)
  })
})

describe('the events of ad breaks', () => {
  const one = (event: AdEvent, settings: DashSettings = {}) =>
    periods(mpd(programme({ 1: { begins: [event] } }, six(2)), {}, settings)).at(-1)

  it('have a time of their own where the break begins a moment behind its first picture', () => {
    assert.deepEqual(one(splice(1, 6.015, 6))?.events, ['presentationTime="1350" duration="540000" id="101"'])
    assert.deepEqual(one(splice(1, 6.0005, 6))?.events, ['duration="540000" id="101"'])
  })

  it('are at the start of the first segment behind it where the source was not cut, with what is left of it', () => {
    assert.deepEqual(one(splice(1, 5.7, 6)), {
      ...one(splice(1, 6, 6)),
      events: ['duration="513000" id="101"'],
    })
    const marks = { 1: { begins: [splice(1, 6, 10)] }, 2: { goesOn: [1] }, 3: { ends: [end(1, 16)] } }
    assert.deepEqual(brief(mpd(programme(marks, six(5), { segmentSeconds: 12, continuing: 1 }))), [
      [99, 0, 12, 100],
      [100, 12, 6, 101, 'duration="360000" id="101"'],
      [101, 18, undefined, 102],
    ])
  })

  it('say what their messages do, also of segmentation', () => {
    const descriptors = [
      segmentation({
        id: 0x40000001,
        typeId: 0x30,
        duration: 450_000,
        restrictions: [0, 1, 1, 3],
        upid: [1, Buffer.from('012345', 'hex')],
        segments: [1, 2],
      }),
      segmentation({ id: 9, typeId: 0x34, subSegments: [3, 4] }),
    ]
    const section = spliceSection({ command: timeSignal(1_350_000), ptsAdjustment: 183_265, tier: 7, descriptors })
    const text = mpd(programme({ 1: { begins: [ad(1, 0x30, 6, { opener: hex(section) })] } }, six(3)))
    const [, found] = /( {4}<scte35:SpliceInfo.*<\/scte35:SpliceInfoSection>\n)/s.exec(text)!
    assert.equal(
      found,
      `    <scte35:SpliceInfoSection protocolVersion="0" ptsAdjustment="183265" tier="7">
     <scte35:TimeSignal>
      <scte35:SpliceTime ptsTime="1350000"/>
     </scte35:TimeSignal>
     <scte35:SegmentationDescriptor segmentationEventId="1073741825" segmentationEventCancelIndicator="false" segmentationDuration="450000" segmentationTypeId="48" segmentNum="1" segmentsExpected="2">
      <scte35:DeliveryRestrictions webDeliveryAllowedFlag="false" noRegionalBlackoutFlag="true" archiveAllowedFlag="true" deviceRestrictions="3"/>
      <scte35:SegmentationUpid segmentationUpidType="1" segmentationUpidLength="3" segmentationTypeId="48" segmentNum="1" segmentsExpected="2">012345</scte35:SegmentationUpid>
     </scte35:SegmentationDescriptor>
     <scte35:SegmentationDescriptor segmentationEventId="9" segmentationEventCancelIndicator="false" segmentationTypeId="52" segmentNum="0" segmentsExpected="0" subSegmentNum="3" subSegmentsExpected="4">
      <scte35:SegmentationUpid segmentationUpidType="0" segmentationUpidLength="0" segmentationTypeId="52" segmentNum="0" segmentsExpected="0"/>
     </scte35:SegmentationDescriptor>
    </scte35:SpliceInfoSection>
`,
    )
  })

  it('are not there where a message cannot be read', () => {
    const broken = one(ad(1, 0x30, 6, { opener: 'fc00' }))
    assert.deepEqual(broken, { ...one(splice(1, 6)), events: [] })
  })
})

describe('the Periods of breaks and of tracks together', () => {
  it('begin where a stream has a gap, too, and the break is described once', () => {
    const all = programme(BREAK, [{}, {}, {}, { missing: [2] }, {}, {}])
    assert.deepEqual(brief(mpd(all)), [
      [99, 0, 12, 100],
      [101, 12, 6, 102, 'duration="1080000" id="101"'],
      [102, 18, 6, 103],
      [103, 24, undefined, 104],
    ])
  })

  it('go on in another era, and behind a break of the timeline', () => {
    const broken = programme(BREAK, [{}, {}, {}, { discontinuity: true }, {}, {}])
    assert.deepEqual(
      brief(mpd(broken)).map(([id]) => id),
      [99, 101, 102, 103],
    )
    const next: Era = { id: 2, origin: ORIGIN, clock: CLOCK, streams: LADDER.streams }
    const marks = { ...BREAK, 3: { era: 2, begins: [splice(1, 12, 12)] }, 4: { era: 2, ends: [end(1, 24)] } }
    const eras = programme(marks, [{}, {}, {}, { era: next, discontinuity: true }, { era: next }, { era: next }])
    assert.deepEqual(
      brief(mpd(eras, { eras: [LADDER, next] })).map(([id]) => id),
      [99, 101, 102, 103],
    )
  })

  it('are not moved where the other input goes on with the break in the same era', () => {
    // It says so a little later, and has a programme open as well.
    const going = { number: 9, kind: 'splice', id: 102, startUtc: utc(12.2) } as const
    const programmeOf = { number: 4, kind: 'segmentation', id: 1, typeId: 0x10, startUtc: utc(-60) } as const
    const marks = {
      2: { begins: [splice(2, 12, 24)] },
      3: { era: 7, goesOn: [programmeOf, going] },
      4: { era: 7, goesOn: [programmeOf, going] },
      5: { era: 7, ends: [end(9, 30)], goesOn: [programmeOf] },
      6: { era: 7, goesOn: [programmeOf] },
    }
    const all = programme(marks, six(7), { switchedAt: 3 })
    const expected = [
      [99, 0, 12, 100],
      [101, 12, 18, 102, 'duration="2160000" id="102"'],
      [104, 30, undefined, 105],
    ]
    assert.deepEqual(brief(mpd(all)), expected)
    assert.deepEqual(brief(mpd(all.slice(4), { adEvents: [{ era: 1, event: splice(2, 12, 24) }] })), [
      [101, 12, 18, 104, 'duration="2160000" id="102"'],
      expected[2],
    ])
  })
})

describe('an asset with ad breaks', () => {
  it('has their Periods with all their files, and ends in the middle of one', () => {
    const all = programme({ ...BREAK, 6: { begins: [splice(2, 36, 60)] }, 7: { goesOn: [2] } }, six(8))
    const adEvents = [{ era: 1, event: splice(1, 12, 12) }]
    const asset = assetOf(dash, dashEndpoint(ADS), windowOf(all.slice(3), { adEvents }))!
    const { text } = asset.parent as { text: string }
    assert.match(text, /mediaPresentationDuration="PT30.000S"/)
    assert.deepEqual(brief(text), [
      [101, 0, 6, 103, 'duration="540000" id="101"'],
      [103, 6, 12, 104],
      [105, 18, 12, 106, 'duration="5400000" id="102"'],
    ])
    const names = asset.segments.map(({ name }) => name)
    for (const { number } of all.slice(3))
      assert.ok(
        names.some((name) => name.endsWith(`_${number}.mp4`)),
        `${number}`,
      )
  })
})
