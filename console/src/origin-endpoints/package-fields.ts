import type { Draft, Field, FieldOf, Option } from '../forms/field.ts'
import { encryptionField } from './encryption-fields.ts'
import type { PackageName } from './origin-endpoint-fields.ts'

const AD_TRIGGERS: readonly Option[] = [
  { value: 'SPLICE_INSERT', label: 'Splice inserts' },
  { value: 'BREAK', label: 'Breaks' },
  { value: 'PROVIDER_ADVERTISEMENT', label: 'Provider advertisements' },
  { value: 'DISTRIBUTOR_ADVERTISEMENT', label: 'Distributor advertisements' },
  { value: 'PROVIDER_PLACEMENT_OPPORTUNITY', label: 'Provider placement opportunities' },
  { value: 'DISTRIBUTOR_PLACEMENT_OPPORTUNITY', label: 'Distributor placement opportunities' },
  { value: 'PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY', label: 'Provider overlay placement opportunities' },
  { value: 'DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY', label: 'Distributor overlay placement opportunities' },
]

const ADS: readonly Field[] = [
  {
    name: 'adTriggers',
    label: 'Ad triggers',
    description: 'The SCTE-35 messages that count as ads. With none, no markers are made of messages.',
    control: 'choices',
    options: AD_TRIGGERS,
    default: [
      'SPLICE_INSERT',
      'PROVIDER_ADVERTISEMENT',
      'DISTRIBUTOR_ADVERTISEMENT',
      'PROVIDER_PLACEMENT_OPPORTUNITY',
      'DISTRIBUTOR_PLACEMENT_OPPORTUNITY',
    ],
  },
  {
    name: 'adsOnDeliveryRestrictions',
    label: 'Ads by delivery restrictions',
    description:
      'Which messages count, by the delivery restrictions in them. Splice inserts have none, and count always.',
    control: 'choice',
    default: 'RESTRICTED',
    options: [
      { value: 'RESTRICTED', label: 'RESTRICTED', description: 'Messages with restrictions' },
      { value: 'UNRESTRICTED', label: 'UNRESTRICTED', description: 'Messages without restrictions' },
      { value: 'BOTH', label: 'BOTH', description: 'All messages' },
      { value: 'NONE', label: 'NONE', description: 'No message but splice inserts' },
    ],
  },
]

const IFRAME_ONLY: Field = {
  name: 'includeIframeOnlyStream',
  label: 'Key frames for trick play',
  description: 'Lists a stream of key frames alone, with which players show pictures while the viewer seeks.',
  control: 'switch',
  default: false,
}

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

const segmentDuration = (seconds: string): Field => ({
  name: 'segmentDurationSeconds',
  label: 'Segment duration',
  description: "Rounded to the nearest multiple of the encoder's segments. It cannot be less than theirs.",
  control: 'number',
  default: seconds,
  unit: 'seconds',
  range: '1 to 30',
})

const MANIFEST_WINDOW: Field = {
  name: 'manifestWindowSeconds',
  label: 'Manifest window',
  description: 'How much of the stream a live manifest lists.',
  control: 'number',
  default: '60',
  unit: 'seconds',
  range: '1 to 300, unless a setting allows more',
}

const STREAM_SELECTION: Field = {
  name: 'streamSelection',
  label: 'Stream selection',
  description: 'Which video streams are offered, and in which order.',
  control: 'group',
  isOptional: false,
  fields: [
    {
      name: 'minVideoBitsPerSecond',
      label: 'Least video bitrate',
      description: 'Video streams with less are left out.',
      control: 'number',
      default: '0',
      unit: 'bits per second',
      range: '0 to 2147483647',
    },
    {
      name: 'maxVideoBitsPerSecond',
      label: 'Highest video bitrate',
      description: 'Video streams with more are left out.',
      control: 'number',
      unit: 'bits per second',
      range: '0 to 2147483647',
      otherwise: '2147483647, which leaves out none',
    },
    {
      name: 'streamOrder',
      label: 'Order',
      description: 'Many players begin with the stream that is first.',
      control: 'choice',
      default: 'ORIGINAL',
      options: [
        { value: 'ORIGINAL', label: 'ORIGINAL', description: "As in the encoder's playlist" },
        { value: 'VIDEO_BITRATE_ASCENDING', label: 'VIDEO_BITRATE_ASCENDING', description: 'Lowest bitrate first' },
        { value: 'VIDEO_BITRATE_DESCENDING', label: 'VIDEO_BITRATE_DESCENDING', description: 'Highest bitrate first' },
      ],
    },
  ],
}

