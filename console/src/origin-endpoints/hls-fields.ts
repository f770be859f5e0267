import type { Field } from '../forms/field.ts'
import { ADS, IFRAME_ONLY, segmentDuration } from './manifest-fields.ts'

const HLS_MANIFEST: readonly Field[] = [
  {
    name: 'adMarkers',
    label: 'Ad markers',
    description: 'How playlists mark ads.',
    control: 'choice',
    default: 'NONE',
    options: [
      { value: 'NONE', label: 'NONE', description: 'Not at all' },
      { value: 'SCTE35_ENHANCED', label: 'SCTE35_ENHANCED', description: 'EXT-X-CUE-OUT and -IN, of SCTE-35 messages' },
      { value: 'DATERANGE', label: 'DATERANGE', description: 'EXT-X-DATERANGE; needs a program date-time interval' },
      { value: 'PASSTHROUGH', label: 'PASSTHROUGH', description: "The tags of the encoder's playlists, as they are" },
    ],
  },
  ...ADS,
  {
    name: 'programDateTimeIntervalSeconds',
    label: 'Program date-time interval',
    description: 'The time between EXT-X-PROGRAM-DATE-TIME tags; 0 for none.',
    control: 'number',
    default: '0',
    unit: 'seconds',
    range: '0 to 1209600',
  },
  {
    name: 'playlistWindowSeconds',
    label: 'Playlist window',
    description: 'How much of the stream a live playlist lists.',
    control: 'number',
    default: '60',
    unit: 'seconds',
    range: '1 to 300, unless a setting allows more',
  },
  {
    name: 'playlistType',
    label: 'Playlist type',
    description: 'Writes EXT-X-PLAYLIST-TYPE.',
    control: 'choice',
    default: 'NONE',
    options: [
      { value: 'NONE', label: 'NONE', description: 'No such tag' },
      { value: 'EVENT', label: 'EVENT', description: 'Segments are only added' },
      { value: 'VOD', label: 'VOD', description: 'Nothing changes' },
    ],
  },
  IFRAME_ONLY,
]

/** Members of an HlsPackage that only it has, and those of its one manifest. */
export const HLS_FIELDS: readonly Field[] = [
  segmentDuration('6'),
  ...HLS_MANIFEST,
  {
    name: 'useAudioRenditionGroup',
    label: 'Audio in rendition groups',
    description: 'Lists the audio that variants have in common once, beside them.',
    control: 'switch',
    default: false,
  },
  {
    name: 'includeDvbSubtitles',
    label: 'DVB subtitles',
    description: 'Keeps DVB subtitles in the segments.',
    control: 'switch',
    default: false,
  },
]

/** Members of a CmafPackage. */
export const CMAF_FIELDS: readonly Field[] = [
  segmentDuration('2'),
  {
    name: 'segmentPrefix',
    label: 'Segment prefix',
    description: 'Begins the names of segments.',
    control: 'text',
    otherwise: "the channel's ID",
  },
  {
    name: 'hlsManifests',
    label: 'HLS manifests',
    description: 'Each has a URL of its own; they share their segments. The endpoint plays with one or more.',
    control: 'list',
    item: 'Manifest',
    fields: [
      {
        name: 'id',
        label: 'ID',
        description: 'Unique in the endpoint. It is a folder in the URL, and should not change.',
        control: 'text',
        default: 'main',
      },
      {
        name: 'manifestName',
        label: 'Manifest name',
        description: 'Ends the URL.',
        control: 'text',
        otherwise: "the endpoint's manifest name",
      },
      ...HLS_MANIFEST,
    ],
  },
]
