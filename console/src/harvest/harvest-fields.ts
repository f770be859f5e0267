import type { Field, Option } from '../forms/field.ts'
import { DELIVERABLES_FIELD, OPTION_FIELDS } from '../harvest-jobs/job-fields.ts'
import { FIRST_FORM, type Kind } from './harvest-request.ts'

const has =
  (...kinds: readonly Kind[]) =>
  (draft: { readonly [member: string]: unknown }) =>
    (draft['kinds'] as readonly string[]).some((kind) => kinds.some((each) => each === kind))

/** The options of a field of deliverables. */
function optionsOf(name: string): readonly Option[] {
  const field = DELIVERABLES_FIELD.fields.find((each) => each.name === name)
  return field?.control === 'choice' ? field.options : []
}

const POLICIES = ['cut', 'gapPolicy', 'earlyEndPolicy', 'encryption']

/** The fields of the form but those of the destination. */
export const HARVEST_FIELDS: readonly Field[] = [
  {
    name: 'kinds',
    label: 'Deliverables',
    description: 'What is made of the window, in one folder. Without any, what the endpoint serves.',
    control: 'choices',
    options: optionsOf('kind'),
    default: FIRST_FORM.kinds,
  },
  {
    name: 'renditions',
    label: 'Renditions',
    description: 'Of which pictures files are made.',
    control: 'choice',
    options: optionsOf('renditions'),
    default: 'BEST',
    shownWhen: has('MP4'),
  },
  {
    name: 'chapters',
    label: 'Chapters',
    description: 'What the chapters of files are made of.',
    control: 'choice',
    options: [{ value: 'NONE', label: 'None' }, ...optionsOf('chapters').filter(({ value }) => value !== '')],
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
  ...OPTION_FIELDS.filter(({ name }) => POLICIES.includes(name)),
]
