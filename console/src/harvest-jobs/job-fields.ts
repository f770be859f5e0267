import type { Field, FieldOf, Option } from '../forms/field.ts'

const option = (value: string, label: string, description?: string): Option => ({
  value,
  label,
  ...(description !== undefined && { description }),
})

const KEY_PATTERNS =
  'Path and file name of the manifest or file; its ending goes with the deliverables. It may have the patterns ' +
  '{channel}, {endpoint}, {id}, {start} and {end}, also as {start:yyyy/MM/dd@Europe/Berlin}.'

/** Where an asset is written. */
export const DESTINATION_FIELD: FieldOf<'group'> = {
  name: 's3Destination',
  label: 'Destination',
  description: 'Where the asset is written.',
  control: 'group',
  isOptional: false,
  fields: [
    {
      name: 'bucketName',
      label: 'Bucket',
      description: 'The bucket, or the folder that stands for one.',
      control: 'text',
    },
    {
      name: 'manifestKey',
      label: 'Manifest key',
      description: KEY_PATTERNS,
      control: 'text',
      example: '{channel}/{start:yyyy/MM/dd}/{id}/index.m3u8',
    },
    {
      name: 'roleArn',
      label: 'Role ARN',
      description: 'The role that writes, where the server is set up to assume roles; it must be given in any case.',
      control: 'text',
      default: 'arn:aws:iam::000000000000:role/harvest',
    },
  ],
}

const KINDS = [
  option('HLS', 'HLS', 'Playlists and MPEG-TS segments'),
  option('CMAF', 'HLS over CMAF', 'Playlists and fragmented MP4'),
  option('DASH', 'DASH', 'An MPD and fragmented MP4'),
  option('MSS', 'Smooth Streaming', 'A manifest, and fragments below it'),
  option('MP4', 'MP4', 'One file with the best pictures, all sound and subtitles'),
  option('AUDIO', 'Audio', 'One M4A file with all sound'),
  option('SUBTITLES', 'Subtitles', 'WebVTT files'),
  option('STILLS', 'Stills', 'JPEG of key frames'),
  option('METADATA', 'Metadata', 'Timed ID3 as JSON'),
]
const isOf =
  (...kinds: readonly string[]) =>
  (draft: { readonly [member: string]: unknown }) =>
    kinds.includes(String(draft['kind']))

/** What is made of a window, beside one another. */
export const DELIVERABLES_FIELD: FieldOf<'list'> = {
  name: 'deliverables',
  label: 'Deliverables',
  description: 'What is made of each window. Without any, what the origin endpoint serves.',
  control: 'list',
  item: 'Deliverable',
  fields: [
    { name: 'kind', label: 'Kind', description: 'What is made.', control: 'choice', options: KINDS, default: 'HLS' },
    {
      name: 'name',
      label: 'Name',
      description: 'Its file name without the ending.',
      control: 'text',
      otherwise: 'that of the manifest key',
    },
    {
      name: 'renditions',
      label: 'Renditions',
      description: 'Of which pictures files are made.',
      control: 'choice',
      options: [option('BEST', 'The best'), option('ALL', 'A file of each')],
      default: 'BEST',
      shownWhen: isOf('MP4'),
    },
    {
      name: 'chapters',
      label: 'Chapters',
      description: 'What the chapters of the file are made of.',
      control: 'choice',
      options: [option('', 'None'), option('ID3', 'Titles in timed ID3'), option('SCTE35', 'What SCTE 35 marks')],
      default: '',
      shownWhen: isOf('MP4', 'AUDIO'),
    },
    {
      name: 'poster',
      label: 'Poster',
      description: 'The first picture.',
      control: 'switch',
      default: false,
      shownWhen: isOf('STILLS'),
    },
    {
      name: 'sprite',
      label: 'Sprite',
      description: 'A sheet of up to a hundred small pictures, with its WebVTT map.',
      control: 'switch',
      default: false,
      shownWhen: isOf('STILLS'),
    },
  ],
}

export const ENCRYPTION_FIELD: FieldOf<'choice'> = {
  name: 'encryption',
  label: 'Encryption',
  description: 'Of endpoints that encrypt.',
  control: 'choice',
  options: [
    option('AS_SERVED', 'As served', 'Nothing that they encrypt is written in the clear'),
    option('NONE', 'None', 'All of it is written in the clear'),
  ],
  default: 'AS_SERVED',
}

/** The options that all jobs of a schedule, or of a rule, have. */
export const OPTION_FIELDS: readonly Field[] = [
  DELIVERABLES_FIELD,
  {
    name: 'cut',
    label: 'Cut',
    description: 'Where assets begin and end.',
    control: 'choice',
    options: [
      option('SEGMENT', 'Whole segments', 'All that the window touches'),
      option('FRAME', 'Frames', 'To the picture, where players can without encoding'),
      option('FRAME_EXACT', 'Frames in every player', 'Pictures at the edges are encoded anew'),
    ],
    default: 'SEGMENT',
  },
  {
    name: 'gapPolicy',
    label: 'Gaps',
    description: 'What is done where media are missing within the window.',
    control: 'choice',
    options: [
      option('DISCONTINUITY', 'Leave them out', 'With a discontinuity'),
      option('CLAMP', 'End before the first'),
      option('FAIL', 'Fail'),
    ],
    default: 'DISCONTINUITY',
  },
  {
    name: 'earlyEndPolicy',
    label: 'Early end',
    description: 'What is done where the encoder has stopped before the end of the window.',
    control: 'choice',
    options: [option('CLAMP', 'End there'), option('FAIL', 'Fail')],
    default: 'CLAMP',
  },
  ENCRYPTION_FIELD,
  {
    name: 'report',
    label: 'harvest.json',
    description: 'Write a report beside the asset, with every object and its SHA-256.',
    control: 'switch',
    default: false,
  },
]
