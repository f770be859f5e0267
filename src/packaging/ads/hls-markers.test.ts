import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type SketchedEnd, type SketchedMarks, segmentsWith } from '../../../test/timeline/ad-marks.ts'
import { TICKS_PER_SECOND, ticks, utcMs } from '../../media/time.ts'
import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import type { AdTrigger, HlsManifest } from '../../model/manifest.ts'
import { hlsMarkers } from './hls-markers.ts'
import { toldEvents } from './told-events.ts'

const NOON = Date.UTC(2026, 5, 1, 12)
const seconds = (time: number) => ticks(time * TICKS_PER_SECOND)
const utc = (time: number) => utcMs(NOON + time * 1000)

const event = (number: number, start: number, more: Partial<AdEvent> = {}): AdEvent => ({
  number,
  kind: 'splice',
  id: number,
  start: seconds(start),
  startUtc: utc(start),
  opener: `fc${number}0`,
  ...more,
})
const segmentation = (number: number, start: number, typeId: number, more: Partial<AdEvent> = {}) =>
  event(number, start, { kind: 'segmentation', typeId, ...more })
const end = (number: number, at: number, closer?: string): SketchedEnd => ({
  number,
  end: seconds(at),
  endUtc: utc(at),
  ...(closer !== undefined && { closer }),
})

/** Output segments of two seconds, of one slot each, with what becomes of events at their starts. */
const segments = (marks: Readonly<Record<number, SketchedMarks>>, from = 0, to = 7) =>
  segmentsWith(marks, to + 1, NOON).slice(from)

const ALL: readonly AdTrigger[] = ['SPLICE_INSERT', 'BREAK', 'PROVIDER_ADVERTISEMENT', 'PROVIDER_PLACEMENT_OPPORTUNITY']

function tags(
  adMarkers: HlsManifest['adMarkers'],
  window: Parameters<typeof hlsMarkers>[1],
  settings: Partial<Pick<HlsManifest, 'adTriggers' | 'adsOnDeliveryRestrictions'>> = {},
): Record<number, readonly string[]> {
  const all = { adMarkers, adTriggers: ALL, adsOnDeliveryRestrictions: 'BOTH' as const, ...settings }
  const found = [...hlsMarkers(all, window)]
  return Object.fromEntries(found.map(([{ number }, { dateRanges, cues }]) => [number, [...dateRanges, ...cues]]))
}

const enhanced = (...marks: Parameters<typeof segments>) => tags('SCTE35_ENHANCED', { segments: segments(...marks) })

describe('SCTE35_ENHANCED', () => {
  const planned = { plannedDuration: seconds(4) }

  it('has a break with its duration, where it goes on, and where it ends', () => {
    const marks = { 1: { begins: [event(1, 2, planned)] }, 2: { goesOn: [1] }, 3: { ends: [end(1, 6)] } }
    assert.deepEqual(enhanced(marks), {
      1: ['#EXT-OATCLS-SCTE35:/BA=', '#EXT-X-CUE-OUT:4.000'],
      2: ['#EXT-X-CUE-OUT-CONT:ElapsedTime=2.000,Duration=4.000,SCTE35=/BA='],
      3: ['#EXT-X-CUE-IN'],
    })
  })

  it('leaves out a duration that is not known, and names the asset of a message that has one', () => {
    const marks = { 1: { begins: [event(1, 2, { upid: { type: 8, hex: '00ab' } })] }, 2: { goesOn: [1] } }
    assert.deepEqual(enhanced(marks, 0, 2), {
      1: ['#EXT-OATCLS-SCTE35:/BA=', '#EXT-X-ASSET:CAID=0x00AB', '#EXT-X-CUE-OUT'],
      2: ['#EXT-X-CUE-OUT-CONT:ElapsedTime=2.000,SCTE35=/BA='],
    })
  })

  it('ends a break before another begins in the same place', () => {
    const marks = {
      1: { begins: [event(1, 2, planned)] },
      3: { ends: [end(1, 6)], begins: [event(2, 6, planned)] },
      5: { ends: [end(2, 10)] },
    }
    assert.deepEqual(enhanced({ ...marks, 2: { goesOn: [1] }, 4: { goesOn: [2] } })[3], [
      '#EXT-X-CUE-IN',
      '#EXT-OATCLS-SCTE35:/CA=',
      '#EXT-X-CUE-OUT:4.000',
    ])
  })

  it('has one break at a time where events overlap', () => {
    const inner = segmentation(2, 2, 0x30, { plannedDuration: seconds(2) })
    const marks = {
      1: { begins: [segmentation(1, 2, 0x22, { plannedDuration: seconds(6) }), inner] },
      2: { ends: [end(2, 4)], begins: [segmentation(3, 4, 0x30)], goesOn: [1] },
      3: { goesOn: [1, 3] },
      4: { ends: [end(1, 8)], goesOn: [3] },
      5: { ends: [end(3, 10)] },
    }
    assert.deepEqual(enhanced(marks), {
      1: ['#EXT-OATCLS-SCTE35:/BA=', '#EXT-X-CUE-OUT:6.000', '#EXT-OATCLS-SCTE35:/CA='],
      2: ['#EXT-X-CUE-OUT-CONT:ElapsedTime=2.000,Duration=6.000,SCTE35=/BA=', '#EXT-OATCLS-SCTE35:/DA='],
      3: ['#EXT-X-CUE-OUT-CONT:ElapsedTime=4.000,Duration=6.000,SCTE35=/BA='],
      4: ['#EXT-X-CUE-OUT-CONT:ElapsedTime=4.000,SCTE35=/DA='],
      5: ['#EXT-X-CUE-IN'],
    })
  })
})

