import type { Field, Option } from '../forms/field.ts'

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

/** Which SCTE-35 messages count as ads. */
export const ADS: readonly Field[] = [
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

export const IFRAME_ONLY: Field = {
  name: 'includeIframeOnlyStream',
  label: 'Key frames for trick play',
  description: 'Lists a stream of key frames alone, with which players show pictures while the viewer seeks.',
  control: 'switch',
  default: false,
}

/** `seconds` is the default, which packages have of their own. */
export const segmentDuration = (seconds: string): Field => ({
  name: 'segmentDurationSeconds',
  label: 'Segment duration',
  description: "Rounded to the nearest multiple of the encoder's segments. It cannot be less than theirs.",
  control: 'number',
  default: seconds,
  unit: 'seconds',
  range: '1 to 30',
})

export const MANIFEST_WINDOW: Field = {
  name: 'manifestWindowSeconds',
  label: 'Manifest window',
  description: 'How much of the stream a live manifest lists.',
  control: 'number',
  default: '60',
  unit: 'seconds',
  range: '1 to 300, unless a setting allows more',
}

export const STREAM_SELECTION: Field = {
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
