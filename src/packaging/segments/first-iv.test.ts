import assert from 'node:assert/strict'
import { protectedChannel } from '../../../test/keys/protected-channel.ts'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import { systemsEncryption } from '../../../test/keys/sample-systems.ts'
import { NOON, outputSegments } from '../../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { needing } from '../../../test/programs.ts'
import { SeveralRanges } from '../../harvest/window/several-ranges.ts'
import { ByteReader } from '../../media/bytes.ts'
import { boxAt, readBoxes, readFullBoxHeader } from '../../media/mp4/box.ts'
import { readCmafFragments } from '../../media/mp4/cmaf.ts'
import { emptySamples } from '../../media/sample.ts'
import { allSteps } from '../../media/steps.ts'
import { ticks, utcMs } from '../../media/time.ts'
import { type Loss, mendedSegment } from '../../model/harvest-losses.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import { asRecorded, recordedIn } from '../../model/recorded-segment.ts'
import { cmaf } from '../cmaf/format.ts'
import { dash } from '../dash/format.ts'
import type { OutputFormat, SegmentBatch } from '../output-format.ts'
import { readWindow } from '../paged-window.ts'
import { ShownWindow } from '../shown-window.ts'
import { firstIvOf, numberedIv } from './first-iv.ts'
import type { EdgeSegment } from './segment-samples.ts'

const { before, describe, it } = needing('ffmpeg')

const encryption = systemsEncryption('CENC')
const [SEGMENT] = outputSegments(1, [{}]) as [OutputSegment]
const numbered = (number: number, outputTimeline = 1) => asRecorded({ ...SEGMENT, number }, outputTimeline)
const NO_SAMPLES = { samples: emptySamples(0), media: [] }

describe('the first IV of a segment', () => {
  it('never stands for two samples in a day of all tracks, also where content decides', () => {
    // Two-second segments, 20 tracks and their key frames; sound has most samples, a frame each 2.5 ms.
    const count = 800
    const firsts: bigint[] = []
    for (const guid of ['a', 'b']) {
      const endpoint = cmafEndpoint({ encryption }, { guid })
      for (let number = 1; number <= 3000; number++) {
        const segment = numbered(number === 3000 ? 2 ** 36 - 1 : number * 14)
        for (let n = 1; n <= 20; n++) {
          for (const areKeyFrames of [false, true]) {
            firsts.push(numberedIv({ endpoint, track: { n: n * 7 }, segment, areKeyFrames })!)
          }
        }
      }
      for (let number = 1; number <= 5000; number++) {
        const media = [Buffer.from(`cut ${number}`)]
        const part = { endpoint, track: { n: 1 }, segment: { ...SEGMENT, number }, areKeyFrames: false }
        firsts.push(allSteps(firstIvOf(part, { samples: emptySamples(count), media })))
      }
    }
    const sorted = BigUint64Array.from(firsts).sort()
    assert.equal(sorted.length, 2 * (3000 * 40 + 5000))
    const apart = sorted.every((first, i) => i === 0 || first - sorted[i - 1]! >= count)
    const around = sorted[0]! + 2n ** 64n - sorted.at(-1)! >= count
    assert.ok(apart && around)
  })

  it('differs with what its numbers refer to, and is the same for all manifests of an endpoint', () => {
    const iv = (endpoint: OriginEndpoint, segment = numbered(9)) =>
      numberedIv({ endpoint, track: { n: 1 }, segment, areKeyFrames: false })
    const endpoint = cmafEndpoint({ encryption })
    const ivs = [
      iv(endpoint),
      iv(cmafEndpoint({ encryption }, { guid: 'another' })),
      // As long segments as before, after others: a job that began then goes on with the numbers of then.
      iv(endpoint, numbered(9, 2)),
    ]
    assert.equal(new Set(ivs).size, ivs.length)
    assert.equal(iv(dashEndpoint({ encryption })), iv(cmafEndpoint({ encryption }, { id: 'renamed' })))
  })

  it('follows from the samples where numbers are too high to tell', () => {
    const endpoint = cmafEndpoint({ encryption })
    const part = { endpoint, areKeyFrames: false }
    assert.equal(numberedIv({ ...part, track: { n: 2048 }, segment: numbered(1) }), undefined)
    assert.equal(numberedIv({ ...part, track: { n: 1 }, segment: numbered(2 ** 36) }), undefined)
    const iv = (n: number) => allSteps(firstIvOf({ ...part, track: { n }, segment: numbered(1) }, NO_SAMPLES))
    assert.equal(iv(2048), iv(2049))
  })
})

