/** Media that the probe takes and that are broken all the same: the channel goes on, and players see a gap at most. */
import assert from 'node:assert/strict'
import { Bits } from '../fixtures/bits.ts'
import { type FixtureName, fixture } from '../fixtures/catalogue.ts'
import { edited, isAudio, isVideo, withPictures, withStream } from '../fixtures/edits.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { escaped, isParameterSet, unitType } from '../fixtures/nal-units.ts'
import { type Multiplex, readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { type Engine, Player } from '../judges/player.ts'
import { eventually } from '../judges/processes.ts'
import { seededRandom } from '../judges/random.ts'
import { Windrow } from '../judges/windrow.ts'
import { OUTPUTS } from '../matrix/outputs.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

const HOUR_MS = 3_600_000
const SPS = 7

/** What is done to the second and the fourth of five segments, or to the bytes they come to. */
type Damage = {
  readonly source: FixtureName
  readonly to?: (multiplex: Multiplex) => Multiplex
  readonly toBytes?: (bytes: Buffer) => Buffer
  /**
   * Chromium has no decoder for the sound, or gives up at pictures that are broken inside: nobody can tell beforehand.
   */
  readonly isUnplayable?: boolean
}

const random = seededRandom(20261125)

const DAMAGES: Readonly<Record<string, Damage>> = {
  'slices that are noise': {
    source: 'h264-aac',
    to: (multiplex) =>
      withPictures(multiplex, (units) =>
        units.map((unit) =>
          isParameterSet('h264', unit) || unit.length < 40
            ? unit
            : Buffer.concat([unit.subarray(0, 20), random.bytes(unit.length - 20)]),
        ),
      ),
    isUnplayable: true,
  },
  'a sequence parameter set of absurd size': {
    source: 'h264-aac',
    to: (multiplex) =>
      withPictures(multiplex, (units) => units.map((unit) => (unitType('h264', unit) === SPS ? absurdSps() : unit))),
  },
  'another program map in mid-segment': {
    source: 'h264-aac',
    toBytes: (bytes) => {
      const whole = readMultiplex(bytes)
      const half = whole.packets.length >> 1
      const more = { pid: 0x1f0, type: 0x0f, descriptors: Buffer.alloc(0) }
      const counters = new Map<number, number>()
      return Buffer.concat([
        writeMultiplex({ ...whole, packets: whole.packets.slice(0, half) }, counters),
        writeMultiplex(withStream({ ...whole, packets: whole.packets.slice(half) }, more, []), counters),
      ])
    },
  },
  'ADTS frames cut short': {
    source: 'h264-aac',
    to: (multiplex) => halved(multiplex),
  },
  'AC-3 frames cut short': {
    source: 'ac3-surround',
    to: (multiplex) => halved(multiplex),
    isUnplayable: true,
  },
  'pictures without their first half': {
    source: 'eight-slices',
    to: (multiplex) => ({
      ...multiplex,
      packets: multiplex.packets.map((pes) => {
        return isVideo(pes) ? { ...pes, payload: pes.payload.subarray(pes.payload.length >> 1) } : pes
      }),
    }),
    isUnplayable: true,
  },
  'a file cut off in the middle of a packet': {
    source: 'h264-aac',
    toBytes: (bytes) => bytes.subarray(0, Math.floor(bytes.length / 376) * 188 + 100),
  },
}

const PLAYERS: readonly (readonly [Engine, string])[] = [
  ['hls.js', 'cmaf'],
  ['shaka', 'dash-number'],
]

describe('damaged media', { concurrency: 2 }, () => {
  let windrow: Windrow
  let player: Player
  before(async () => {
    windrow = await Windrow.start()
    player = await Player.start()
  })
  after(async () => {
    await player?.stop()
    await windrow?.kill()
  })

  for (const [index, [what, damage]] of Object.entries(DAMAGES).entries()) {
    describe(what, () => {
      const urls = new Map<string, string>()
      before(async () => {
        const client = mediaPackage(windrow)
        const id = `damaged-${index}`
        const ingest = await createChannel(client, id)
        for (const output of OUTPUTS) urls.set(output.name, await output.create(client, id))
        await pushFixture(ingest, damaged(await fixture(damage.source), damage), Date.now() - HOUR_MS)
      })

      for (const output of OUTPUTS) {
        it(`leaves everything that ${output.name} lists to be had`, async () => {
          const url = urls.get(output.name)!
          await eventually(`${url} to be published`, async () => (await fetch(url)).ok || undefined)
          const { streams } = await output.view(url)
          assert.ok(
            streams.some(({ kind, runs }) => kind === 'variant' && runs.some(({ segments }) => segments.length > 0)),
          )
        })
      }

      for (const [engine, output] of damage.isUnplayable ? [] : PLAYERS) {
        it(`is played over by ${engine} (${output})`, async () => {
          const { frames } = await player.playToEnd(engine, urls.get(output)!, 2, { overHoles: true })
          assert.ok(frames > 0)
        })
      }
    })
  }
})

function damaged(source: Fixture, { to = (multiplex) => multiplex, toBytes = (bytes) => bytes }: Damage): Fixture {
  const streams = source.streams.map((stream) => {
    const changed = edited(stream.segments, (multiplex, index) => (index % 2 === 1 ? to(multiplex) : multiplex))
    const segments = changed.map((segment, index) => {
      return index % 2 === 1 ? { ...segment, bytes: toBytes(segment.bytes) } : segment
    })
    return { ...stream, segments }
  })
  return { ...source, streams }
}

function halved(multiplex: Multiplex): Multiplex {
  const packets = multiplex.packets.map((pes) => {
    return isAudio(pes) ? { ...pes, payload: pes.payload.subarray(0, Math.ceil(pes.payload.length * 0.6)) } : pes
  })
  return { ...multiplex, packets }
}

/** Baseline, 16 000 000 macroblocks wide and high. */
function absurdSps(): Buffer {
  const golomb = (bits: Bits, value: number) => {
    const length = 32 - Math.clz32(value + 1)
    return bits.put(length - 1, 0).put(length, value + 1)
  }
  const bits = new Bits().put(8, 0x67).put(8, 66).put(8, 0xc0).put(8, 30)
  for (const value of [0, 0, 2, 1]) golomb(bits, value)
  bits.put(1, 0)
  for (const value of [16_000_000, 16_000_000]) golomb(bits, value)
  return escaped(bits.put(5, 0b11001).bytes())
}
