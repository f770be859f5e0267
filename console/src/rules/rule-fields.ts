import type { Draft, Field, FieldOf, Section } from '../forms/field.ts'
import { DESTINATION_FIELD, OPTION_FIELDS } from '../harvest-jobs/job-fields.ts'

/** The words that rules have for events of SCTE 35. */
const EVENTS: Readonly<Record<string, string>> = {
  PROGRAM: 'Programmes',
  CHAPTER: 'Chapters',
  BREAK: 'Breaks',
  SPLICE_INSERT: 'Splice inserts',
  PROVIDER_ADVERTISEMENT: 'Provider advertisements',
  DISTRIBUTOR_ADVERTISEMENT: 'Distributor advertisements',
  PROVIDER_PLACEMENT_OPPORTUNITY: 'Provider placement opportunities',
  DISTRIBUTOR_PLACEMENT_OPPORTUNITY: 'Distributor placement opportunities',
  PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY: 'Provider overlay placement opportunities',
  DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY: 'Distributor overlay placement opportunities',
}

const makesJobs = (draft: Draft) => draft['action'] !== 'CLIP'
const makesClips = (draft: Draft) => draft['action'] === 'CLIP'

const seconds = (name: string, label: string, description: string, otherwise: string): FieldOf<'number'> => ({
  name,
  label,
  description,
  control: 'number',
  unit: 'seconds',
  range: '0 to 86400',
  otherwise,
})

/** All members of a rule; the id is among them when it is created. */
export function ruleSections(endpoint: Field, id: readonly Field[]): readonly Section[] {
  return [
    { title: 'Rule', fields: [...id, endpoint] },
    {
      title: 'Events',
      fields: [
        {
          name: 'events',
          label: 'Events',
          description: 'Which events of SCTE 35 it is for.',
          control: 'choices',
          options: Object.entries(EVENTS).map(([value, label]) => ({ value, label })),
          default: [],
        },
        {
          name: 'segmentationTypeIds',
          label: 'Segmentation types',
          description: 'Further types by their numbers, such as 64 or 0x40 (Unscheduled Event Start).',
          control: 'texts',
          item: 'Segmentation type',
          example: '0x40',
        },
        {
          name: 'upid',
          label: 'UPID',
          description: 'A pattern of the UPID, in which * stands for any characters.',
          control: 'text',
          example: 'NEWS*',
          otherwise: 'any, or none',
        },
        seconds('minDurationSeconds', 'Shortest', 'Only events that lasted at least so long.', 'any'),
        seconds('maxDurationSeconds', 'Longest', 'Only events that lasted at most so long.', 'any'),
      ],
    },
    {
      title: 'What is made',
      fields: [
        {
          name: 'action',
          label: 'Makes',
          description: 'What is made of each event when it is over.',
          control: 'choice',
          options: [
            { value: 'JOB', label: 'A harvest job', description: 'Files in a bucket' },
            { value: 'CLIP', label: 'A clip', description: 'Played at once, without a copy' },
          ],
          default: 'JOB',
        },
        {
          ...seconds('expiresAfterSeconds', 'Lasts', 'How long each clip lasts.', 'until it is deleted'),
          range: 'at least 1',
          shownWhen: makesClips,
        },
        // A rule that makes clips has none yet when it is to make jobs.
        { ...DESTINATION_FIELD, isOptional: id.length === 0, shownWhen: makesJobs },
        ...OPTION_FIELDS.map((field) => (field.name === 'cut' ? field : { ...field, shownWhen: makesJobs })),
      ],
    },
  ]
}
