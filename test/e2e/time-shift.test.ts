import assert from 'node:assert/strict'
import { encodeLoop } from '../judges/loop.ts'
import { MachineWatch } from '../judges/machine.ts'
import { Player } from '../judges/player.ts'
import { eventually } from '../judges/processes.ts'
import { type SampleTrack, samplesOf } from '../judges/samples.ts'
import { needing } from '../programs.ts'
import { joined, TroubledChannel } from './shown-timeline.ts'
import { DELAY_SECONDS, type Format, framesDecoded, PastChannel } from './time-shift.ts'

const { after, before, describe, it } = needing('chromium', 'ffmpeg')

const FORMATS: readonly Format[] = ['hls', 'cmaf', 'dash', 'mss']
const FRAME_RATE = 10

/** Within the encoder's first run, and over its beginning anew at 16 s; all on boundaries of output segments. */
const SPANS = [
  { from: 8, to: 14 },
  { from: 10, to: 22 },
]

describe('a window of the past', () => {
  let channel: PastChannel
  let player: Player
  before(async () => {
    ;[channel, player] = await Promise.all([PastChannel.start(), Player.start()])
  })
  after(async () => {
    await player?.stop()
    await channel?.stop()
  })

  for (const span of SPANS) {
    for (const format of FORMATS) {
      it(`holds every sample of ${span.from} to ${span.to} s in ${format}, and no other`, async () => {
        const sent = await channel.sent(span)
        const shown = await channel.shown(format, span)
        for (const { kind, files } of shown) {
          const wrapping = format === 'hls' ? 'mpegts' : 'mp4'
          const read = await Promise.all(files.map((input) => samplesOf({ input, wrapping, decode: format !== 'mss' })))
          const kinds = format === 'hls' ? (['video', 'audio'] as const) : [kind]
          for (const each of kinds) {
            const wanted = sent.map((tracks) => ofKind(tracks, each))
            const found = read.map((tracks) => ofKind(tracks, each))
            if (format !== 'mss') assert.equal(found.length, wanted.length, 'runs of the encoder')
            const [hashes, sentHashes] = [found, wanted].map((runs) =>
              runs.flatMap(({ samples }) => samples.map(({ hash }) => hash)),
            )
            assert.deepEqual(hashes, sentHashes)
            if (format !== 'mss') for (const [i, track] of found.entries()) assertSameTimes(track, wanted[i]!)
          }
        }
      })
    }
  }

  for (const format of ['hls', 'cmaf', 'dash'] as const) {
    it(`is played by ffmpeg from its beginning to its end in ${format}`, async () => {
      const [span] = SPANS
      assert.equal(await framesDecoded(channel.url(format, span!)), (span!.to - span!.from) * FRAME_RATE)
    })
  }

  for (const [engine, format] of [
    ['hls.js', 'hls'],
    ['hls.js', 'cmaf'],
    ['shaka', 'dash'],
    ['dash.js', 'dash'],
    ['dash.js', 'mss'],
  ] as const) {
    // hls.js places fragmented MP4 by its decoding times: at a discontinuity it sees a hole of a frame, here 100 ms.
    for (const span of format === 'cmaf' ? SPANS.slice(0, 1) : SPANS) {
      it(`is played by ${engine} from ${span.from} to ${span.to} s in ${format}`, async () => {
        const { duration } = await player.playToEnd(engine, channel.url(format, span), 4)
        assert.ok(Math.abs(duration - (span.to - span.from)) < 0.3, `${duration} s`)
      })
    }
  }

  it('is told by a timeline as playlists list it: switches of inputs, gaps of one rendition and of all', async () => {
    const troubled = await TroubledChannel.push(channel.windrow, await encodeLoop())
    const [timeline, [first, ...others]] = await Promise.all([troubled.timeline(0.05), troubled.listed()])
    const { outputs, inputs } = timeline
    const [output, ...more] = outputs
    assert.ok(output && first)
    assert.deepEqual([more, others.length, timeline.isTruncated], [[], 1, false])
    assert.deepEqual(output.content, joined(first.spans))
    const parts = [first, ...others].flatMap(({ stream, spans }) =>
      joined(spans.filter(({ gap }) => gap)).map((gap) => ({ ...gap, streams: [stream], count: 1 })),
    )
    assert.equal(parts.length, 1)
    const [before, behind] = joined(first.spans)
    const hole = { startTime: before!.endTime, endTime: behind!.startTime, count: 1 }
    assert.deepEqual(output.gaps, [...parts, hole])
    const at = (seconds: number) => new Date(troubled.began + seconds * 1000).toISOString()
    const breaks = first.spans.filter(({ discontinuity }) => discontinuity)
    assert.deepEqual(
      output.discontinuities,
      breaks.map(({ start }) => ({ time: new Date(start).toISOString(), count: 1 })),
    )
    const [ownId, otherId] = inputs.map(({ ingestEndpointId }) => ingestEndpointId)
    assert.equal(output.ingestEndpointId, ownId)
    assert.deepEqual(output.inputSwitches, [
      { time: at(8), ingestEndpointId: otherId, count: 1 },
      { time: at(60), ingestEndpointId: ownId, count: 1 },
    ])
    assert.deepEqual(
      inputs.map(({ content, eras }) => [content, eras.map(({ reason }) => reason)]),
      [
        [
          [
            { startTime: at(0), endTime: at(8) },
            { startTime: at(60), endTime: at(65) },
          ],
          [undefined, 'TIMESTAMPS'],
        ],
        [[{ startTime: at(0), endTime: at(12) }], [undefined]],
      ],
    )
    // Each segment begins with a key frame.
    const begins = first.spans.map(({ start }) => ({ time: new Date(start).toISOString() }))
    assert.deepEqual(timeline.keyFrames, begins)
    assert.deepEqual(
      timeline.pictures,
      joined(first.spans).map((span) => ({
        ...span,
        count: (FRAME_RATE * (Date.parse(span.endTime) - Date.parse(span.startTime))) / 1000,
        frameRate: { numerator: FRAME_RATE, denominator: 1 },
      })),
    )
  })

  it('is the live edge where that is delayed: of so many seconds ago', async () => {
    const before = await channel.newest('hls')
    await eventually('what was pushed at first', async () => (await channel.newest('delayed')) === before || undefined)
    const machine = await MachineWatch.start()
    const begun = performance.now()
    await channel.pushNext(2)
    const pushed = performance.now()
    assert.equal(await channel.newest('hls'), before + 1)
    await eventually('what was pushed', async () => (await channel.newest('delayed')) !== before || undefined)
    const seen = performance.now()
    const late = await machine.lateness(pushed, seen)
    await machine.stop()
    assert.ok(seen - begun > (DELAY_SECONDS - 1) * 1000, `after ${seen - begun} ms`)
    const most = (DELAY_SECONDS + 2) * 1000
    assert.ok(seen - pushed < most + late, `after ${seen - pushed} ms, the machine was late by ${late} ms`)
  })
})

function ofKind(tracks: readonly SampleTrack[], kind: string): SampleTrack {
  const found = tracks.filter((track) => track.kind === kind)
  assert.equal(found.length, 1, `${found.length} ${kind} tracks`)
  return found[0]!
}

/** Since the first of them, to a tenth of a millisecond. */
function assertSameTimes(found: SampleTrack, wanted: SampleTrack): void {
  const times = ({ samples, timescale }: SampleTrack) => samples.map(({ pts }) => (pts - samples[0]!.pts) / timescale)
  const expected = times(wanted)
  for (const [i, time] of times(found).entries()) {
    assert.ok(Math.abs(time - expected[i]!) < 0.0002, `${i}: ${time} s for ${expected[i]} s`)
  }
}
