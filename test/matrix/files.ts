/** What a harvest makes of a fixture in whole files, judged by what went in. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFile, MP4BoxBuffer } from 'mp4box'
import type { Fixture } from '../fixtures/fixture.ts'
import type { Cue } from '../fixtures/web-vtt.ts'
import { harvested } from '../judges/aws.ts'
import { chaptersOf } from '../judges/chapters.ts'
import { run } from '../judges/processes.ts'
import { PACKAGER } from '../judges/reference-packager.ts'
import { samplesOfEach } from '../judges/samples.ts'
import type { Windrow } from '../judges/windrow.ts'
import { assertSameTracks, type GivenTrack } from './compare.ts'
import { plain, webVttCues } from './cues.ts'
import type { Expected, ExpectedTrack } from './expected.ts'

/** Harvests the HLS endpoint of a channel of the matrix; gives the folder of the files. */
export async function harvestFiles(
  windrow: Windrow,
  channel: string,
  window: { readonly start: number; readonly end: number },
  { plain }: Expected,
  { cues, tags }: Fixture,
): Promise<string> {
  const hasSound = plain.some(({ kind }) => kind === 'audio')
  const deliverables = [
    { kind: 'MP4', renditions: 'ALL', ...(tags && { chapters: 'ID3' }) },
    ...(hasSound ? [{ kind: 'AUDIO' }] : []),
    ...(cues ? [{ kind: 'SUBTITLES' }] : []),
    { kind: 'METADATA' },
  ]
  const asked = { id: channel, originEndpointId: `${channel}-hls`, file: 'all.mp4', deliverables }
  return harvested(windrow, { ...asked, ...window })
}

export async function judgeFiles(folder: string, made: Fixture, expected: Expected): Promise<void> {
  const names = readdirSync(folder)
  await judgeMovies(
    folder,
    names.filter((name) => /\.(mp4|m4a)$/.test(name)),
    expected.plain.filter(({ kind }) => kind === 'video' || kind === 'audio'),
    made,
  )
  for (const [at, { language, cues }] of (made.cues ?? []).entries()) {
    judgeSubtitles(join(folder, `all_${language}.vtt`), cues)
    await judgeTimedText(join(folder, 'all.mp4'), at, cues)
  }
  judgeMetadata(join(folder, 'all.json'), made)
  if (made.tags) await judgeChapters(join(folder, 'all.mp4'), join(folder, 'all.json'))
}

/** Every picture is in one file, and every sound in each file; ffmpeg decodes them all, and mp4box reads them. */
async function judgeMovies(
  folder: string,
  names: readonly string[],
  expected: readonly ExpectedTrack[],
  made: Fixture,
): Promise<void> {
  const inputs = names.map((name) => join(folder, name))
  const read = await samplesOfEach(inputs.map((input) => ({ input, wrapping: 'mp4' as const, decode: true })))
  const tracks = names.flatMap((name, at) =>
    read[at]!.filter(({ kind }) => kind !== 'subtitle' && kind !== 'data').map(
      ({ kind, codec, ...run }): GivenTrack => ({ name, kind, codec, runs: [{ kind, codec, ...run }] }),
    ),
  )
  const isSound = ({ kind }: { readonly kind: string }) => kind === 'audio'
  const inFile = (name: string | undefined) => tracks.filter((track) => isSound(track) && track.name === name)
  const whole = inFile(names.find((name) => name.endsWith('.m4a')))
  const sound = expected.filter(isSound)
  // Sound of a segment whose pictures cannot be decoded is lost with them.
  const kept = made.name.startsWith('starts') ? sound.map((track) => lastOf(track, whole)) : sound
  if (kept.length > 0) assertSameTracks(whole, kept, { ownClock: true })
  const movies = names.filter((name) => name.endsWith('.mp4'))
  for (const movie of movies) {
    const heard = inFile(movie)
    // What is heard before the first picture is there, and is not played.
    const wanted = [...expected.filter((track) => !isSound(track)), ...sound.map((track) => lastOf(track, heard))]
    if (movie === movies[0]) {
      const pictures = tracks.filter((track) => !isSound(track))
      assertSameTracks([...pictures, ...heard], wanted, { ownClock: true })
    } else {
      assert.deepEqual(heard.map(hashesOf).toSorted(), inFile(movies[0]).map(hashesOf).toSorted(), movie)
    }
  }
  for (const [at, input] of inputs.entries()) {
    assertMp4boxReads(input, read[at]!)
    await assertPackagerReads(input, new Set(read[at]!.map(({ kind }) => kind)))
  }
}

