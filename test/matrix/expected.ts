/** What must come out, by what ffmpeg reads from what went in. */
import type { Fixture, FixtureStream } from '../fixtures/fixture.ts'
import { type SampleTrack, samplesOfEach } from '../judges/samples.ts'
import type { Output } from './outputs.ts'

export type ExpectedTrack = {
  /** Name of the fixture's stream. */
  readonly stream: string
  readonly kind: string
  readonly codec: string
  /** Of each run of segments on one timeline. */
  readonly runs: readonly SampleTrack[]
}

export type Expected = {
  /** As pushed: what passes through is held against this. */
  readonly verbatim: readonly ExpectedTrack[]
  /** As said plainly: what is packaged anew is held against this. */
  readonly plain: readonly ExpectedTrack[]
}

export async function expectedOf(fixture: Fixture): Promise<Expected> {
  const tracks = (bytesOf: (stream: FixtureStream) => readonly Buffer[] | undefined) => {
    const streams = fixture.streams.flatMap((stream) => {
      const segments = bytesOf(stream)
      return segments ? [{ name: stream.name, segments }] : []
    })
    return tracksOf(streams, fixture.eras ?? [0])
  }
  const pushed = ({ extension, segments }: FixtureStream) => {
    return extension === 'ts' ? segments.map(({ bytes }) => bytes) : undefined
  }
  const verbatim = await tracks(pushed)
  const plain = fixture.plain ? await tracks((stream) => fixture.plain?.[stream.name] ?? pushed(stream)) : verbatim
  return { verbatim, plain }
}

/** What is expected of one output. */
export function expectedAt(
  { verbatim, plain }: Expected,
  fixture: Fixture,
  { name, wrapping }: Output,
): ExpectedTrack[] {
  if (wrapping === 'mpegts') return [...verbatim]
  const made = plain.filter(({ kind }) => kind === 'video' || kind === 'audio')
  // Smooth Streaming describes a track once for all: pictures begin with the last description that the source gave.
  const isCut = name === 'mss' && fixture.reconfigured
  return isCut ? made.map((track) => (track.kind === 'video' ? lastRunOf(track) : track)) : made
}

function lastRunOf(track: ExpectedTrack): ExpectedTrack {
  const runs = track.runs.map((run, at) => (at === track.runs.length - 1 ? run : { ...run, samples: [] }))
  return { ...track, runs }
}

/** One ffmpeg reads them all. */
async function tracksOf(
  streams: readonly { readonly name: string; readonly segments: readonly Buffer[] }[],
  eras: readonly number[],
): Promise<ExpectedTrack[]> {
  const read = await samplesOfEach(
    streams.flatMap(({ segments }) =>
      eras.map((from, at) => ({ input: segments.slice(from, eras[at + 1]), wrapping: 'mpegts' as const })),
    ),
  )
  return streams.flatMap(({ name }) => {
    const runs = read.splice(0, eras.length)
    return runs[0]!.map(({ kind, codec }, index) => {
      return { stream: name, kind, codec, runs: runs.map((run) => run[index]!) }
    })
  })
}
