/** Which of the listed segments are fetched in a look, and what must hold for their bytes. */

import { MalformedMedia } from '../media/bytes.ts'
import { PACKET_SIZE, SYNC_BYTE } from '../media/ts/packet.ts'
import { type Begin, beginOfFragment, beginsOfTs } from './begins.ts'
import type { Finding } from './invariants.ts'
import { type Entry, placeOfNumber, type TrackListing } from './listings/listing.ts'
import { type Asked, sample } from './sampled-bytes.ts'

/** Times of different timescales are rounded. Seconds. */
const ROUNDING = 0.001
/**
 * Audio of fragmented MP4 is cut where the segments of the source end, between its PES packets, whose length nobody
 * knows any more; muxers put up to 0.35 s of audio into one. Seconds.
 */
const LONGEST_PES_PACKET = 0.4
/** Gaps that are passed at either end of a listing, in search of a segment. */
const MOST_PASSED = 1000

/** A listed segment whose path is known, and that of its header, where it has one. */
type Listed = {
  readonly listing: TrackListing
  readonly place: number
  readonly entry: Entry
  readonly path: string
  readonly header: string | undefined
}

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
        path: video.path,
        seen: `video at ${ofVideo.time.toFixed(3)} s, audio at ${ofAudio.time.toFixed(3)} s`,
        expected: `at most ${most.toFixed(3)} s between them`,
        sequence: video.entry.sequence,
      })
    }
  }
  return findings
}

/** Where an encoder begins, one track may begin before another. */
function isContinued({ listing, place, entry }: Listed): boolean {
  const before = place === 0 ? undefined : listing.entries.at(place - 1)
  return (
    before !== undefined &&
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
  const known = knownIn(listings, asked)
  for (const listed of [oldest, known?.path === oldest?.path ? undefined : known]) {
    if (listed) findings.push(...(await sampled(listed, asked)).findings)
  }
  return findings
}

/** The segment that was fetched longest ago of those that are still listed. */
function knownIn(listings: readonly TrackListing[], { memory }: Asked): Listed | undefined {
  for (const [path, { segment }] of memory.bytes) {
    const listing = listings.find(({ name }) => name === segment?.listing)
    const place = listing && placeOfNumber(segment!.sequence, listing.entries)
    const listed = place === undefined ? undefined : listedIn(listing!, place)
    if (listed?.path === path) return listed
  }
  return undefined
}

/** Of an MPD whose segments are counted by the clock, the headers alone are known to be there. */
async function headerFindings(
  listings: readonly TrackListing[],
  turn: number,
  asked: Asked,
): Promise<readonly Finding[]> {
  const headed = listings.filter((listing) => listing.header !== undefined)
  const header = inTurn(headed, turn)?.header
  return header === undefined ? [] : (await sample(asked, header)).findings
}

function sampled({ listing, path, entry }: Listed, asked: Asked) {
  return sample(asked, path, { listing: listing.name, sequence: entry.sequence })
}

function inTurn<T>(all: readonly T[], turn: number): T | undefined {
  return all[turn % Math.max(all.length, 1)]
}

/** The first or the last segment of a track that can be fetched. */
function listedAt(listing: TrackListing | undefined, from: 0 | -1): Listed | undefined {
  for (let i = 0; listing && i < Math.min(listing.entries.length, MOST_PASSED); i++) {
    const listed = listedIn(listing, from === 0 ? i : listing.entries.length - 1 - i)
    if (listed) return listed
  }
  return undefined
}

/** The segment at a place, where it can be fetched. */
function listedIn(listing: TrackListing, place: number): Listed | undefined {
  const entry = listing.entries.at(place)
  if (entry?.path === undefined || entry.isGap) return undefined
  return { listing, place, entry, path: entry.path, header: entry.header ?? listing.header }
}

/** The segment of an audio track beside that of a video track. */
function companionOf(
  { listing, place, entry }: Listed,
  listings: readonly TrackListing[],
  turn: number,
): Listed | undefined {
  const beside = listings.filter((each) => each.kind === 'audio' && groupOf(each) === groupOf(listing))
  const audio = inTurn(beside, turn)
  if (!audio) return undefined
  const sameLength = audio.entries.length === listing.entries.length ? place : undefined
  const own = listing.path === audio.path ? sameLength : placeOfNumber(entry.sequence, audio.entries)
  return own === undefined ? undefined : listedIn(audio, own)
}

/** The Period of a Representation; playlists are all of one group. */
function groupOf({ name, path }: TrackListing): string {
  return name === path ? '' : name.slice(0, name.indexOf('/'))
}

type Fetched = { readonly findings: readonly Finding[]; readonly video?: Begin; readonly audio?: Begin }

/** Fetches a segment and its header, and reads when its tracks begin, where that can be read. */
async function fetchBegins(listed: Listed, asked: Asked): Promise<Fetched> {
  const { listing, entry, path, header } = listed
  const ofSegment = await sampled(listed, asked)
  const ofHeader = header === undefined ? undefined : await sample(asked, header)
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
    const finding = { path, seen: error.message, expected: 'its timestamps', sequence: entry.sequence }
    return { findings: [...findings, { invariant: 'tracks-begin-together', ...finding } as const] }
  }
}

/** Audio may be packed without a transport stream, RFC 8216 §3.4. */
function isTransportStream(head: Uint8Array): boolean {
  return head[0] === SYNC_BYTE && (head.length <= PACKET_SIZE || head[PACKET_SIZE] === SYNC_BYTE)
}
