/** Which of the listed segments are fetched in a look, and what must hold for their bytes. */

import { MalformedMedia } from '../media/bytes.ts'
import { PACKET_SIZE, SYNC_BYTE } from '../media/ts/packet.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Viewer } from '../origin/viewer.ts'
import { type Begin, beginOfFragment, beginsOfTs } from './begins.ts'
import type { Finding } from './invariants.ts'
import type { Entry, TrackListing } from './listings/listing.ts'
import type { EndpointMemory } from './memory.ts'
import { sample } from './sampled-bytes.ts'

/** Times of different timescales are rounded. Seconds. */
const ROUNDING = 0.001
/**
 * Audio of fragmented MP4 is cut where the segments of the source end, between its PES packets, whose length nobody
 * knows any more; muxers put up to 0.35 s of audio into one. Seconds.
 */
const LONGEST_PES_PACKET = 0.4

type Asked = { readonly viewer: Viewer; readonly endpoint: OriginEndpoint; readonly memory: EndpointMemory }

/** A listed segment, and the path of its header, where it has one. */
type Listed = { readonly listing: TrackListing; readonly entry: Entry; readonly header: string | undefined }

/**
 * Fetches a few of the listed segments, other ones in each look: in one the newest of a video, and of an audio beside
 * it; in the next the oldest of any, and one that was fetched before.
 */
export async function segmentFindings(listings: readonly TrackListing[], asked: Asked): Promise<readonly Finding[]> {
  const { looks } = asked.memory
  const turn = Math.floor(looks / 2)
  return looks % 2 === 0 ? newestFindings(listings, turn, asked) : olderFindings(listings, turn, asked)
}

async function newestFindings(
  listings: readonly TrackListing[],
  turn: number,
  asked: Asked,
): Promise<readonly Finding[]> {
  const videos = listings.filter(({ kind, entries }) => kind === 'video' && entries.length > 0)
  // Of those of several Periods, the newest.
  const newest = videos.filter((listing) => groupOf(listing) === groupOf(videos.at(-1)!))
  const video = listedAt(inTurn(newest, turn), -1)
  if (!video) return headerFindings(listings, turn, asked)
  const audio = companionOf(video, listings, turn)
  const findings: Finding[] = []
  const begins: (readonly [Begin | undefined, Begin | undefined])[] = []
  for (const listed of [video, ...(audio ? [audio] : [])]) {
    const fetched = await fetchBegins(listed, asked)
    findings.push(...fetched.findings)
    begins.push([fetched.video, fetched.audio])
  }
  const ofVideo = begins.map(([begin]) => begin).find((begin) => begin)
  const ofAudio = begins.map(([, begin]) => begin).find((begin) => begin)
  if (ofVideo && ofAudio && !asked.endpoint.packaging.encryption && isContinued(video)) {
    const apart = Math.abs(ofVideo.time - ofAudio.time)
    const unit = video.header === undefined ? Math.max(ofVideo.unit, ofAudio.unit) : LONGEST_PES_PACKET
    const most = unit + ROUNDING
    if (apart > most) {
      findings.push({
        invariant: 'tracks-begin-together',
        path: video.entry.path ?? '',
        seen: `video at ${ofVideo.time.toFixed(3)} s, audio at ${ofAudio.time.toFixed(3)} s`,
        expected: `at most ${most.toFixed(3)} s between them`,
        sequence: video.entry.sequence,
      })
    }
  }
  return findings
}

/** Where an encoder begins, one track may begin before another. */
function isContinued({ listing, entry }: Listed): boolean {
  const before = listing.entries.at(listing.entries.indexOf(entry) - 1)
  return (
    before !== undefined &&
    before !== entry &&
    before.sequence < entry.sequence &&
    before.discontinuity === entry.discontinuity &&
    !before.isGap
  )
}

