import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFile, MP4BoxBuffer } from 'mp4box'
import { cancelledInsert, spliceInsert, spliceSection } from '../../../test/fixtures/splice-messages.ts'
import { outputSegments } from '../../../test/origin/sample-channel.ts'
import { readSpliceInfo } from '../../media/scte35/splice-info.ts'
import { PTS_MODULUS, type Ticks, ticks } from '../../media/time.ts'
import type { ArrivedMessage } from '../../model/ad-events/signal.ts'
import type { OutputSegment, SlotObject } from '../../model/output-segment.ts'
import { spliceMessages } from './splice-messages.ts'

function arrived(section: Buffer, arrival: Ticks): ArrivedMessage {
  const info = readSpliceInfo(section)
  assert.ok(typeof info === 'object')
  return { arrival, section: section.toString('hex'), signals: info.signals }
}

/** An output segment of two slots, whose two variants carry the same messages, the second one a moment later. */
function segmentWith(...bySlot: readonly (readonly ArrivedMessage[])[]): OutputSegment {
  const [segment] = outputSegments(1, [{ slots: 2 }])
  const slots = segment!.slots.map((slot, i) => {
    const carrying = Object.entries(slot.objects).map(([stream, object]): [string, SlotObject] => {
      const later = (arrival: Ticks) => ticks(arrival + Number(stream))
      const messages = (bySlot[i] ?? []).map((message) => ({ ...message, arrival: later(message.arrival) }))
      return [stream, { ...object, ...(messages.length > 0 && { messages }) }]
    })
    return { ...slot, objects: Object.fromEntries(carrying) }
  })
  return { ...segment!, slots }
}

/** As a foreign reader finds them. */
function read(segment: OutputSegment): readonly unknown[] {
  const file = createFile()
  const bytes = Buffer.concat(spliceMessages(segment))
  const buffer = new ArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, 0))
  return (file.boxes as unknown as Record<string, unknown>[]).map((box) => [
    box['id'],
    Number(box['presentation_time']),
    box['event_duration'],
    Buffer.from(box['message_data'] as Uint8Array).toString('hex'),
  ])
}

const ARRIVAL = ticks(900_000)
const NONE = 0xffffffff
const crcOf = (section: Buffer) => section.readUInt32BE(section.length - 4)

describe('the messages of SCTE 35 in a segment of DASH', () => {
  it('are there once each, in the order in which they arrived, whichever variant and slot carry them', () => {
    const out = spliceSection({
      command: spliceInsert({ id: 7, isOut: true, at: 1_000_000, break: { autoReturn: true, duration: 90_000 } }),
      ptsAdjustment: 5,
    })
    const back = spliceSection({ command: spliceInsert({ id: 8, isOut: false, at: 1_100_000 }) })
    const first = arrived(out, ARRIVAL)
    const segment = segmentWith([arrived(back, ticks(ARRIVAL + 90_000)), first], [{ ...first, arrival: ticks(1e6) }])
    assert.deepEqual(read(segment), [
      [crcOf(out), 1_000_005, 90_000, out.toString('hex')],
      [crcOf(back), 1_100_000, NONE, back.toString('hex')],
    ])
  })

  it('are told apart where one ends what another begins', () => {
    const out = spliceSection({ command: spliceInsert({ id: 7, isOut: true, at: 1_000_000 }) })
    const back = spliceSection({ command: spliceInsert({ id: 7, isOut: false, at: 1_100_000 }) })
    const ids = read(segmentWith([arrived(out, ARRIVAL), arrived(back, ARRIVAL)])).map((box) => (box as unknown[])[0])
    assert.equal(new Set(ids).size, 2)
  })

  it('have the time at which they arrived where they take effect at once', () => {
    const now = spliceSection({ command: spliceInsert({ id: 7, isOut: true, at: 'immediate' }) })
    const cancel = spliceSection({ command: cancelledInsert(9) })
    assert.deepEqual(read(segmentWith([arrived(now, ARRIVAL)], [arrived(cancel, ticks(ARRIVAL + 5))])), [
      [crcOf(now), ARRIVAL + 1, NONE, now.toString('hex')],
      [crcOf(cancel), ARRIVAL + 6, NONE, cancel.toString('hex')],
    ])
  })

  it('have times on the timeline of the segment, behind the wrap of the clock, and durations of 32 bits at most', () => {
    const break_ = { autoReturn: false, duration: 2 ** 32 + 5 }
    const out = spliceSection({ command: spliceInsert({ id: 7, isOut: true, at: 90_000, break: break_ }) })
    const arrival = ticks(3 * PTS_MODULUS - 9000)
    assert.deepEqual(read(segmentWith([arrived(out, arrival)])), [
      [crcOf(out), 3 * PTS_MODULUS + 90_000, NONE, out.toString('hex')],
    ])
  })
})