async function all(batches: AsyncIterable<SegmentBatch>): Promise<readonly SegmentBatch[]> {
  const found: SegmentBatch[] = []
  for await (const batch of batches) found.push(batch)
  return found
}

/** IVs of samples in hexadecimal, and the samples in the clear. */
type Ciphered = { readonly iv: string; readonly sample: string }

describe('samples under one key', () => {
  let channel: Awaited<ReturnType<typeof protectedChannel>>
  before(async () => {
    channel = await protectedChannel('h264')
  })

  /** What a segment shows, encrypted and in the clear. */
  async function ciphered(
    [format, made]: readonly [OutputFormat, (hidden?: typeof encryption) => OriginEndpoint],
    path: string,
    segment: OutputSegment,
  ): Promise<readonly Ciphered[]> {
    const [era] = channel.window.eras
    const index = Object.assign(Object.create(channel.archive), {
      outputSegment: async () => ({ segment, era: { ...era!, id: segment.era } }),
    })
    const bytes = async (endpoint: OriginEndpoint) => {
      const request = format.resolve(endpoint, path)
      assert.ok(request?.kind === 'segment')
      const body = await request.body(index, channel.archive.media(), sampleKeys())
      assert.ok(typeof body === 'object' && body.kind === 'bytes', path)
      return Buffer.concat(body.parts)
    }
    const [hidden, clear] = [await bytes(made(encryption)), await bytes(made())]
    const [{ samples, media }] = readCmafFragments(clear) as [ReturnType<typeof readCmafFragments>[number]]
    let at = 0
    return ivsOf(hidden).map((iv, i) => {
      const sample = Buffer.from(media.subarray(at, at + samples.sizes[i]!)).toString('base64')
      at += samples.sizes[i]!
      return { iv, sample }
    })
  }

  const HLS = [
    cmaf,
    (hidden?: typeof encryption) =>
      cmafEndpoint({ includeIframeOnlyStream: true, ...(hidden && { encryption: hidden }) }),
  ] as const
  const DASH = [
    dash,
    (hidden?: typeof encryption) =>
      dashEndpoint({ includeIframeOnlyStream: true, ...(hidden && { encryption: hidden }) }),
  ] as const

  /** Everything that may be shown under the numbers of the channel: as recorded, and in every way changed. */
  async function allVariants(): Promise<ReadonlyMap<string, OutputSegment>> {
    const { window, archive } = channel
    const endpoint = cmafEndpoint({ encryption })
    const [one, two, three] = window.segments as [OutputSegment, OutputSegment, OutputSegment]
    const span = { start: one.startUtc, end: utcMs(NOON + 60_000) }
    const edge = await archive.edge(endpoint)
    assert.ok(edge)
    const paged = await readWindow(
      { edge: async () => edge, range: () => archive.range(endpoint, span, edge) },
      endpoint,
      span,
    )
    assert.ok(paged)
    const [batch] = (await all(paged.batches())) as readonly [SegmentBatch]
    const replacement = two.slots[0]!.objects[1]!
    const place = { number: 4, slot: 0, stream: 1, track: 'video', start: one.startUtc, end: two.startUtc }
    const losses: readonly Loss[] = [{ ...place, key: 'h264-0', reason: 'missing', replacement }]
    const [mended] = (await all(paged.mended(losses).batches())) as readonly [SegmentBatch]
    const ranges = SeveralRanges.of([
      { span, window: paged.part(({ number }) => number > 4)! },
      { span, window: paged },
    ])
    const ranged = (await all(ranges.batches())).flatMap(({ segments }) => segments)
    const cutAt = (time: number) => [
      {
        ...span,
        numbers: { after: 0, last: 99 },
        begins: undefined,
        ends: { segment: one, time: ticks(time) },
      },
    ]
    const cut = (time: number) => ShownWindow.ofCuts(paged.summary, cutAt(time)).batch(batch).segments[0]!
    const edged = (more: Partial<EdgeSegment>) => {
      const changed = { start: one.start, startUtc: one.startUtc, duration: one.duration, pictures: new Map(), ...more }
      const edges = { segments: new Map([[4, changed]]), eras: new Map(), close: async () => {} }
      return ShownWindow.ofEdges(paged.summary, edges).batch(batch).segments[0]!
    }
    const half = ticks(one.start + 90_000)
    return new Map([
      ['live', asRecorded(one, archive.outputTimeline)],
      ['live, the next', asRecorded(two, archive.outputTimeline)],
      ['harvested', batch.segments[0]!],
      ['harvested, the next', batch.segments[1]!],
      ['beside what is mended', mended.segments[1]!],
      ['mended', mended.segments[0]!],
      ['mended in memory', mendedSegment(one, losses)],
      ['cut after 1 s', cut(half)],
      ['cut after 1.5 s', cut(half + 45_000)],
      ['cut at its start', edged({ start: half, duration: ticks(90_000), isCutAtStart: true })],
      ['encoded anew', edged({ pictures: new Map([[1, { first: 0, end: 40 }]]) })],
      ...ranged.map((segment, i) => [`of a range, ${i}`, segment] as const),
      ['a copy', { ...three }],
    ])
  }

  it('are as recorded only where nothing has changed what numbers refer to', async () => {
    const recorded = [...(await allVariants())].flatMap(([name, segment]) =>
      recordedIn(segment) === undefined ? [] : [name],
    )
    const plain = ['live', 'live, the next', 'harvested', 'harvested, the next', 'beside what is mended']
    assert.deepEqual(recorded, plain)
  })

  it('never share an IV unless they are the same, however a number is shown', async () => {
    const samples = new Map<string, string>()
    let count = 0
    for (const [name, segment] of await allVariants()) {
      const { number, era } = segment
      const paths = [
        ...['video_1', 'audio_2', 'audio_3', 'iframe_1'].map(
          (track) => [HLS, `sports_${track}_${number}.mp4`] as const,
        ),
        ...['video_1', 'audio_2', 'iframe_1'].map((track) => [DASH, `index_${track}_${era}_${number}.mp4`] as const),
      ]
      for (const [format, path] of paths) {
        for (const { iv, sample } of await ciphered(format, path, segment)) {
          const same = samples.get(iv) ?? sample
          assert.ok(same === sample, `${name}, ${path}: ${iv} stands for two samples`)
          samples.set(iv, sample)
          count++
        }
      }
    }
    // Of those that show the same, not one has another IV.
    assert.ok(samples.size > 1000 && samples.size < count / 2, `${samples.size} of ${count}`)
  })
})

/** The IVs of senc, with subsamples or without. */
function ivsOf(segment: Uint8Array): readonly string[] {
  const moof = readBoxes(new ByteReader(segment)).find(({ type }) => type === 'moof')!
  const { body } = boxAt(moof, 'traf', 'senc')
  const hasSubsamples = readFullBoxHeader(body).flags === 2
  return Array.from({ length: body.u32() }, () => {
    const iv = Buffer.from(body.view(8)).toString('hex')
    if (hasSubsamples) body.skip(6 * body.u16())
    return iv
  })
}