const HLS: readonly Field[] = [
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

const CMAF: readonly Field[] = [
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

const DASH: readonly Field[] = [
  segmentDuration('2'),
  {
    name: 'segmentTemplateFormat',
    label: 'Segment template',
    description: 'How the MPD tells of segments. NUMBER_WITH_DURATION can be chosen at creation only.',
    control: 'choice',
    default: 'NUMBER_WITH_TIMELINE',
    options: [
      { value: 'NUMBER_WITH_TIMELINE', label: 'NUMBER_WITH_TIMELINE', description: 'A timeline, and numbers in URLs' },
      { value: 'TIME_WITH_TIMELINE', label: 'TIME_WITH_TIMELINE', description: 'A timeline, and times in URLs' },
      { value: 'NUMBER_WITH_DURATION', label: 'NUMBER_WITH_DURATION', description: 'A duration, and numbers in URLs' },
    ],
  },
  MANIFEST_WINDOW,
  {
    name: 'minBufferTimeSeconds',
    label: 'Minimum buffer time',
    description: 'What a player should have before it begins.',
    control: 'number',
    default: '30',
    unit: 'seconds',
    range: '0 to 3600',
  },
  {
    name: 'minUpdatePeriodSeconds',
    label: 'Minimum update period',
    description: 'How often players ask for the MPD anew.',
    control: 'number',
    default: '15',
    unit: 'seconds',
    range: '1 to 3600',
  },
  {
    name: 'suggestedPresentationDelaySeconds',
    label: 'Suggested presentation delay',
    description: 'How far behind the live edge players should play.',
    control: 'number',
    default: '25',
    unit: 'seconds',
    range: '0 to 3600',
  },
  {
    name: 'manifestLayout',
    label: 'Manifest layout',
    description: 'Where elements stand that tracks have in common.',
    control: 'choice',
    default: 'FULL',
    options: [
      { value: 'FULL', label: 'FULL', description: 'In every Representation' },
      { value: 'COMPACT', label: 'COMPACT', description: 'In the AdaptationSet' },
      {
        value: 'DRM_TOP_LEVEL_COMPACT',
        label: 'DRM_TOP_LEVEL_COMPACT',
        description: 'As COMPACT, with content protection in the MPD element',
      },
    ],
  },
  {
    name: 'profile',
    label: 'Profile',
    description: 'The kind of devices that the MPD is written for.',
    control: 'choice',
    default: 'NONE',
    options: [
      { value: 'NONE', label: 'NONE', description: 'No devices in particular' },
      { value: 'HBBTV_1_5', label: 'HBBTV_1_5', description: 'Television sets with HbbTV 1.5' },
      { value: 'DVB_DASH_2014', label: 'DVB_DASH_2014', description: 'DVB-DASH of 2014' },
      { value: 'HYBRIDCAST', label: 'HYBRIDCAST', description: 'Television sets in Japan' },
    ],
  },
  {
    name: 'periodTriggers',
    label: 'Periods',
    description: 'What begins a new Period. Not with HYBRIDCAST or NUMBER_WITH_DURATION.',
    control: 'choices',
    default: [],
    options: [{ value: 'ADS', label: 'Ads' }],
  },
  ...ADS,
  {
    name: 'utcTiming',
    label: 'UTC timing',
    description: 'How players learn the time.',
    control: 'choice',
    default: 'NONE',
    options: [
      { value: 'NONE', label: 'NONE', description: "By the viewer's clock" },
      { value: 'HTTP-HEAD', label: 'HTTP-HEAD', description: 'From the Date header of a URL' },
      { value: 'HTTP-ISO', label: 'HTTP-ISO', description: 'From a URL, as ISO 8601' },
      { value: 'HTTP-XSDATE', label: 'HTTP-XSDATE', description: 'From a URL, as xs:dateTime' },
    ],
  },
  {
    name: 'utcTimingUri',
    label: 'UTC timing URI',
    description: 'The URL that is asked for the time.',
    control: 'text',
    otherwise: 'no URL, and the MPD has no UTCTiming',
    shownWhen: (draft: Draft) => draft['utcTiming'] !== 'NONE',
  },
  IFRAME_ONLY,
]

const MSS: readonly Field[] = [segmentDuration('2'), MANIFEST_WINDOW]

const packageField = (name: PackageName, label: string, description: string, fields: readonly Field[]) =>
  ({
    name,
    label,
    description,
    control: 'group',
    isOptional: true,
    fields: [...fields, STREAM_SELECTION, encryptionField(name)],
  }) as const satisfies FieldOf<'group'>

/** The packages; an endpoint has exactly one. */
export const PACKAGE_FIELDS: readonly (FieldOf<'group'> & { readonly name: PackageName })[] = [
  packageField('hlsPackage', 'HLS', 'Segments of MPEG-TS, and playlists. Plays nearly everywhere.', HLS),
  packageField('cmafPackage', 'CMAF', 'Segments of fragmented MP4, and one or more HLS playlists over them.', CMAF),
  packageField('dashPackage', 'DASH', 'Segments of fragmented MP4, and an MPD.', DASH),
  packageField(
    'mssPackage',
    'Smooth Streaming',
    'Fragments and a manifest, for older set-top boxes and consoles.',
    MSS,
  ),
]
