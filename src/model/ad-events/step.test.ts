import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SpliceSignal } from '../../media/splice-signal.ts'
import { PTS_MODULUS, TICKS_PER_SECOND, ticks, utcMs } from '../../media/time.ts'
import type { AdMarks } from './ad-event.ts'
import { adSignalsOf } from './signal.ts'
import { type AdEventsState, atSlot, noAdEvents, takeSignals } from './step.ts'

const SLOT = 2
const TOLERANCE = 1500
const seconds = (time: number) => ticks(time * TICKS_PER_SECOND)

/** A message that arrives `at` so many seconds, and what it says. */
type Said = { readonly at: number; readonly signals: readonly SpliceSignal[] }

/** What begins and ends with each slot of two seconds, in short: `+1`, `-1`, `(1)` for what goes on. */
function marksOf(messages: readonly Said[], slots = 8, base = 0): string[] {
  const ordinals: number[] = []
  const ordinal = (number: number) => {
    if (!ordinals.includes(number)) ordinals.push(number)
    return ordinals.indexOf(number) + 1
  }
  return allMarks(messages, slots, base).map(({ begins = [], ends = [], goesOn = [] }) =>
    [
      ...ends.map(({ number, closer }) => `-${ordinal(number)}${closer === undefined ? '' : '!'}`),
      ...begins.map(({ number }) => `+${ordinal(number)}`),
      ...goesOn.map(({ number }) => `(${ordinal(number)})`),
    ].join(' '),
  )
}

function allMarks(messages: readonly Said[], slots: number, base = 0): Omit<AdMarks, 'era'>[] {
  let state = noAdEvents()
  return Array.from({ length: slots }, (_, slot) => {
    const own = messages.filter(({ at }) => Math.floor(at / SLOT) === slot)
    const signals = own.flatMap(({ at, signals }) =>
      adSignalsOf({ arrival: ticks(base + seconds(at)), section: `${at}`, signals }),
    )
    takeSignals(state, signals, TOLERANCE)
    const { marks } = atSlot(
      state,
      { index: slot, start: ticks(base + seconds(slot * SLOT)), startUtc: utcMs(slot * SLOT * 1000) },
      TOLERANCE,
    )
    // It is saved between two slots.
    state = JSON.parse(JSON.stringify(state))
    return marks
  })
}

const INSERT = { kind: 'splice-insert', programId: 1, availNum: 0, availsExpected: 0 } as const
const out = (id: number, time?: number, more: { duration?: number; autoReturn?: boolean } = {}): SpliceSignal => ({
  ...INSERT,
  id,
  isOut: true,
  ...(time !== undefined && { time: seconds(time) }),
  ...(more.duration !== undefined && { duration: seconds(more.duration), autoReturn: more.autoReturn ?? false }),
})
const back = (id: number, time?: number): SpliceSignal => ({
  ...INSERT,
  id,
  isOut: false,
  ...(time !== undefined && { time: seconds(time) }),
})
const cancel = (id: number): SpliceSignal => ({ kind: 'splice-insert', id, isCancel: true })
const segment = (id: number, typeId: number, time?: number, duration?: number): SpliceSignal => ({
  kind: 'segmentation',
  id,
  typeId,
  segmentNum: 0,
  segmentsExpected: 0,
  ...(time !== undefined && { time: seconds(time) }),
  ...(duration !== undefined && { duration: seconds(duration) }),
})
const at = (time: number, ...signals: SpliceSignal[]): Said => ({ at: time, signals })

