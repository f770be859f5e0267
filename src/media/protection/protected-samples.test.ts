import assert from 'node:assert/strict'
import { createCipheriv, createHash } from 'node:crypto'
import { demux, probeTs } from '../../../test/fuzz/demuxed.ts'
import { encodeTs } from '../../../test/fuzz/media-samples.ts'
import {
  framesOf,
  packaged,
  packagerDecrypted,
  packagerKey,
  packetsOf,
  type RawKey,
} from '../../../test/judges/decrypted.ts'
import { mp4boxFile } from '../../../test/judges/mp4box-file.ts'
import { needing } from '../../../test/programs.ts'
import { ByteReader } from '../bytes.ts'
import type { CbcEncryption } from '../cbc.ts'
import { sliceHeadersOf } from '../codecs/slice-headers.ts'
import { boxAt, readBoxes, readFullBoxHeader } from '../mp4/box.ts'
import { writeCmafHeader, writeCmafSegment } from '../mp4/cmaf.ts'
import type { ProtectionSystem } from '../mp4/protection-system.ts'
import type { Subsample } from '../mp4/sample-encryption.ts'
import type { ProtectionScheme, TrackEncryption } from '../mp4/track-encryption.ts'
import { type SampleTable, samplesBetween, sizeOf, type Track } from '../sample.ts'
import { allSteps } from '../steps.ts'
import type { AudioDescription, VideoDescription } from '../track.ts'
import { type FragmentCipher, protectedSamples, type StartCounter } from './protected-samples.ts'

const { before, describe, it } = needing('ffmpeg')

type Described = Track & { readonly description: VideoDescription | AudioDescription }

const sha256 = (text: string) => createHash('sha256').update(text).digest().subarray(0, 16)
const keyOf = (name: string): RawKey => ({ id: sha256(`id of ${name}`), key: sha256(name) })
const FIRST = keyOf('first')
const SECOND = keyOf('second')
const IV = sha256('iv')
const SYSTEM: ProtectionSystem = { systemId: sha256('system'), keyIds: [FIRST.id], data: sha256('data') }

function counting({ key }: RawKey): StartCounter {
  return (block) => {
    const cipher = createCipheriv('aes-128-ctr', key, block)
    return (piece) => cipher.update(piece)
  }
}

const chaining =
  ({ key }: RawKey): CbcEncryption =>
  (iv, blocks) =>
    createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(blocks)

const encryptionOf = (scheme: ProtectionScheme, { id }: RawKey): TrackEncryption =>
  scheme === 'cenc' ? { scheme, keyId: id } : { scheme, keyId: id, constantIv: IV }

const cipherOf = (scheme: ProtectionScheme, key: RawKey, segment: number): FragmentCipher =>
  scheme === 'cenc'
    ? { scheme, start: counting(key), firstIv: BigInt(segment) << 16n }
    : { scheme, encrypt: chaining(key), constantIv: IV }

function tracksOf(ts: Buffer): Described[] {
  const { tracks } = probeTs(ts)
  return demux(ts).tracks.map((track) => {
    const description = tracks.find(({ pid }) => pid === track.pid)
    assert.ok(description?.kind === 'video' || description?.kind === 'audio')
    return { ...track, description }
  })
}

function protect(track: Pick<Described, 'samples' | 'media' | 'description'>, cipher: FragmentCipher) {
  const { samples, media, description } = track
  // Pieces that end within samples, as those of no source do.
  const pieces = [media.subarray(0, 1000), media.subarray(1000, 1001), media.subarray(1001)]
  const slices = description.kind === 'video' ? { slices: sliceHeadersOf(description) } : {}
  return allSteps(protectedSamples({ samples, media: pieces, ...slices }, cipher))
}

/** The halves of a track's samples. */
function bounded({ samples }: Described): SampleTable[] {
  const half = Math.floor(samples.count / 2)
  return [samplesBetween(samples, 0, half), samplesBetween(samples, half, samples.count)]
}

