import { operation } from './typed-operation.ts'
import {
  listOf,
  MOMENT,
  NUMBER,
  oneOf,
  optional,
  structure,
  TEXT,
  TRUTH,
  type ValueOf,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

/** How an input is; SILENT has `silentSince`, all but NOTHING_YET have `lastHeardAt`. */
const LIVENESS = {
  state: oneOf('NOTHING_YET', 'LIVE', 'SILENT', 'ENDED'),
  silentSince: optional(MOMENT),
  lastHeardAt: optional(MOMENT),
}

const RESOLUTION = structure('Resolution', { width: WHOLE_NUMBER, height: WHOLE_NUMBER })

const MUXED_AUDIO = {
  name: TEXT,
  language: optional(TEXT),
  isDefault: TRUTH,
  autoselect: TRUTH,
  channels: optional(TEXT),
  characteristics: optional(TEXT),
}

/** What the parent playlist says of a stream: of a variant or images from `bandwidth` on, of a rendition the rest. */
const ROLE = structure('StreamRole', {
  kind: oneOf('variant', 'images', 'audio', 'subtitles'),
  bandwidth: optional(NUMBER),
  averageBandwidth: optional(NUMBER),
  codecs: optional(TEXT),
  resolution: optional(RESOLUTION),
  frameRate: optional(NUMBER),
  audioGroup: optional(TEXT),
  muxedAudio: optional(listOf(structure('MuxedAudio', MUXED_AUDIO))),
  subtitlesGroup: optional(TEXT),
  closedCaptions: optional(TEXT),
  captions: optional(
    listOf(
      structure('ClosedCaptions', {
        name: TEXT,
        language: optional(TEXT),
        isDefault: TRUTH,
        autoselect: TRUTH,
        instreamId: TEXT,
        characteristics: optional(TEXT),
      }),
    ),
  ),
  groupId: optional(TEXT),
  name: optional(TEXT),
  language: optional(TEXT),
  isDefault: optional(TRUTH),
  autoselect: optional(TRUTH),
  channels: optional(TEXT),
  characteristics: optional(TEXT),
  forced: optional(TRUTH),
})

/** A track; what is absent, its kind does not have, or nothing told it. */
const TRACK = structure('InputTrack', {
  kind: oneOf('video', 'audio', 'text', 'image', 'id3', 'dvb-subtitles', 'other'),
  bitsPerSecond: optional(NUMBER),
  codec: optional(TEXT),
  width: optional(WHOLE_NUMBER),
  height: optional(WHOLE_NUMBER),
  frameRate: optional(NUMBER),
  sampleRate: optional(WHOLE_NUMBER),
  channels: optional(WHOLE_NUMBER),
  language: optional(TEXT),
})
export type TrackReport = ValueOf<typeof TRACK>

const LISTING = {
  segmentDuration: optional(NUMBER),
  targetDuration: optional(NUMBER),
  lastMediaSequence: optional(WHOLE_NUMBER),
  lastSegment: optional(TEXT),
  lastListedAt: optional(MOMENT),
  placedUntil: optional(MOMENT),
  waitingSegments: optional(WHOLE_NUMBER),
  hasEnded: optional(TRUTH),
}

const STREAM = structure('InputStream', {
  index: WHOLE_NUMBER,
  playlist: TEXT,
  role: ROLE,
  container: optional(oneOf('mpeg-ts', 'packed-audio', 'webvtt', 'jpeg')),
  tracks: optional(listOf(TRACK)),
  ...LISTING,
})
export type StreamReport = ValueOf<typeof STREAM>
export type ListingReport = Pick<StreamReport, keyof typeof LISTING>

const HABIT = structure('InputHabit', {
  habit: TEXT,
  count: WHOLE_NUMBER,
  first: MOMENT,
  last: MOMENT,
  example: TEXT,
  sentence: TEXT,
  remedy: TEXT,
})
export type HabitReport = ValueOf<typeof HABIT>

const INPUT_REPORT = structure('InputReport', {
  ingestEndpointId: TEXT,
  ...LIVENESS,
  isFollowed: TRUTH,
  hasParentPlaylist: TRUTH,
  streams: listOf(STREAM),
  unnamedPlaylists: listOf(TEXT),
  openEras: listOf(
    structure('OpenEra', {
      id: WHOLE_NUMBER,
      openedAt: MOMENT,
      shownUntil: MOMENT,
      datesFrom: oneOf('EXT-X-PROGRAM-DATE-TIME', 'SERVER'),
    }),
  ),
  habits: listOf(HABIT),
})
/** An input as its own timeline tells of it. Members that are undefined are left out. */
export type InputReport = Omit<ValueOf<typeof INPUT_REPORT>, 'isFollowed'>
export type LivenessReport = Pick<InputReport, keyof typeof LIVENESS>

export const INPUT_SUMMARY = structure('InputSummary', {
  ingestEndpointId: TEXT,
  ...LIVENESS,
  lastSegment: optional(TEXT),
})
/** An input in a line. */
export type InputSummary = ValueOf<typeof INPUT_SUMMARY>

export const INPUT_OPERATIONS = {
  DescribeInputs: operation('GET channels/{id}/inputs', {
    summary: 'Describes what each input of a channel sends, and what is corrected in it.',
    output: structure('Inputs', { channelId: TEXT, inputs: listOf(INPUT_REPORT) }),
  }),
}
