import type { UtcMs } from '../../media/time.ts'
import type { TimelineState } from './state.ts'

/** A habit for the encoder's owner: what the encoder does and what becomes of it, and what the owner can do. */
type HabitText = { readonly sentence: string; readonly remedy: string }

/**
 * What encoders do that is corrected or left out. To add one: a row here, and `noteHabit` where the step notices it, or
 * a FoundHabit with the event where somebody else does.
 */
export const HABITS = {
  'ad-events-left-out': {
    sentence:
      'SCTE-35 messages told of more than 64 events at a time, or of times far from theirs: some are left out or end early.',
    remedy: 'Signal splices within 12 hours before and an hour after their time, and end or cancel what has begun.',
  },
  'ad-messages-unreadable': {
    sentence: 'A segment carries SCTE-35 messages that cannot be read, or more than are kept; those are left out.',
    remedy: 'Send whole, unencrypted sections with a right CRC, and no more than some for each segment.',
  },
  'ad-tags-differ': {
    sentence: 'Video variants list different ad tags before one segment; those of the first variant are taken.',
    remedy: 'Write the same ad tags into the playlists of all variants.',
  },
  'ad-tags-late': {
    sentence: 'An ad tag was listed when its segment had been published already; it is left out.',
    remedy: 'List ad tags with the segment they stand before, when it is first listed.',
  },
  'ad-tags-left-out': {
    sentence:
      'Ad tags before a segment are left out: more than 16, longer than 4 KiB, 16 KiB in all, or not printable.',
    remedy: 'Write fewer or shorter ad tags before one segment, without control characters.',
  },
  'attribute-list-malformed': {
    sentence: 'An attribute list has parts that are no NAME=value; they are left out, and the others are read.',
    remedy: 'Separate attributes by commas, and write each as NAME=value with an upper-case name.',
  },
  'attribute-quotes-wrong': {
    sentence: 'An attribute has quotes where it takes none, or lacks them; its value is read all the same.',
    remedy: 'Write strings in double quotes, and numbers, resolutions and enumerated values without.',
  },
  'attribute-twice': {
    sentence: 'An attribute stands twice in one tag; the first is taken.',
    remedy: 'Write each attribute once.',
  },
  'attribute-unreadable': {
    sentence: 'The value of an attribute is not of its form; it is read as what it seems to mean, else left out.',
    remedy: 'Write the value as RFC 8216 has it: RESOLUTION=1280x720, FRAME-RATE=29.970, BANDWIDTH in whole bits.',
  },
  'bandwidth-missing': {
    sentence: 'A variant has no BANDWIDTH that can be read; AVERAGE-BANDWIDTH or what its segments take stands for it.',
    remedy: 'Give every EXT-X-STREAM-INF a BANDWIDTH: manifest filters and stream selection go by it.',
  },
  'byte-order-mark': {
    sentence: 'A playlist begins with a byte order mark, which is left out.',
    remedy: 'Write playlists as UTF-8 without a byte order mark; players may refuse them.',
  },
  'captions-undeclared': {
    sentence:
      'Pictures carry captions that the parent playlist does not declare; they stay there, and no manifest tells of them.',
    remedy: 'Declare them by EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS with their INSTREAM-ID, in the group of the variant.',
  },
  'carriage-return-lines': {
    sentence: 'The lines of a playlist end with a carriage return alone; they are taken for lines.',
    remedy: 'End lines with a line feed, or carriage return and line feed.',
  },
  'character-unreadable': {
    sentence: 'A tag has control characters; it is read without them.',
    remedy: 'Write playlists without control characters.',
  },
  'cut-otherwise': {
    sentence:
      'The segments of a stream begin at other times than those of the first; each is listed with its own duration.',
    remedy: 'Cut all streams at the same times, so that players can switch between them without loading media twice.',
  },
  'date-malformed': {
    sentence: 'A date is not written as ISO 8601 has it; it is read as what it can only mean.',
    remedy: 'Write EXT-X-PROGRAM-DATE-TIME as 2026-05-03T00:01:08.040Z.',
  },
  'date-unreadable': {
    sentence: 'A date cannot be read; its segment is taken without it, and the dates before and after it count.',
    remedy: 'Write EXT-X-PROGRAM-DATE-TIME as 2026-05-03T00:01:08.040Z.',
  },
  'date-without-zone': {
    sentence: 'A date names no time zone; it is taken for UTC.',
    remedy: 'End EXT-X-PROGRAM-DATE-TIME with Z or an offset such as +01:00.',
  },
  'dates-back': {
    sentence: 'Dates went back by more than two segments while timestamps ran on; a discontinuity separates them.',
    remedy: 'Let the clock of the encoder be set by NTP, and slew it rather than step it.',
  },
  'dates-off': {
    sentence: 'Dates and timestamps ran apart; the dates were followed from there on.',
    remedy: 'Let the clock of the encoder be set by NTP, and slew it rather than step it.',
  },
  'extinf-malformed': {
    sentence: 'An EXTINF is not written as a number and a comma; it is read as what it can only mean.',
    remedy: 'Write EXTINF with a decimal point and a comma behind the number, whatever the locale: #EXTINF:2.000,',
  },
  'extinf-missing': {
    sentence: 'A segment has no EXTINF that can be read; the target duration stands for it.',
    remedy: 'Write the duration of every segment before its name.',
  },
  'extinf-without-segment': {
    sentence: 'An EXTINF has no segment behind it, and is left out.',
    remedy: 'Write one EXTINF for each segment, followed by its name.',
  },
  'extinf-wrong': {
    sentence: 'EXTINF differs from what the timestamps say by more than a tenth of a second; the timestamps count.',
    remedy: 'Write the time from the first picture of a segment to the first of the next one.',
  },
  'header-missing': {
    sentence: 'A playlist does not begin with a line #EXTM3U; it is read all the same.',
    remedy: 'Begin every playlist with the line #EXTM3U; players refuse others.',
  },
  'image-tiles': {
    sentence: 'A playlist of images lists sheets of several images (EXT-X-TILES); nothing of it is shown.',
    remedy: 'Put each image as a JPEG file of its own, as often as segments of video begin.',
  },
  'line-too-long': {
    sentence: 'A tag is longer than 8192 characters; what is beyond them is left out.',
    remedy: 'Write shorter titles and attributes.',
  },
  'needless-blank': {
    sentence: 'Blanks stand behind a colon, around an attribute or before a line; they are left out.',
    remedy: 'Write tags without blanks: #EXT-X-TARGETDURATION:2; other receivers refuse them.',
  },
  'not-utf-8': {
    sentence: 'A playlist is not UTF-8; its other bytes are read as Windows-1252.',
    remedy: 'Write playlists as UTF-8.',
  },
  'rendition-incomplete': {
    sentence: 'An EXT-X-MEDIA lacks TYPE, GROUP-ID or NAME; it is taken as far as it can be told what it is.',
    remedy: 'Give every EXT-X-MEDIA a TYPE, a GROUP-ID that a variant names, and a NAME.',
  },
  'segment-late': {
    sentence: 'A segment came after its time had been published without it; it is archived, and not shown.',
    remedy: 'Put the segments of all streams within a target duration of each other.',
  },
  'segment-missing': {
    sentence: 'A playlist listed a segment that was not put within its target duration; there is a gap.',
    remedy: 'Put a segment before the playlist that lists it, and repeat a PUT that failed.',
  },
  'segment-unusable': {
    sentence: 'A segment holds no media that can be used; there is a gap.',
    remedy: 'See the example for what is wrong with it.',
  },
  'sequence-moved': {
    sentence: 'A playlist lists segments under other media sequences than before; they are taken for the same ones.',
    remedy: 'Raise EXT-X-MEDIA-SEQUENCE by one for each segment that leaves the playlist, RFC 8216 §6.2.2.',
  },
  'sound-outlasts-pictures': {
    sentence:
      'At the end, sound lasts less than a quarter of a second longer than the pictures; the rest is not shown.',
    remedy: 'Nothing need be done: encoders that stop end their sound with a whole frame.',
  },
  'stream-inf-missing': {
    sentence: 'A variant has no EXT-X-STREAM-INF before its name; it is taken for a variant of which nothing is told.',
    remedy: 'Write an EXT-X-STREAM-INF with its BANDWIDTH before the name of every variant.',
  },
  'stream-inf-without-variant': {
    sentence: 'An EXT-X-STREAM-INF has no name behind it, and is left out.',
    remedy: 'Write the name of the media playlist in the line behind its EXT-X-STREAM-INF.',
  },
  'tables-late': {
    sentence: 'PAT and PMT stand behind packets of audio or video, which are read as if the tables came first.',
    remedy: 'Begin every segment with a PAT and a PMT, RFC 8216 §3.2: players may lose what precedes them.',
  },
  'tag-late': {
    sentence: 'A tag about the whole playlist stands behind the first segment; it is read as if it stood before.',
    remedy: 'Write tags about the whole playlist before its first segment.',
  },
  'tag-malformed': {
    sentence: 'A tag lacks its colon or is not in upper case; it is read all the same.',
    remedy: 'Write tags in upper case, with a colon before their value.',
  },
  'tag-misplaced': {
    sentence: 'A tag of a multivariant playlist stands in a media playlist, or the reverse; it is left out.',
    remedy: 'Keep tags of segments and tags of streams in playlists of their own.',
  },
  'tag-twice': {
    sentence: 'A tag that may stand once stands twice; the first that can be read is taken.',
    remedy: 'Write the tags about the whole playlist once.',
  },
  'tag-unreadable': {
    sentence: 'The value of a tag is not one that it may have; the tag is left out, since nothing depends on it.',
    remedy: 'Write the value as RFC 8216 has it: EXT-X-PLAYLIST-TYPE is EVENT or VOD, and absent in a live playlist.',
  },
  'target-duration-wrong': {
    sentence: 'EXT-X-TARGETDURATION is missing, no whole number, or less than an EXTINF; the longest EXTINF counts.',
    remedy: 'Write the longest EXTINF of the stream, rounded to whole seconds, and never change it.',
  },
  'timestamp-map-odd': {
    sentence:
      'X-TIMESTAMP-MAP of subtitles is negative, beyond 33 bits, or not written as it should be; it is read modulo 2³³.',
    remedy: 'Write X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000 with the PTS of the pictures, modulo 2³³.',
  },
} as const satisfies Readonly<Record<string, HabitText>>