describe('ad events', () => {
  const cases: readonly [string, readonly Said[], readonly string[]][] = [
    ['a break with its duration', [at(0, out(7, 4, { duration: 4, autoReturn: true }))], ['', '', '+1', '(1)', '-1']],
    [
      'a break that only a message ends',
      [at(0, out(7, 4, { duration: 2 })), at(5, back(7, 8))],
      ['', '', '+1', '(1)', '-1!'],
    ],
    [
      'an early return',
      [at(0, out(7, 2, { duration: 9, autoReturn: true })), at(5, back(7))],
      ['', '+1', '(1)', '-1!', ''],
    ],
    ['a break without duration', [at(0, out(7, 2))], ['', '+1', '(1)', '(1)', '(1)']],
    ['one that is cancelled before', [at(0, out(7, 4)), at(2, cancel(7))], ['', '', '', '']],
    ['one that is cancelled meanwhile', [at(0, out(7, 2)), at(4, cancel(7))], ['', '+1', '-1!', '']],
    ['an immediate splice', [at(1, out(7))], ['', '+1', '(1)']],
    ['an immediate splice at a boundary', [at(2, out(7))], ['', '+1', '(1)']],
    [
      'a message that is repeated',
      [at(0, out(7, 4)), at(1, out(7, 4)), at(3, out(7, 4)), at(5, out(7, 4))],
      ['', '', '+1', '(1)'],
    ],
    ['a message that is moved', [at(0, out(7, 4)), at(1, out(7, 6))], ['', '', '', '+1', '(1)']],
    ['a message that comes late', [at(5, out(7, 3))], ['', '', '+1', '(1)']],
    ['a time within a slot', [at(0, out(7, 4.3))], ['', '', '', '+1']],
    ['a time a little after a boundary', [at(0, out(7, 4.01))], ['', '', '+1']],
    [
      'an id that is used again',
      [at(0, out(7, 2, { duration: 2, autoReturn: true })), at(5, out(7, 6))],
      ['', '+1', '-1', '+2', '(2)'],
    ],
    [
      'an id that is used again before its event is over',
      [at(0, out(7, 2)), at(3, out(7, 6))],
      ['', '+1', '(1)', '-1 +2', '(2)'],
    ],
    [
      'a break within one slot, which is never shown',
      [at(0, out(7, 2.5, { duration: 1, autoReturn: true }))],
      ['', '', '', ''],
    ],
    [
      'events that overlap',
      [at(0, segment(1, 0x22, 2, 6), segment(2, 0x30, 2, 2)), at(3, segment(3, 0x30, 4, 2))],
      ['', '+1 +2', '-2 +3 (1)', '-3 (1)', '-1'],
    ],
    [
      'an end type before the duration',
      [at(0, segment(1, 0x30, 2, 8)), at(3, segment(1, 0x31, 4))],
      ['', '+1', '-1!', ''],
    ],
    [
      'an end that is said again when the next event of that id has begun',
      [at(0, segment(1, 0x30, 2)), at(3, segment(1, 0x30, 4), segment(1, 0x31, 4)), at(7, segment(1, 0x31, 4))],
      ['', '+1', '-1! +2', '(2)', '(2)'],
    ],
    [
      'ends of two events of one id that are both said before the first is over',
      [at(0, out(7, 2)), at(3, out(7, 6), back(7, 4), back(7, 8))],
      ['', '+1', '-1!', '+2', '-2!'],
    ],
    ['an end whose time is before its event', [at(0, out(7, 4)), at(7, back(7, 2))], ['', '', '+1', '-1!', '']],
    ['an end type of another id', [at(0, segment(1, 0x30, 2, 4)), at(3, segment(2, 0x31, 4))], ['', '+1', '(1)', '-1']],
    [
      'a programme that the next one ends',
      [at(0, segment(1, 0x10, 0)), at(3, segment(2, 0x10, 4))],
      ['+1', '(1)', '-1 +2', '(2)'],
    ],
    [
      'two programmes that begin at one time, of which one is shown',
      [at(0, segment(1, 0x10, 2), segment(2, 0x10, 2))],
      ['', '+1', '(1)'],
    ],
    [
      'a duration that is corrected before and after its event begins',
      [
        at(0, out(7, 2, { duration: 2, autoReturn: true })),
        at(1, out(7, 2, { duration: 4, autoReturn: true })),
        at(5, out(7, 2, { duration: 8, autoReturn: true })),
      ],
      ['', '+1', '(1)', '(1)', '(1)', '-1'],
    ],
    [
      'an end that is said again when the next event with its id is announced',
      [at(0, out(7, 2)), at(3, back(7, 4)), at(5, out(7, 8)), at(5.5, back(7, 4))],
      ['', '+1', '-1!', '', '+2', '(2)'],
    ],
    [
      'a beginning that is said again after an early return',
      [
        at(0, out(7, 2, { duration: 20, autoReturn: true })),
        at(3, back(7)),
        at(5, out(7, 2, { duration: 20, autoReturn: true })),
      ],
      ['', '+1', '-1!', '', ''],
    ],
    [
      'a beginning that is said again when the next event with its id is announced',
      [at(0, out(7, 2)), at(4, out(7, 8)), at(5, out(7, 2))],
      ['', '+1', '(1)', '(1)', '-1 +2', '(2)'],
    ],
    [
      'a programme that is terminated early',
      [at(0, segment(1, 0x10, 0, 99)), at(3, segment(1, 0x12, 4))],
      ['+1', '(1)', '-1!', ''],
    ],
    [
      'ids of both kinds, which are different ones',
      [at(0, out(7, 2), segment(7, 0x30, 4)), at(5, back(7, 6))],
      ['', '+1', '+2 (1)', '-1! (2)'],
    ],
    [
      'types that tell of no event',
      [at(0, segment(1, 0x00, 2), segment(2, 0x01, 2), segment(3, 0x14, 2))],
      ['', '', ''],
    ],
    ['an end without a beginning', [at(0, back(7, 2), segment(1, 0x35, 2))], ['', '', '']],
  ]
  for (const [name, messages, expected] of cases) {
    it(`are what messages say: ${name}`, () => {
      assert.deepEqual(marksOf(messages, expected.length), expected)
    })
  }

  it('are found across the wrap of 33 bits', () => {
    const base = PTS_MODULUS - seconds(3)
    const time = (base + seconds(4)) % PTS_MODULUS
    const message = at(0, { ...out(7), time, duration: seconds(2), autoReturn: true } as SpliceSignal)
    const marks = allMarks([message], 5, base)
    assert.equal(marks[2]?.begins?.[0]?.start, base + seconds(4))
    assert.equal(marks[3]?.ends?.[0]?.end, base + seconds(6))
  })

  it('have a UPID where a message has bytes of one', () => {
    const upids = [{ type: 8, bytes: '00ab' }, { type: 8, bytes: '' }, undefined].map((upid, id) => {
      return { ...segment(id, 0x34, 0), ...(upid && { upid }) } as SpliceSignal
    })
    const [marks] = allMarks([at(0, ...upids)], 1)
    assert.deepEqual(
      marks?.begins?.map(({ upid }) => upid),
      [{ type: 8, hex: '00ab' }, undefined, undefined],
    )
  })

  it('are bounded, and far times are refused', () => {
    const state = noAdEvents()
    const all = Array.from({ length: 10_000 }, (_, id) => out(id, 1))
    const signals = adSignalsOf({ arrival: ticks(0), section: '', signals: all })
    assert.equal(takeSignals(state, signals, TOLERANCE), 10_000 - 64)
    const { marks } = atSlot(state, { index: 1, start: seconds(2), startUtc: utcMs(0) }, TOLERANCE)
    assert.equal(marks.begins?.length, 64)
    const far = adSignalsOf({ arrival: seconds(7200), section: '', signals: [out(1, 1), out(2, 15 * 3600)] })
    assert.equal(takeSignals(noAdEvents(), far, TOLERANCE), 2)
  })
})