describe('segments that a window leaves out', () => {
  const marks = {
    1: { begins: [event(1, 2)] },
    2: { goesOn: [1] },
    3: { ends: [end(1, 6)], begins: [event(2, 6)] },
    4: { goesOn: [2] },
    5: { ends: [end(2, 10)] },
  }
  const adEvents = [{ era: 1, event: event(2, 6) }]

  it('have ended what is open before them, and begun what goes on behind them', () => {
    const all = segments(marks)
    const within = { segments: [...all.slice(0, 3), ...all.slice(4)], adEvents }
    assert.deepEqual(tags('SCTE35_ENHANCED', within)[4], ['#EXT-X-CUE-OUT-CONT:ElapsedTime=2.000,SCTE35=/CA='])
    const opening = '#EXT-X-DATERANGE:ID="2",START-DATE="2026-06-01T12:00:06.000Z",SCTE35-OUT=0xFC20'
    assert.deepEqual(tags('DATERANGE', within)[4], [opening])
    assert.match(tags('DATERANGE', within)[5]![0]!, /ID="2",.*END-DATE="2026-06-01T12:00:10\.000Z"/)
    const behind = { segments: [...all.slice(0, 3), ...all.slice(6)], adEvents: [] }
    const cues = Object.entries(tags('SCTE35_ENHANCED', behind)).slice(2)
    assert.deepEqual(cues, [['6', ['#EXT-X-CUE-IN']]])
    assert.deepEqual(Object.keys(tags('DATERANGE', behind)), ['1'])
  })
})