async function olderFindings(
  listings: readonly TrackListing[],
  turn: number,
  asked: Asked,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const filled = listings.filter(({ entries }) => entries.length > 0)
  const oldest = listedAt(inTurn(filled, turn), 0)
  const listed = new Set(listings.flatMap(({ entries }) => entries.map(({ path }) => path)))
  const known = [...asked.memory.bytes.keys()].find((path) => listed.has(path))
  for (const path of new Set([oldest?.entry.path, known])) {
    if (path !== undefined) findings.push(...(await sampled(path, asked)).findings)
  }
  return findings
}

/** Of an MPD whose segments are counted by the clock, the headers alone are known to be there. */
async function headerFindings(
  listings: readonly TrackListing[],
  turn: number,
  asked: Asked,
): Promise<readonly Finding[]> {
  const headed = listings.filter((listing) => listing.header !== undefined)
  const header = inTurn(headed, turn)?.header
  return header === undefined ? [] : (await sampled(header, asked)).findings
}

function sampled(path: string, { viewer, endpoint, memory }: Asked) {
  return sample(viewer, endpoint, path, memory)
}

function inTurn<T>(all: readonly T[], turn: number): T | undefined {
  return all[turn % Math.max(all.length, 1)]
}

function listedAt(listing: TrackListing | undefined, place: 0 | -1): Listed | undefined {
  const isThere = ({ isGap, path }: Entry) => isGap !== true && path !== undefined
  const entry = place === 0 ? listing?.entries.find(isThere) : listing?.entries.findLast(isThere)
  return listing && entry && { listing, entry, header: entry.header ?? listing.header }
}

/** The segment of an audio track beside that of a video track. */
function companionOf({ listing, entry }: Listed, listings: readonly TrackListing[], turn: number): Listed | undefined {
  const place = listing.entries.indexOf(entry)
  const beside = listings.filter((each) => each.kind === 'audio' && groupOf(each) === groupOf(listing))
  const audio = inTurn(beside, turn)
  if (!audio) return undefined
  const own =
    listing.path === audio.path
      ? audio.entries.length === listing.entries.length
        ? audio.entries[place]
        : undefined
      : audio.entries.find(({ sequence }) => sequence === entry.sequence)
  if (!own || own.isGap || own.path === undefined) return undefined
  return { listing: audio, entry: own, header: own.header ?? audio.header }
}

/** The Period of a Representation; playlists are all of one group. */
function groupOf({ name, path }: TrackListing): string {
  return name === path ? '' : name.slice(0, name.indexOf('/'))
}

type Fetched = { readonly findings: readonly Finding[]; readonly video?: Begin; readonly audio?: Begin }

/** Fetches a segment and its header, and reads when its tracks begin, where that can be read. */
async function fetchBegins({ listing, entry, header }: Listed, asked: Asked): Promise<Fetched> {
  const ofSegment = await sampled(entry.path!, asked)
  const ofHeader = header === undefined ? undefined : await sampled(header, asked)
  const findings = [...ofSegment.findings, ...(ofHeader?.findings ?? [])]
  const { head } = ofSegment
  if (!head || asked.endpoint.packaging.encryption) return { findings }
  try {
    if (ofHeader) {
      const begin = ofHeader.head && beginOfFragment(head, ofHeader.head)
      return { findings, ...(begin && (listing.kind === 'audio' ? { audio: begin } : { video: begin })) }
    }
    return asked.endpoint.packaging.container === 'TS' && isTransportStream(head)
      ? { findings, ...beginsOfTs(head) }
      : { findings }
  } catch (error) {
    if (!(error instanceof MalformedMedia)) throw error
    const finding = { path: entry.path!, seen: error.message, expected: 'its timestamps', sequence: entry.sequence }
    return { findings: [...findings, { invariant: 'tracks-begin-together', ...finding } as const] }
  }
}

/** Audio may be packed without a transport stream, RFC 8216 §3.4. */
function isTransportStream(head: Uint8Array): boolean {
  return head[0] === SYNC_BYTE && (head.length <= PACKET_SIZE || head[PACKET_SIZE] === SYNC_BYTE)
}
