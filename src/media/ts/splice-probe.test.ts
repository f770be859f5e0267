import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isVideo } from '../../../test/fixtures/edits.ts'
import {
  reservedCommand,
  segmentation,
  spliceInsert,
  spliceNull,
  spliceSection,
  timeSignal,
} from '../../../test/fixtures/splice-messages.ts'
import { packed, withSplices } from '../../../test/fixtures/splice-packets.ts'
import { marker, SPLICES } from '../../../test/fixtures/splice-table.ts'
import {
  type Multiplex,
  readMultiplex,
  type SectionPacket,
  writeMultiplex,
} from '../../../test/fixtures/transport-stream.ts'
import { probeTs as probe } from '../../../test/fuzz/demuxed.ts'
import { encodeTs } from '../../../test/fuzz/media-samples.ts'
import { judgedSplices } from '../../../test/judges/splices.ts'
import { needing } from '../../../test/programs.ts'
import { PACKET_SIZE } from './packet.ts'

const { before, describe, it } = needing('ffmpeg')
const withTshark = needing('ffmpeg', 'tshark')

const PID = 0x1f1
const OTHER_PID = 0x1f2

/** A break with an id of its own, in a section of 37 bytes. */
const insert = (id: number) => spliceSection({ command: spliceInsert({ id, isOut: true, at: 1000 * id }) })
const at = (place: number, pid = PID) => ({ pid, before: place })
const SIGNALLING = Object.values(SPLICES).filter(({ signals }) => signals.length > 0)

