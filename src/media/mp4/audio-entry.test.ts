import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FixtureName, fixture } from '../../../test/fixtures/catalogue.ts'
import { withRearChannels } from '../../../test/fixtures/dependent-substream.ts'
import { encodedBytes } from '../../../test/fixtures/encoded.ts'
import { timestampTag } from '../../../test/fixtures/timed-metadata.ts'
import { asMp4, demux, probeTs } from '../../../test/fuzz/demuxed.ts'
import { decodedFrames, encodeTs, run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { someOf } from '../../../test/whole.ts'
import { ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'
import { explicitSbr } from '../codecs/aac.ts'
import { demuxPackedAudio, PackedAudioProbe } from '../packed-audio.ts'
import type { Track } from '../sample.ts'
import type { AudioDescription } from '../track.ts'
import { readAudioEntry, writeAudioEntry } from './audio-entry.ts'
import { readBoxes } from './box.ts'

const { after, before, describe, it } = needing('ffmpeg')

const PACKAGER = new URL('../../../node_modules/shaka-packager/bin/packager-linux-x64', import.meta.url).pathname

type Sound = { readonly ts: Buffer; readonly description: AudioDescription; readonly track: Track }

/** The audio of a fixture's first segment. */
async function fixtureSound(name: FixtureName): Promise<Sound> {
  return soundOf((await fixture(name)).streams[0]!.segments[0]!.bytes)
}

function soundOf(ts: Buffer): Sound {
  const description = probeTs(ts).tracks.find(({ kind }) => kind === 'audio') as AudioDescription
  return { ts, description, track: demux(ts).tracks.find(({ pid }) => pid === description.pid)! }
}

const mp4Of = ({ description, track }: Omit<Sound, 'ts'>): Buffer => asMp4(track, [description])

/** Codec, profile, sample entry, rate and channels as ffprobe reads them. */
async function ffprobe(mp4: Buffer): Promise<string> {
  const entries = 'stream=codec_tag_string,codec_name,profile,sample_rate,channels'
  const line = await run('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'csv=p=0', 'pipe:0'], mp4)
  return String(line).trim().split(',').slice(0, 5).join()
}

describe('audio sample entries', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-audio-entry-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function fileOf(mp4: Buffer): Promise<string> {
    const file = join(folder, 'sound.mp4')
    await writeFile(file, mp4)
    return file
  }

  const shaka = async (mp4: Buffer) =>
    String(await run(PACKAGER, [`in=${await fileOf(mp4)}`, '--dump_stream_info', '--quiet']))

  const entries: [FixtureName, string, RegExp][] = [
    ['h264-aac', 'aac,LC,mp4a,48000,2', /codec_string: mp4a\.40\.2[\s\S]*num_channels: 2/],
    ['aac-44100', 'aac,LC,mp4a,44100,2', /codec_string: mp4a\.40\.2[\s\S]*sampling_frequency: 44100/],
    ['aac-surround', 'aac,LC,mp4a,48000,6', /codec_string: mp4a\.40\.2[\s\S]*num_channels: 6/],
    ['ac3-surround', 'ac3,unknown,ac-3,48000,6', /codec_string: ac-3[\s\S]*num_channels: 6/],
    ['eac3-surround', 'eac3,unknown,ec-3,48000,6', /codec_string: ec-3[\s\S]*num_channels: 6/],
    ['eac3-joint-objects', 'eac3,unknown,ec-3,48000,6', /codec_string: ec-3[\s\S]*num_channels: 6/],
  ]
  for (const [name, expected, dump] of someOf(entries, 2)) {
    it(`${name}: ffprobe and shaka-packager read it, and ffmpeg decodes the sound of the source`, async () => {
      const sound = await fixtureSound(name)
      const mp4 = mp4Of(sound)
      assert.equal(await ffprobe(mp4), expected)
      assert.match(await shaka(mp4), dump)
      assert.deepEqual(await decodedFrames(mp4, 'a:0'), await decodedFrames(sound.ts, 'a:0'))
    })
  }

  it('has channels that only the frames describe, as ffprobe and ffmpeg do', async () => {
    const sound = soundOf(await encodeTs('audio', ['-af', 'aformat=channel_layouts=quad']))
    assert.equal(sound.description.channels, 4)
    const mp4 = mp4Of(sound)
    assert.equal(await ffprobe(mp4), 'aac,LC,mp4a,48000,4')
    const layout = ['-v', 'error', '-show_entries', 'stream=channel_layout', '-of', 'csv=p=0', 'pipe:0']
    assert.equal(String(await run('ffprobe', layout, mp4)).trim(), 'quad')
    assert.deepEqual(await decodedFrames(mp4, 'a:0'), await decodedFrames(sound.ts, 'a:0'))
  })

  const efficient: [FixtureName, 5 | 29, string, string][] = [
    ['aac-he-v1', 5, 'aac,HE-AAC,mp4a,48000,2', 'mp4a.40.5'],
    ['aac-he-v2', 29, 'aac,HE-AACv2,mp4a,48000,2', 'mp4a.40.29'],
  ]
  for (const [name, objectType, expected, codec] of efficient) {
    it(`${name}, signalled explicitly: read and decoded by ffmpeg, and by its configuration in shaka-packager`, async () => {
      const sound = await fixtureSound(name)
      const configuration = explicitSbr(sound.description.configuration, objectType)
      const mp4 = mp4Of({ ...sound, description: { ...sound.description, codec, configuration } })
      assert.equal(await ffprobe(mp4), expected)
      assert.match(await shaka(mp4), new RegExp(`codec_string: ${codec.replaceAll('.', '\\.')}\\s`))
      const decoded = await decodedFrames(mp4, 'a:0')
      assert.deepEqual(decoded, await decodedFrames(sound.ts, 'a:0'))
      assert.ok(decoded.length > 40)
    })
  }

  it('counts the channels of a dependent substream, as shaka-packager does by the entry alone', async () => {
    const raw = async (channels: number, rate: string) => {
      const source = ['-v', 'error', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '0.2']
      return encodedBytes('ffmpeg', [
        ...source,
        '-ac',
        `${channels}`,
        '-c:a',
        'eac3',
        '-b:a',
        rate,
        '-f',
        'eac3',
        'pipe:1',
      ])
    }
    const frames = withRearChannels(await raw(6, '384k'), await raw(2, '192k'))
    const segment = Buffer.concat([timestampTag(900_000), frames])
    const probe = new PackedAudioProbe()
    probe.push(segment)
    const description = probe.end().tracks[0] as AudioDescription
    assert.equal(description.channels, 8)
    const track = demuxPackedAudio(segment)!
    const mp4 = mp4Of({ description, track })
    assert.match(await shaka(mp4), /codec_string: ec-3[\s\S]*num_channels: 8/)
    // Both substreams of a time make one sample.
    assert.deepEqual(new Set(track.samples.sizes), new Set([1536 + 772]))
    assert.equal(track.media.length, frames.length)
  })

  it('says joint object coding where shaka-packager finds it', async () => {
    const { description, track } = await fixtureSound('eac3-joint-objects')
    assert.equal(description.jointObjectCoding, 16)
    const input = await fileOf(mp4Of({ description, track }))
    const [output, master] = ['out.mp4', 'main.m3u8'].map((name) => join(folder, name))
    const stream = `in=${input},stream=audio,output=${output},playlist_name=a.m3u8,hls_group_id=a,hls_name=a`
    await run(PACKAGER, [stream, '--hls_master_playlist_output', master!, '--quiet'])
    assert.match(String(await readFile(master!)), /CHANNELS="16\/JOC"/)
  })

  it('are read back', async () => {
    for (const name of ['aac-surround', 'ac3-surround', 'eac3-joint-objects'] as const) {
      const { kind, pid: _pid, language: _language, ...said } = (await fixtureSound(name)).description
      const writer = new ByteWriter()
      writeAudioEntry(writer, said)
      const [box] = readBoxes(new ByteReader(writer.result()))
      assert.deepEqual(readAudioEntry(box!), { kind, ...said })
    }
  })

  it('are refused without their configuration', () => {
    const writer = new ByteWriter()
    writeAudioEntry(writer, {
      codec: 'ac-3',
      configuration: '103d40',
      sampleRate: 48_000,
      channels: 6,
      samplesPerFrame: 1536,
    })
    const bytes = writer.result()
    bytes[bytes.indexOf(0x64, 30)] = 0x78 // dac3
    const [box] = readBoxes(new ByteReader(bytes))
    assert.throws(() => readAudioEntry(box!), MalformedMedia)
  })
})