/** An event as somebody knows it who has seen all messages. */
type Whole = { readonly id: number; readonly begin: number; readonly end: number | undefined }

describe('more ad events than there may be', () => {
  const taken = (state: AdEventsState, arrival: number, section: string, ...said: SpliceSignal[]) =>
    takeSignals(state, adSignalsOf({ arrival: seconds(arrival), section, signals: said }), TOLERANCE)
  const slotAt = (state: AdEventsState, time: number) =>
    atSlot(state, { index: time / 2, start: seconds(time), startUtc: utcMs(time * 1000) }, TOLERANCE)
  const openIds = ({ open }: AdEventsState) => open.map(({ id }) => id)

  it('end in the order in which they began, so that a break is told of although nothing ends', () => {
    const state = noAdEvents()
    for (let id = 1; id <= 64; id++) {
      taken(state, 2 * id - 1, '', out(id, 2 * id))
      assert.equal(slotAt(state, 2 * id).leftOut, 0)
    }
    taken(state, 200, '', out(70, 202, { duration: 2, autoReturn: true }), out(71, 202))
    const { marks, leftOut } = slotAt(state, 202)
    assert.deepEqual([marks.begins?.map(({ id }) => id), leftOut], [[71, 70], 2])
    assert.deepEqual(
      marks.ends?.map(({ end, closer }) => [end, closer]),
      [
        [seconds(202), undefined],
        [seconds(202), undefined],
      ],
    )
    assert.equal(slotAt(state, 204).marks.ends?.length, 1)
    assert.deepEqual(openIds(state), [...Array.from({ length: 62 }, (_, i) => i + 3), 71])
  })

  it('end first where they have no end of their own, so that a break in a storm of others lasts as long as it is', () => {
    const state = noAdEvents()
    const storm = (time: number) => Array.from({ length: 500 }, (_, i) => segment(1000 * time + i, 0x30))
    taken(state, 1, '', out(7, 4, { duration: 4, autoReturn: true }), ...storm(1))
    let number: number | undefined
    const seen = [2, 4, 6, 8].map((time) => {
      const { begins = [], ends = [] } = slotAt(state, time).marks
      taken(state, time + 1, '', ...storm(time))
      number ??= begins.find(({ id }) => id === 7)?.number
      return `${begins.some(({ id }) => id === 7)} ${ends.some((each) => each.number === number)}`
    })
    assert.deepEqual(seen, ['false false', 'true false', 'false false', 'false true'])
    assert.ok(openIds(state).length <= 64)
  })

  it('are those that are farthest ahead, of what is announced', () => {
    const state = noAdEvents()
    const far = Array.from({ length: 64 }, (_, id) => out(id, 3600 + id))
    assert.equal(taken(state, 0, '', ...far), 0)
    assert.equal(taken(state, 0, '', out(100, 7200)), 1)
    assert.equal(taken(state, 0, '', out(101, 2)), 1)
    assert.deepEqual(
      slotAt(state, 2).marks.begins?.map(({ id }) => id),
      [101],
    )
    assert.ok(state.announced.every(({ id }) => id < 63))
  })

  it('are fewer where their sections are long: the state stays small', () => {
    const state = noAdEvents()
    const long = 'f'.repeat(8192)
    for (let id = 1; id <= 200; id++) {
      taken(state, 2 * id - 1, long, out(id, 2 * id), out(1000 + id, 2 * id))
      slotAt(state, 2 * id)
    }
    assert.ok(JSON.stringify(state).length < 100_000)
    taken(state, 500, 'fc', out(2000, 502))
    assert.deepEqual(
      slotAt(state, 502).marks.begins?.map(({ id }) => id),
      [2000],
    )
  })
})