describe('SpliceProbe', () => {
  let media: Multiplex
  before(async () => {
    media = readMultiplex(await encodeTs('both'))
  })

  const written = (packets: readonly SectionPacket[], more?: Parameters<typeof withSplices>[2]) =>
    writeMultiplex(withSplices(media, packets, more), new Map())
  /** PTS of the last picture that begins before the PES packet at this place. */
  const lastPicture = (place: number) => media.packets.slice(0, place).findLast(isVideo)?.pts
  const ids = (ts: Uint8Array) => probe(ts).messages?.map(({ signals }) => signals[0]!.id)

  it('finds each message with its signals, its section and the picture it follows', () => {
    const places = SIGNALLING.map((_, n) => 1 + n * 3)
    const packets = SIGNALLING.flatMap(({ section }, n) => packed([section], at(places[n]!)))
    const found = probe(written(packets))
    assert.deepEqual(
      found.messages,
      SIGNALLING.map(({ section, signals }, n) => {
        return { arrival: lastPicture(places[n]!), section: section.toString('hex'), signals }
      }),
    )
    assert.deepEqual(JSON.parse(JSON.stringify(found.messages)), found.messages)
  })

  it('finds nothing else than it does without messages', () => {
    const plain = probe(writeMultiplex(media, new Map()))
    assert.deepEqual(
      Object.keys(plain).filter((key) => /message|errors/i.test(key)),
      [],
    )
    // At the end, where no key frame is around them.
    const { messages, tracks, times, ...rest } = probe(written(packed([insert(1)], at(Infinity))))
    assert.equal(messages?.length, 1)
    assert.deepEqual(tracks, [...plain.tracks, { kind: 'other', pid: PID, streamType: 0x86 }])
    assert.deepEqual(times, [...plain.times, null])
    const { tracks: _, times: __, ...others } = plain
    assert.deepEqual(rest, others)
  })

  withTshark.it('finds what tshark does, on two PIDs, several in a packet and some across packets', async () => {
    const known = SIGNALLING.filter((each) => !each.isUnknownToTshark)
    const sections = known.map(({ section }) => section)
    const ts = written([
      ...packed(sections.slice(0, 7), { ...at(4), sizes: [184, 60] }),
      ...packed(sections.slice(7, 9), at(40, OTHER_PID)),
      ...packed(sections.slice(9), at(50)),
    ])
    const signals = probe(ts).messages?.map((message) => message.signals)
    assert.deepEqual(
      signals,
      known.map((each) => each.signals),
    )
    assert.deepEqual(
      signals,
      (await judgedSplices(ts)).map((judged) => judged.signals),
    )
  })

  it('finds the same however sections are cut into packets, and packets into chunks', () => {
    const sections = SIGNALLING.map(({ section }) => section.toString('hex'))
    const size = fc.integer({ min: 2, max: 184 })
    const cuts = fc.record({
      sizes: fc.array(size, { minLength: 1, maxLength: 9 }),
      chunk: fc.integer({ min: 50, max: 9999 }),
    })
    fc.assert(
      fc.property(cuts, ({ sizes, chunk }) => {
        const packets = packed(
          SIGNALLING.map(({ section }) => section),
          { ...at(9), sizes },
        )
        const { messages, continuityErrors, badMessages } = probe(written(packets), chunk)
        assert.deepEqual(
          messages?.map(({ section }) => section),
          sections,
        )
        assert.deepEqual([continuityErrors, badMessages], [undefined, undefined])
      }),
      { seed: 1, numRuns: 40 },
    )
  })

  it('needs no registration', () => {
    const packets = packed([insert(1)], at(5))
    assert.deepEqual(ids(written(packets, { isRegistered: false })), [1])
    assert.deepEqual(ids(written(packets)), [1])
  })

  it('gives a message before all pictures the first PTS, and reads those that precede the tables', () => {
    const ts = written(packed([insert(1)], at(0)))
    const [tables, rest] = [ts.subarray(0, 2 * PACKET_SIZE), ts.subarray(2 * PACKET_SIZE)]
    const late = Buffer.concat([rest.subarray(0, PACKET_SIZE), tables, rest.subarray(PACKET_SIZE)])
    for (const each of [ts, late]) {
      const { messages, firstPts } = probe(each)
      assert.deepEqual(
        messages?.map(({ arrival }) => arrival),
        [firstPts],
      )
    }
  })

  it('goes by audio where there is no video', () => {
    const isSound = ({ streamId }: { readonly streamId: number }) => streamId === 0xc0
    const packets = media.packets.filter(isSound)
    const streams = media.streams.filter(({ type }) => type === 0x0f)
    const sound = withSplices({ streams, packets }, packed([insert(1)], at(7)))
    assert.equal(probe(writeMultiplex(sound, new Map())).messages?.[0]?.arrival, packets[6]!.pts)
  })

  it('takes a packet that is repeated once', () => {
    const twice = packed([insert(1)], at(5)).flatMap((packet) => [packet, { ...packet, counted: 0 }])
    const { messages, continuityErrors } = probe(written(twice))
    assert.deepEqual([messages?.length, continuityErrors], [1, undefined])
  })

  it('counts what is cut off: by missing packets, by the next section, and by the end', () => {
    const long = spliceSection({ command: timeSignal(1), descriptors: [1, 2, 3, 4, 5, 6, 7, 8, 9].map(marker) })
    const cut = (place: number) => packed([long], { ...at(place), sizes: [100] })
    const [head, tail] = cut(5)
    const missing = written([head!, { ...tail!, counted: 2 }, ...packed([insert(1)], at(9))])
    assert.deepEqual(probe(missing).badMessages, { incomplete: 1 })
    assert.deepEqual([ids(missing), probe(missing).continuityErrors], [[1], 1])
    const replaced = written([head!, ...packed([insert(1)], at(9))])
    assert.deepEqual([ids(replaced), probe(replaced).badMessages], [[1], { incomplete: 1 }])
    assert.deepEqual(probe(written([head!])).badMessages, { incomplete: 1 })
  })

  it('counts what it refuses by reason, and reads on', () => {
    const broken = insert(1)
    broken[20]! ^= 1
    const command = timeSignal(1)
    const tooLong = Buffer.concat([Buffer.from([0xfc, 0x3f, 0xff]), Buffer.alloc(200)])
    const refused = [
      broken,
      broken,
      spliceSection({ command, encrypted: true }),
      spliceSection({ command, protocolVersion: 1 }),
      spliceSection({ command: reservedCommand() }),
      Buffer.from('00b00d0001c100000001f0002ab104b2', 'hex'),
    ]
    const ts = written([...packed(refused, at(5)), ...packed([tooLong], at(7)), ...packed([insert(2)], at(9))])
    assert.deepEqual(ids(ts), [2])
    assert.deepEqual(probe(ts).badMessages, {
      crc: 2,
      encrypted: 1,
      'protocol-version': 1,
      'command-type': 1,
      'table-id': 1,
      length: 1,
    })
  })

  it('keeps 64 messages, and neither keeps nor counts those that signal nothing', () => {
    const heartbeat = spliceSection({ command: spliceNull() })
    const many = Array.from({ length: 100 }, (_, n) => [
      heartbeat,
      insert(n),
      spliceSection({ command: timeSignal(n) }),
    ])
    const { messages, badMessages } = probe(written(packed(many.flat(), at(5))))
    assert.deepEqual(
      messages?.map(({ signals }) => signals[0]!.id),
      Array.from({ length: 64 }, (_, n) => n),
    )
    assert.deepEqual(badMessages, { 'too-many': 36 })
    assert.equal(probe(written(packed([heartbeat], at(5)))).messages, undefined)
  })

  it('keeps 128 signals, however few messages have them', () => {
    const message = (n: number) =>
      spliceSection({
        command: timeSignal(n),
        descriptors: Array.from({ length: 30 }, (_, i) => segmentation({ id: 30 * n + i, typeId: 0x30 })),
      })
    const many = Array.from({ length: 6 }, (_, n) => message(n))
    const { messages, badMessages } = probe(written(packed([...many, insert(1)], at(5))))
    assert.deepEqual(
      messages?.map(({ signals }) => signals.length),
      [30, 30, 30, 30, 1],
    )
    assert.deepEqual(badMessages, { 'too-many': 2 })
  })

  it('keeps a message that is repeated once, as it came first', () => {
    const repeated = Array.from({ length: 100 }, () => insert(1))
    const ts = written([...packed(repeated, at(5)), ...packed([insert(2), insert(1)], at(9))])
    assert.deepEqual([ids(ts), probe(ts).badMessages], [[1, 2], undefined])
    assert.equal(probe(ts).messages![0]!.arrival, probe(written(packed([insert(1)], at(5)))).messages![0]!.arrival)
  })

  it('keeps 16 KiB of sections, the longest among them', () => {
    // 15 descriptors of 260 bytes and one that fills the section up.
    const longest = (time: number) => {
      const descriptors = Array.from({ length: 16 }, (_, id) => {
        return segmentation({ id, typeId: 0x30, upid: [1, Buffer.alloc(id < 15 ? 238 : 229)] })
      })
      return spliceSection({ command: timeSignal(time), descriptors })
    }
    assert.equal(longest(1).length, 4096)
    const many = Array.from({ length: 5 }, (_, n) => longest(n))
    const { messages, badMessages } = probe(written(packed([...many, insert(1)], at(5))))
    assert.equal(messages?.length, 4)
    assert.deepEqual(badMessages, { 'too-large': 2 })
  })
})