export type HabitName = keyof typeof HABITS

/** A habit as it was met, with what showed it, such as the line of a playlist. */
export type FoundHabit = { readonly habit: HabitName; readonly example: string }

/** How often a habit was met (once for each playlist or segment that shows it), when, and what showed it first. */
export type HabitCount = { count: number; readonly first: UtcMs; last: UtcMs; readonly example: string }

export type HabitCounts = Partial<Record<HabitName, HabitCount>>

/** Characters. */
const LONGEST_EXAMPLE = 120

/** To be called by whatever notices it in a step. Counted once in a step, however often it is noted. */
export function noteHabit(state: TimelineState, habit: HabitName, example: string): void {
  state.noted ??= []
  if (!state.noted.some((found) => found.habit === habit)) state.noted.push({ habit, example: shortened(example) })
}

/** Moves what was noted in a step to the counts of the input. Returns what was never met before. */
export function countNoted(state: TimelineState, now: UtcMs): readonly FoundHabit[] {
  const { noted = [] } = state
  delete state.noted
  return noted.filter(({ habit, example }) => {
    state.habits ??= {}
    const known = state.habits[habit]
    if (known) Object.assign(known, { count: known.count + 1, last: now })
    else state.habits[habit] = { count: 1, first: now, last: now, example }
    return known === undefined
  })
}

/** Without control characters, which terminals would obey. */
function shortened(example: string): string {
  const text = example
    .slice(0, 2 * LONGEST_EXAMPLE + 2)
    .replaceAll(/\p{Cc}/gu, '\ufffd')
    .toWellFormed()
  const characters = Array.from(text)
  return characters.length > LONGEST_EXAMPLE ? `${characters.slice(0, LONGEST_EXAMPLE - 1).join('')}…` : text
}