describe('ad events of a random stream', () => {
  const event = fc.record({
    begin: fc.integer({ min: 4, max: 60 }),
    preroll: fc.integer({ min: 1, max: 4 }),
    length: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    how: fc.constantFrom('duration', 'message', 'early', 'cancelled'),
    repeats: fc.integer({ min: 0, max: 3 }),
  })

  it('begin and end with the slots at or after their times, each once', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const messages: Said[] = []
        const wholes: Whole[] = events.flatMap(({ begin, preroll, length, how, repeats }, id) => {
          const told = begin - preroll
          const hasDuration = how !== 'message' && length !== undefined
          const opener = out(id, begin, hasDuration ? { duration: length, autoReturn: true } : {})
          for (let n = 0; n <= repeats; n++) messages.push(at(told + (preroll * n) / (repeats + 1), opener))
          if (how === 'cancelled') {
            messages.push(at(begin - 0.01, cancel(id)))
            return []
          }
          const early = length === undefined ? undefined : Math.max(1, length - 1)
          const end = how === 'early' ? early : length
          if ((how === 'message' || how === 'early') && end !== undefined)
            messages.push(at(begin + end / 2, back(id, begin + end)))
          return [{ id, begin, end: end === undefined ? undefined : begin + end }]
        })
        messages.sort((a, b) => a.at - b.at)
        const slots = 60
        const slotAfter = (time: number) => Math.ceil(time / SLOT)
        const expected = wholes.flatMap(({ id, begin, end }) => {
          const first = slotAfter(begin)
          const last = end === undefined ? undefined : slotAfter(end)
          return first === last ? [] : [{ id, first, last }]
        })
        const marks = allMarks(messages, slots)
        const numbers = new Map(
          marks.flatMap(({ begins = [] }, slot) => begins.map(({ number, id }) => [number, { id, slot }])),
        )
        const found = [...numbers].map(([number, { id, slot }]) => {
          const closed = marks.flatMap(({ ends = [] }, at) => (ends.some((each) => each.number === number) ? at : []))
          assert.ok(closed.length <= 1)
          const last = closed[0]
          for (const [at, { goesOn = [] }] of marks.entries())
            assert.equal(
              goesOn.some((each) => each.number === number),
              at > slot && (last === undefined || at < last),
            )
          return { id, first: slot, last }
        })
        assert.deepEqual(
          found.toSorted((a, b) => a.id - b.id),
          expected,
        )
      }),
      { seed: 35, numRuns: 300 },
    )
  })
})
