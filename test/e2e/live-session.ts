import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLadder, type KeptRendition, readCopy, startPush } from '../judges/encoder.ts'
import type { MachineWatch } from '../judges/machine.ts'
import { assertCarries } from '../judges/packet-comparison.ts'
import { firstRendition, type SeenRendition, watchLive } from '../judges/playlists.ts'
import { eventually, type Running, start, temporaryFolder, words } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'

const SOURCE_SEGMENT_SECONDS = 2

/** Every way the session's ladder is served: so many source segments in one, audio in the variants or by itself. */
const ENDPOINTS = [1, 2, 3].flatMap((sources) =>
  [false, true].map((splitsAudio) => ({
    name: `${sources}-${splitsAudio ? 'split' : 'muxed'}`,
    sources,
    splitsAudio,
  })),
)

export type LiveEndpoint = (typeof ENDPOINTS)[number] & {
  readonly url: string
  /** What a viewer was given, from the first segment to the encoder's end. */
  readonly seen: Promise<SeenRendition[]>
}

export type LiveSession = {
  readonly windrow: Windrow
  readonly encoder: Running
  readonly endpoints: readonly LiveEndpoint[]
  /** Resolves when there is enough of it for a player to begin. */
  onAir(): Promise<void>
  /** What the encoder kept, once it has ended. */
  kept(): Promise<KeptRendition[]>
}

/** An encoder at work for so many seconds, and a viewer at each endpoint from the beginning. */
export async function startLiveSession(seconds: number): Promise<LiveSession> {
  // Encoded beforehand: an encoder that is kept from running for longer than an input may be silent loses what it is
  // late with.
  const encoded = await encodeLadder(seconds, SOURCE_SEGMENT_SECONDS)
  const windrow = await Windrow.start()
  const client = mediaPackage(windrow)
  const ingest = await createChannel(client, 'news')
  const endpoints: LiveEndpoint[] = []
  for (const endpoint of ENDPOINTS) {
    const url = await createHlsEndpoint(client, 'news', endpoint.name, {
      SegmentDurationSeconds: endpoint.sources * SOURCE_SEGMENT_SECONDS,
      UseAudioRenditionGroup: endpoint.splitsAudio,
      PlaylistWindowSeconds: 60,
    })
    const seen = watchLive(url)
    // Whoever asks for it is told; until then the others go on.
    seen.catch(() => {})
    endpoints.push({ ...endpoint, url, seen })
  }
  const copy = temporaryFolder('copy')
  const encoder = startPush({ ingest, copy, seconds, encoded, segmentSeconds: SOURCE_SEGMENT_SECONDS })
  return {
    windrow,
    encoder,
    endpoints,
    async onAir() {
      const [{ url }] = endpoints as [LiveEndpoint]
      await eventually(`three segments at ${url}`, async () => (await firstRendition(url)).length >= 3 || undefined)
    },
    async kept() {
      const code = await encoder.ended
      const said = encoder.said()
      if (code !== 0 || /error|fail/i.test(said)) throw new Error(`the encoder ended with ${code}: ${said}`)
      return readCopy(copy)
    },
  }
}

/** Throws unless the endpoint gave its viewer everything that went in; gives the packets compared. */
export async function judgeEndpoint(session: LiveSession, endpoint: LiveEndpoint): Promise<number> {
  const kept = await session.kept()
  const seen = await endpoint.seen
  const { name, sources, splitsAudio } = endpoint
  const audio = seen.filter(({ kind }) => kind === 'audio').length
  if (audio > 0 !== splitsAudio) throw new Error(`${name} has ${audio} audio renditions`)
  const count = kept[0]!.segments.length
  for (const { url, segments } of seen) {
    if (segments.length !== Math.ceil(count / sources)) {
      throw new Error(`${url} gave ${segments.length} segments of ${count} source segments`)
    }
    expectDates(url, segments, kept[0]!, sources)
  }
  return assertCarries(seen, kept, name)
}

/**
 * Every segment that took longer to come than it takes to play a source segment, but for what the machine was late by;
 * a line each.
 */
export async function lateSegments({ seen }: LiveEndpoint, machine: MachineWatch): Promise<string[]> {
  const all = (await seen).flatMap(({ segments }) => segments)
  const judged = all.map(async ({ url, fetched }) => {
    if (!fetched) return []
    const took = fetched.to - fetched.from
    // Most come at once, and the account of the machine need not be asked.
    if (took <= SOURCE_SEGMENT_SECONDS * 1000) return []
    const late = await machine.lateness(fetched.from, fetched.to)
    if (took - late <= SOURCE_SEGMENT_SECONDS * 1000) return []
    return [`${url} took ${took.toFixed(0)} ms, the machine was late by ${late.toFixed(0)} ms`]
  })
  return (await Promise.all(judged)).flat()
}

/** Dates are the encoder's own: its clock is the presentation's. */
function expectDates(url: string, segments: SeenRendition['segments'], kept: KeptRendition, sources: number): void {
  for (const [index, { number, date }] of segments.entries()) {
    const expected = kept.segments[index * sources]!.start
    const off = (date?.getTime() ?? Number.NaN) - expected
    if (!(Math.abs(off) <= 50)) {
      throw new Error(
        `${url}: number ${number} is dated ${date?.toISOString()}, the encoder says ${new Date(expected).toISOString()}`,
      )
    }
  }
}

/** ffmpeg as a player that forgives nothing: every rendition is decoded, from the first segment listed to the end. */
export function playWithFfmpeg(url: string): Running {
  return start('ffmpeg', [
    ...words(`-hide_banner -nostdin -loglevel warning -xerror -live_start_index 0 -i ${url} -map 0`),
    ...words('-fps_mode passthrough -f framehash -hash crc32 -'),
  ])
}
