/** What holds for what an endpoint plays, by the name under which it is reported when it does not. */
export const INVARIANTS = {
  'manifest-readable': 'Manifests can be read, and what a manifest refers to is there.',
  'equal-numbers':
    'All playlists of an endpoint begin with the same media sequence number, and give a segment the same discontinuity sequence number.',
  'sequence-monotonic':
    'EXT-X-MEDIA-SEQUENCE, EXT-X-DISCONTINUITY-SEQUENCE and the newest segment never go back, in DASH and Smooth Streaming the newest time.',
  'segment-unchanged':
    'The URL, duration, date and discontinuity sequence number with which a segment is listed do not change.',
  'dates-continuous':
    'EXT-X-PROGRAM-DATE-TIME goes on with the durations, to 100 ms, and never goes back more than a second at a discontinuity.',
  'target-duration': 'No EXTINF, rounded to whole seconds, exceeds EXT-X-TARGETDURATION.',
  'listed-answers': 'Segments and headers that are listed can be fetched.',
  'bytes-unchanged': 'The bytes under a URL do not change.',
  'tracks-begin-together':
    'Video and audio of a segment begin within a frame or a PES packet of audio of each other, in fragmented MP4 within 0.4 seconds.',
  'live-edge-moves': 'Segments are added while an encoder sends them.',
  'timeline-contiguous':
    'The segments of a Period, or of a Smooth stream, do not overlap, and in DASH leave no hole of more than 100 ms.',
  'period-stable': 'A Period keeps its place, its start and its Representations.',
  availability: 'No listed segment of DASH is in the future by more than 15 seconds.',
} as const

export type Invariant = keyof typeof INVARIANTS

/** An invariant that was seen not to hold. */
export type Finding = {
  readonly invariant: Invariant
  /** Path of the manifest or segment below the endpoint's GUID. */
  readonly path: string
  /** What was seen, and what was seen before, or should be there. */
  readonly seen: string
  readonly expected: string
  /** The media sequence number, or the time of a segment in the manifest's timescale. */
  readonly sequence?: number
}