/** A header and two fragments, clear or encrypted; the second has the key `next` if there is one. */
function fragments(track: Described, scheme?: ProtectionScheme, next?: RawKey): Buffer[] {
  const { media, timescale, description } = track
  const encrypted = scheme && { encryption: encryptionOf(scheme, FIRST), systems: [SYSTEM] }
  const header = writeCmafHeader({ id: 1, timescale, entry: description, ...encrypted })
  let at = 0
  const parts = bounded(track).map((samples, nth) => {
    const size = sizeOf(samples, 0, samples.count)
    const clear = { samples, media: media.subarray(at, at + size), description }
    at += size
    const fragment = { sequenceNumber: nth + 1, trackId: 1, samples }
    if (!scheme) return Buffer.concat(writeCmafSegment({ ...fragment, media: [clear.media] }))
    const key = nth === 0 ? FIRST : (next ?? FIRST)
    const { media: hidden, ...rest } = protect(clear, cipherOf(scheme, key, 2 ** 33 + nth))
    const group = next && {
      group: { encryption: encryptionOf(scheme, key), kind: description.kind },
      systems: [SYSTEM],
    }
    return Buffer.concat(writeCmafSegment({ ...fragment, media: [hidden], encryption: { ...rest, ...group } }))
  })
  return [Buffer.from(header), ...parts]
}

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  h264: ['-x264-params', 'slices=3:weightp=2:keyint=25'],
  hevc: ['-c:v', 'libx265', '-x265-params', 'log-level=none:pools=1:slices=2:ctu=16:keyint=25', '-tag:v', 'hvc1'],
}