describe('DATERANGE', () => {
  const marks = {
    1: { begins: [segmentation(1, 2, 0x10, { id: 77 })] },
    2: { begins: [segmentation(2, 3.5, 0x30, { id: 78, plannedDuration: seconds(4.25) })], goesOn: [1] },
    3: { goesOn: [1, 2] },
    4: { ends: [end(2, 7.75)], goesOn: [1] },
    5: { ends: [end(1, 10, 'fc0b')], begins: [segmentation(3, 10, 0x10, { id: 77, opener: 'fc0b' })] },
    6: { goesOn: [3] },
    7: { goesOn: [3] },
  }

  it('has each event where it begins, with its exact time, and again where it ends', () => {
    assert.deepEqual(tags('DATERANGE', { segments: segments(marks) }), {
      1: ['#EXT-X-DATERANGE:ID="77",START-DATE="2026-06-01T12:00:02.000Z",SCTE35-CMD=0xFC10'],
      2: ['#EXT-X-DATERANGE:ID="78",START-DATE="2026-06-01T12:00:03.500Z",PLANNED-DURATION=4.250,SCTE35-OUT=0xFC20'],
      4: [
        '#EXT-X-DATERANGE:ID="78",START-DATE="2026-06-01T12:00:03.500Z",END-DATE="2026-06-01T12:00:07.750Z",DURATION=4.250',
      ],
      5: [
        '#EXT-X-DATERANGE:ID="77",START-DATE="2026-06-01T12:00:02.000Z",END-DATE="2026-06-01T12:00:10.000Z",DURATION=8.000,SCTE35-IN=0xFC0B',
        `#EXT-X-DATERANGE:ID="77-${NOON + 10_000}-16",START-DATE="2026-06-01T12:00:10.000Z",SCTE35-CMD=0xFC0B`,
      ],
    })
  })

  it('tells of what goes on at the beginning of a window', () => {
    const adEvents = [...marks[1].begins, ...marks[2].begins].map((each) => ({ era: 1, event: each }))
    const found = tags('DATERANGE', { segments: segments(marks, 3), adEvents })
    const whole = tags('DATERANGE', { segments: segments(marks) })
    assert.deepEqual(found, { 3: [...whole[1]!, ...whole[2]!], 4: whole[4], 5: whole[5] })
  })

  it('has one end of an event that several ranges show, which is its own', () => {
    const all = segments(marks)
    const begun = { era: 1, event: marks[1].begins[0]! }
    const parts = [all.slice(0, 2), all.slice(3, 4), all.slice(4)]
    const numbered = parts.flat().map((segment, number) => ({ ...segment, number }))
    const ranges = [
      [-1, 1],
      [1, 2],
      [2, 6],
    ].map(([after, last]) => ({ start: utc(0), end: utc(14), numbers: { after: after!, last: last! } }))
    const adEvents = ranges.map(({ numbers }) => ({ ...begun, within: numbers }))
    const opening = '#EXT-X-DATERANGE:ID="77",START-DATE="2026-06-01T12:00:02.000Z",SCTE35-CMD=0xFC10'
    const found = tags('DATERANGE', { segments: numbered, adEvents, ranges })
    assert.deepEqual([found[1], found[2], found[3]], [[opening], [opening], [opening]])
    const ends = Object.values(found)
      .flat()
      .filter((line) => line.includes('ID="77",') && line.includes('END-DATE'))
    assert.deepEqual(
      ends.map((line) => /END-DATE="(.*?)"/.exec(line)?.[1]),
      ['2026-06-01T12:00:10.000Z'],
    )
    const told = toldEvents({ segments: numbered, adEvents, ranges }, 9)
    assert.deepEqual(told[0], { id: 77, kind: 'segmentation', typeId: 0x10, start: utc(2), end: utc(10) })
    const cut = toldEvents({ segments: numbered.slice(0, 3), adEvents, ranges }, 9)
    assert.deepEqual(cut, [{ id: 77, kind: 'segmentation', typeId: 0x10, start: utc(2) }])
  })

  it('closes ads by SCTE35-IN where a message does', () => {
    const own = { 1: { begins: [event(1, 2)] }, 2: { ends: [end(1, 4, 'fc99')] } }
    assert.match(tags('DATERANGE', { segments: segments(own) })[2]![0]!, /,DURATION=2\.000,SCTE35-IN=0xFC99$/)
  })
})

/** By hand, from the service's tables: which beginnings are ads. */
const QUALIFIES: readonly (readonly [AdTrigger, number | undefined])[] = [
  ['SPLICE_INSERT', undefined],
  ['BREAK', 0x22],
  ['PROVIDER_ADVERTISEMENT', 0x30],
  ['DISTRIBUTOR_ADVERTISEMENT', 0x32],
  ['PROVIDER_PLACEMENT_OPPORTUNITY', 0x34],
  ['DISTRIBUTOR_PLACEMENT_OPPORTUNITY', 0x36],
  ['PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY', 0x38],
  ['DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY', 0x3a],
]

describe('triggers and restrictions', () => {
  for (const [trigger, typeId] of QUALIFIES) {
    it(`make ads of what they name: ${trigger}`, () => {
      for (const [, other] of [...QUALIFIES, ['', 0x10] as const]) {
        for (const restricted of [true, false]) {
          for (const asked of ['NONE', 'RESTRICTED', 'UNRESTRICTED', 'BOTH'] as const) {
            const more = restricted ? { isRestricted: true as const } : {}
            const one = other === undefined ? event(1, 2, more) : segmentation(1, 2, other, more)
            const window = { segments: segments({ 1: { begins: [one] } }) }
            const settings = { adTriggers: [trigger], adsOnDeliveryRestrictions: asked }
            const isNamed = other === typeId
            const passes =
              other === undefined ||
              asked === 'BOTH' ||
              (asked === 'RESTRICTED' && restricted) ||
              (asked === 'UNRESTRICTED' && !restricted)
            const isAd = isNamed && passes
            const what = `${other} ${restricted} ${asked}`
            assert.equal(tags('SCTE35_ENHANCED', window, settings)[1] !== undefined, isAd, what)
            assert.match(tags('DATERANGE', window, settings)[1]![0]!, isAd ? /SCTE35-OUT=/ : /SCTE35-CMD=/, what)
          }
        }
      }
    })
  }

  it('make no markers at all where there are no triggers', () => {
    const window = { segments: segments({ 1: { begins: [event(1, 2)] } }) }
    for (const mode of ['SCTE35_ENHANCED', 'DATERANGE'] as const) {
      assert.deepEqual(tags(mode, window, { adTriggers: [] }), {})
    }
  })
})
