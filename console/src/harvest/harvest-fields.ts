import type { Field, Option } from '../forms/field.ts'
import { FIRST_FORM, KINDS, type Kind } from './harvest-request.ts'

const has =
  (...kinds: readonly Kind[]) =>
  (draft: { readonly [member: string]: unknown }) =>
    (draft['kinds'] as readonly string[]).some((kind) => kinds.some((each) => each === kind))

const option = (value: string, label: string, description?: string): Option => ({
  value,
  label,
  ...(description !== undefined && { description }),
})

const KIND_OPTIONS: Readonly<Record<Kind, Option>> = {
  HLS: option('HLS', 'HLS', 'Playlists and MPEG-TS segments'),
  CMAF: option('CMAF', 'HLS over CMAF', 'Playlists and fragmented MP4'),
  DASH: option('DASH', 'DASH', 'An MPD and fragmented MP4'),
  MSS: option('MSS', 'Smooth Streaming', 'A manifest, and fragments below it'),
  MP4: option('MP4', 'MP4', 'One file with the best pictures, all sound and subtitles'),
  AUDIO: option('AUDIO', 'Audio', 'One M4A file with all sound'),
  SUBTITLES: option('SUBTITLES', 'Subtitles', 'WebVTT files'),
  STILLS: option('STILLS', 'Stills', 'JPEG of key frames'),
  METADATA: option('METADATA', 'Metadata', 'Timed ID3 as JSON'),
}

/** The fields of the form but those of the destination. */
export const HARVEST_FIELDS: readonly Field[] = [
  {
    name: 'kinds',
    label: 'Deliverables',
    description: 'What is made of the window, in one folder. Without any, what the endpoint serves.',
    control: 'choices',
    options: KINDS.map((kind) => KIND_OPTIONS[kind]),
    default: FIRST_FORM.kinds,
  },
  {
    name: 'renditions',
    label: 'Renditions',
    description: 'Of which pictures files are made.',
    control: 'choice',
    options: [option('BEST', 'The best'), option('ALL', 'A file of each')],
    default: 'BEST',
    shownWhen: has('MP4'),
  },
  {
    name: 'chapters',
    label: 'Chapters',
    description: 'What the chapters of files are made of.',
    control: 'choice',
    options: [option('NONE', 'None'), option('ID3', 'Titles in timed ID3'), option('SCTE35', 'What SCTE 35 marks')],
    default: 'NONE',
    shownWhen: has('MP4', 'AUDIO'),
  },
  {
    name: 'isSprite',
    label: 'Sprite',
    description: 'A sheet of up to a hundred small pictures, with its WebVTT map.',
    control: 'switch',
    default: false,
    shownWhen: has('STILLS'),
  },
  {
    name: 'isStillAtPlayhead',
    label: 'Still at the playhead',
    description: 'The key frame that is nearest to the playhead, beside the first picture.',
    control: 'switch',
    default: false,
    shownWhen: has('STILLS'),
  },
  {
    name: 'cut',
    label: 'Cut',
    description: 'Where the asset begins and ends.',
    control: 'choice',
    options: [
      option('SEGMENT', 'Whole segments', 'All that the selection touches'),
      option('FRAME', 'Frames', 'To the picture, where players can without encoding'),
      option('FRAME_EXACT', 'Frames in every player', 'Pictures at the edges are encoded anew'),
    ],
    default: 'FRAME',
  },
  {
    name: 'gapPolicy',
    label: 'Gaps',
    description: 'What is done where media are missing in the selection.',
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
    description: 'What is done where the encoder has stopped before the end of the selection.',
    control: 'choice',
    options: [option('CLAMP', 'End there'), option('FAIL', 'Fail')],
    default: 'CLAMP',
  },
  {
    name: 'encryption',
    label: 'Encryption',
    description: 'Of endpoints that encrypt.',
    control: 'choice',
    options: [
      option('AS_SERVED', 'As served', 'Nothing that they encrypt is written in the clear'),
      option('NONE', 'None', 'All of it is written in the clear'),
    ],
    default: 'AS_SERVED',
  },
]