describe('encrypted fragments', () => {
  const tracks = new Map<string, Described>()
  before(async () => {
    for (const [codec, args] of Object.entries(SOURCES)) {
      const [video, audio] = tracksOf(await encodeTs('both', ['-t', '1', '-s', '160x90', '-threads', '1', ...args]))
      tracks.set(codec, video!)
      tracks.set('aac', audio!)
    }
  })
  for (const name of ['h264', 'hevc', 'aac']) {
    it(`decrypt in ffmpeg and shaka-packager to the clear frames: ${name}`, async () => {
      const track = tracks.get(name)!
      const clear = Buffer.concat(fragments(track))
      const [frames, packets] = [await framesOf(clear), await packetsOf(clear)]
      assert.ok(frames.length >= 25)
      for (const scheme of ['cenc', 'cbcs'] as const) {
        const hidden = Buffer.concat(fragments(track, scheme))
        assert.deepEqual(await framesOf(hidden, FIRST), frames)
        assert.deepEqual(await packetsOf(await packagerDecrypted(hidden, track.description.kind, FIRST)), packets)
      }
    })
  }

  it('decrypt in ffmpeg key period by key period, and with no other key', async () => {
    const track = tracks.get('h264')!
    const packets = await packetsOf(Buffer.concat(fragments(track)))
    const [one, two] = [packets.slice(0, bounded(track)[0]!.count), packets.slice(bounded(track)[0]!.count)]
    for (const scheme of ['cenc', 'cbcs'] as const) {
      const [header, ...hidden] = fragments(track, scheme, SECOND)
      assert.deepEqual(await packetsOf(Buffer.concat([header!, hidden[0]!]), FIRST), one)
      assert.deepEqual(await packetsOf(Buffer.concat([header!, hidden[1]!]), SECOND), two)
      const wrong = await packetsOf(Buffer.concat([header!, hidden[1]!]), FIRST)
      assert.deepEqual(
        wrong.filter((packet) => two.includes(packet)),
        [],
      )
    }
  })

  for (const name of ['h264', 'hevc']) {
    it(`have the subsamples that shaka-packager gives the same samples: ${name}`, async () => {
      const track = tracks.get(name)!
      for (const scheme of ['cenc', 'cbcs'] as const) {
        const options = ['--enable_raw_key_encryption', '--keys', packagerKey(FIRST), '--clear_lead', '0']
        const clear = Buffer.concat(fragments(track))
        const theirs = await packaged(clear, 'video', ...options, '--protection_scheme', scheme)
        const expected = subsamplesOf(theirs, scheme)
        assert.equal(expected.length, track.samples.count)
        assert.deepEqual(subsamplesOf(Buffer.concat(fragments(track, scheme)), scheme), expected)
      }
    })
  }

  for (const name of ['h264', 'aac']) {
    for (const scheme of ['cenc', 'cbcs'] as const) {
      it(`are read by mp4box as they are meant: ${name}, ${scheme}`, () => {
        const track = tracks.get(name)!
        const isVideo = track.kind === 'video'
        const file = Buffer.concat(fragments(track, scheme, SECOND))
        const { moov, moofs } = mp4boxFile(file)
        const pattern = scheme === 'cbcs' && isVideo ? [1, 9] : [0, 0]
        const ivSize = scheme === 'cenc' ? 8 : 0
        const [entry] = moov!.traks[0]!.mdia.minf.stbl.stsd.entries
        const [first, second, system] = [FIRST.id, SECOND.id, SYSTEM.systemId].map((id) =>
          Buffer.from(id).toString('hex'),
        )
        assert.equal(entry!.type, isVideo ? 'encv' : 'enca')
        matches(entry, {
          sinf: {
            frma: { data_format: isVideo ? 'avc1' : 'mp4a' },
            schm: { scheme_type: scheme, scheme_version: 0x10000 },
            schi: {
              tenc: {
                version: scheme === 'cbcs' ? 1 : 0,
                ...(scheme === 'cbcs' && { default_crypt_byte_block: pattern[0], default_skip_byte_block: pattern[1] }),
                default_isProtected: 1,
                default_Per_Sample_IV_Size: ivSize,
                default_KID: first,
                ...(scheme === 'cbcs' && { default_constant_IV: IV.toString('hex') }),
              },
            },
          },
        })
        matches(moov, { psshs: [{ version: 1, system_id: system, kid: [first] }] })
        for (const [nth, moof] of moofs.entries()) {
          matches(moof, { pssh: { system_id: system, protection_data: Buffer.from(SYSTEM.data).toString('hex') } })
          const [traf] = moof.trafs
          const { count } = bounded(track)[nth]!
          const group = { crypt_byte_block: pattern[0], skip_byte_block: pattern[1], Per_Sample_IV_Size: ivSize }
          matches(traf, {
            sgpds: [{ version: 1, grouping_type: 'seig', entries: [{ ...group, KID: nth === 0 ? first : second }] }],
            sbgps: [{ grouping_type: 'seig', entries: [{ sample_count: count, group_description_index: 0x10001 }] }],
          })
          const types = traf!.boxes!.map(({ type }) => type)
          const auxiliary = scheme === 'cbcs' && !isVideo ? [] : ['saiz', 'saio', 'senc']
          assert.deepEqual(types, ['tfhd', 'tfdt', 'trun', 'sbgp', 'sgpd', ...auxiliary])
          if (auxiliary.length === 0) continue
          const { saiz, saio, senc } = traf as unknown as Record<string, Record<string, unknown> & { start: number }>
          // From the moof to the first entry of senc, behind its header and count.
          assert.deepEqual(saio!['offset'], [senc!.start + 16 - moof.start!])
          const sizes = saiz!['sample_info_size'] as number[]
          const total = sizes.reduce((sum, size) => sum + size, (saiz!['default_sample_info_size'] as number) * count)
          assert.equal(senc!['size'], 16 + total)
        }
      })
    }
  }

  it('leave the clear samples as they were', () => {
    const track = tracks.get('h264')!
    const before = Buffer.from(track.media)
    const { media } = protect(track, cipherOf('cenc', FIRST, 1))
    assert.notDeepEqual(Buffer.from(media), before)
    assert.deepEqual(Buffer.from(track.media), before)
  })
})

/** Compares what mp4box has read, whose classes and buffers do not matter, with fields that it must have. */
function matches(actual: unknown, expected: unknown): void {
  const plain = (value: unknown) => {
    const bytes = (_: string, each: unknown) => (each instanceof Uint8Array ? Buffer.from(each).toString('hex') : each)
    return JSON.parse(JSON.stringify(value, bytes))
  }
  assert.partialDeepStrictEqual(plain(actual), plain(expected))
}

/** The subsamples of all samples of a file, by senc alone. */
function subsamplesOf(file: Buffer, scheme: ProtectionScheme): (readonly Subsample[])[] {
  const moofs = readBoxes(new ByteReader(file)).filter(({ type }) => type === 'moof')
  return moofs.flatMap((moof) => {
    const { body } = boxAt(moof, 'traf', 'senc')
    assert.equal(readFullBoxHeader(body).flags, 2)
    return Array.from({ length: body.u32() }, () => {
      body.skip(scheme === 'cenc' ? 8 : 0)
      return Array.from({ length: body.u16() }, () => ({ clear: body.u16(), protected: body.u32() }))
    })
  })
}