/** A track without as many of its first samples as those that came out lack. */
function lastOf(track: ExpectedTrack, given: readonly GivenTrack[]): ExpectedTrack {
  const all = track.runs.flatMap(({ samples }) => samples)
  const begins = (hash: string) => given.some(({ runs }) => runs[0]!.samples[0]?.hash === hash)
  let left = Math.max(
    0,
    all.findIndex(({ hash }) => begins(hash)),
  )
  const runs = track.runs.map((run) => {
    const skipped = Math.min(left, run.samples.length)
    left -= skipped
    return { ...run, samples: run.samples.slice(skipped) }
  })
  return { ...track, runs }
}

const hashesOf = ({ runs }: GivenTrack) => runs.flatMap(({ samples }) => samples.map(({ hash }) => hash)).join()

/** shaka-packager reads every sample of the pictures and of the sound. */
async function assertPackagerReads(input: string, kinds: ReadonlySet<string>): Promise<void> {
  const streams = ['video', 'audio'].filter((kind) => kinds.has(kind))
  const copies = streams.map((kind) => `in=${input},stream=${kind},output=${input}.${kind}.mp4`)
  await run(PACKAGER, [...copies, '--dump_stream_info'])
}

function assertMp4boxReads(input: string, tracks: readonly { readonly samples: readonly unknown[] }[]): void {
  const bytes = readFileSync(input)
  const file = createFile()
  let problem = ''
  file.onError = (...said: unknown[]) => {
    problem = String(said)
  }
  file.appendBuffer(
    MP4BoxBuffer.fromArrayBuffer(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), 0),
  )
  file.flush()
  assert.equal(problem, '', `${input}: mp4box says ${problem}`)
  const info = file.getInfo()
  assert.equal(info.tracks.length, tracks.length, input)
  for (const { id, nb_samples } of info.tracks) {
    const samples = file.getTrackSamplesInfo(id)
    assert.equal(samples.length, nb_samples)
    for (const { offset, size } of samples)
      assert.ok(offset + size <= bytes.length, `${input}: a sample beyond the end`)
  }
}

/** Each cue once, at its time from the beginning of the clip. */
function judgeSubtitles(file: string, expected: readonly Cue[]): void {
  const sorted = (cues: readonly Cue[]) => cues.map(lineOf).toSorted()
  assert.deepEqual(sorted(webVttCues(readFileSync(file, 'utf8'))), sorted(expected.map(plainCue)), file)
}

const lineOf = ({ start, end, text }: Cue) => `${start.toFixed(2)} ${end.toFixed(2)} ${text}`
const plainCue = (cue: Cue): Cue => ({ ...cue, text: plain(cue.text) })

/** What ffmpeg reads of a text track: cues at their times, those that are shown at once in lines of one text. */
async function judgeTimedText(file: string, track: number, expected: readonly Cue[]): Promise<void> {
  const text = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', `0:s:${track}`, '-f', 'webvtt', '-'])
  const shownAt = (cues: readonly Cue[], time: number) =>
    cues.filter(({ start, end }) => start <= time && time < end).flatMap((cue) => plain(cue.text).split('\n'))
  const given = webVttCues(text.toString())
  for (let time = 0.05; time < expected.at(-1)!.end + 1; time += 0.1) {
    assert.deepEqual(
      shownAt(given, time).toSorted(),
      shownAt(expected, time).toSorted(),
      `${file}: track ${track} at ${time} s`,
    )
  }
}

/** Every tag, at its distance from the first. */
function judgeMetadata(file: string, { tags = [] }: Fixture): void {
  const { events } = JSON.parse(readFileSync(file, 'utf8')) as { events: { time: number; data: string }[] }
  assert.deepEqual(
    events.map(({ data }) => data),
    tags.map(({ tag }) => tag.toString('base64')),
    file,
  )
  for (const [at, { time }] of events.entries()) {
    const wanted = (tags[at]!.pts - tags[0]!.pts) / 90_000
    assert.ok(Math.abs(time - events[0]!.time - wanted) < 0.002, `${file}: tag ${at} at ${time} s`)
  }
}

/** Each tag has a title of its own, and begins a chapter when it is due. */
async function judgeChapters(file: string, metadata: string): Promise<void> {
  const { events } = JSON.parse(readFileSync(metadata, 'utf8')) as { events: { time: number }[] }
  const named = (await chaptersOf(file)).filter(([, , title]) => title !== '')
  assert.equal(named.length, events.length, file)
  for (const [at, [start]] of named.entries()) {
    assert.ok(Math.abs(start - events[at]!.time) < 0.002, `${file}: chapter ${at} at ${start} s`)
  }
}
