import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needing } from '../programs.ts'
import { delayed, encodeLoop, type LoopRendition } from './loop.ts'
import { assertTracksCarry } from './packet-comparison.ts'
import { assertSamePackets, differences, type Packet, type Track, tracksOfSegments } from './packets.ts'
import { run, temporaryFolder, words } from './processes.ts'

const { after, before, describe, it } = needing('ffmpeg')

describe('the comparison of packets', () => {
  const packet = (pts: number, hash = `h${pts}`): Packet => ({ pts, dts: pts, size: 10, hash })
  const expected = [packet(1), packet(2), packet(3), packet(4)]
  const [one, two, three, four] = expected as [Packet, Packet, Packet, Packet]

  for (const { name, actual, complaints } of [
    { name: 'accepts equal packets', actual: expected, complaints: [] },
    { name: 'sees a lost one', actual: [one, two, four], complaints: [/^missing: packet 2, pts 3/] },
    { name: 'sees one given twice', actual: [one, two, two, three, four], complaints: [/^repeated: pts 2/] },
    { name: 'sees two exchanged', actual: [one, three, two, four], complaints: [/^moved: pts 2.*packet 1.*packet 2/] },
    { name: 'sees other bytes', actual: [one, packet(2, 'x'), three, four], complaints: [/^changed: packet 1.* x$/] },
    {
      name: 'sees another time',
      actual: [one, two, { ...three, pts: 9 }, four],
      complaints: [/^missing: packet 2/, /^unknown: pts 9/],
    },
    { name: 'sees one too many', actual: [...expected, packet(5)], complaints: [/^unknown: pts 5/] },
  ]) {
    it(name, () => {
      const found = differences(actual, expected)
      assert.equal(found.length, complaints.length, found.join('\n'))
      for (const [index, complaint] of complaints.entries()) assert.match(found[index]!, complaint)
    })
  }
})

describe('the packets of damaged media', () => {
  let loop: LoopRendition
  let segments: Buffer[]
  let whole: Track[]
  before(async () => {
    loop = (await encodeLoop())[0]!
    segments = Array.from({ length: 10 }, (_, number) => loop.segment(number))
    whole = await tracksOfSegments(segments)
  })

  /** What is said of the tracks of these segments, held against the whole ones. */
  async function complaint(damaged: readonly Buffer[]): Promise<string> {
    const tracks = await tracksOfSegments(damaged)
    const check = async () => {
      for (const [index, track] of whole.entries()) assertSamePackets(tracks[index], track, 'damaged')
    }
    return check().then(
      () => 'nothing',
      (error: Error) => error.message,
    )
  }

  it('are those of one picture and one sound track, whose times never jump where the loop begins again', () => {
    assert.deepEqual(
      whole.map(({ kind }) => kind),
      ['video', 'audio'],
    )
    const [video, audio] = whole as [Track, Track]
    assert.equal(video.packets.length, 100)
    for (const [track, step] of [
      [video, 9000],
      [audio, 1920],
    ] as const) {
      const times = track.packets.map(({ dts }) => dts)
      assert.deepEqual(
        times.slice(1).map((time, index) => time - times[index]!),
        times.slice(1).map(() => step),
      )
    }
  })

  it('are missed when a segment is left out', async () => {
    assert.match(await complaint(segments.toSpliced(4, 1)), /missing: packet 40/)
  })
  it('are noticed when a segment comes twice', async () => {
    assert.match(await complaint(segments.toSpliced(4, 0, segments[4]!)), /repeated/)
  })
  it('are noticed when two segments are exchanged', async () => {
    assert.match(await complaint(segments.toSpliced(4, 2, segments[5]!, segments[4]!)), /moved/)
  })
  it('are noticed when one transport packet is left out', async () => {
    const cut = Buffer.concat([segments[4]!.subarray(0, 188 * 5), segments[4]!.subarray(188 * 6)])
    assert.match(await complaint(segments.toSpliced(4, 1, cut)), /changed|missing/)
  })
  it('are noticed when one byte of a picture is another', async () => {
    const changed = Buffer.from(segments[4]!)
    changed[188 * 5 + 100]! ^= 1
    assert.match(await complaint(segments.toSpliced(4, 1, changed)), /changed/)
  })
  it('are noticed when the clock of a segment is a tick late', async () => {
    assert.match(await complaint(segments.toSpliced(4, 1, delayed(segments[4]!, 1))), /unknown|missing/)
  })

  describe('against what an encoder kept', () => {
    let kept: Parameters<typeof assertTracksCarry>[1]
    before(async () => {
      const folder = temporaryFolder('kept')
      const files = segments.map((bytes, index) => {
        const file = join(folder, `${index}.ts`)
        writeFileSync(file, bytes)
        return { file, start: index * 1000, end: (index + 1) * 1000 }
      })
      kept = [{ name: 'big', segments: files }]
    })

    it('pass when all are there, and are counted', async () => {
      assert.equal(await assertTracksCarry(whole, kept, 'all'), whole.flatMap(({ packets }) => packets).length)
    })
    it('fail when the sound is left out', async () => {
      await assert.rejects(assertTracksCarry([whole[0]!], kept, 'mute'), /mute: \d+ audio packets went in, 0 came out/)
    })
    it('fail when the picture comes in two renditions instead of one', async () => {
      await assert.rejects(assertTracksCarry([...whole, whole[0]!], kept, 'twice'), /1 video tracks went in, 2 came/)
    })
    it('fail when more is there than was asked for', async () => {
      const span = { from: 0, to: 9 }
      await assert.rejects(assertTracksCarry(whole, kept, 'span', span), /unknown/)
    })
  })

  after(async () => {
    // ffprobe must be able to fail at all.
    await assert.rejects(run('ffprobe', words('-v error /does/not/exist')), /ended with 1/)
  })
})
