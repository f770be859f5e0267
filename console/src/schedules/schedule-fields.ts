import type { Draft, Field, FieldOf, Section } from '../forms/field.ts'
import { DESTINATION_FIELD, OPTION_FIELDS } from '../harvest-jobs/job-fields.ts'

const DAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']

const isGiven = (value: unknown) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
/** One of the four is given: as soon as one is, the others are out of the way. */
const unless =
  (...others: readonly string[]) =>
  (draft: Draft) =>
    !others.some((name) => isGiven(draft[name]))
const onDays = (draft: Draft) => isGiven(draft['days']) || isGiven(draft['weekdays'])

/** When the windows of a schedule begin. */
const everyField = (zone: string): FieldOf<'group'> => ({
  name: 'every',
  label: 'Every',
  description: 'When windows begin: write into one of these.',
  control: 'group',
  isOptional: false,
  fields: [
    {
      name: 'minutes',
      label: 'Minutes',
      description: 'So many minutes after one another.',
      control: 'number',
      unit: 'minutes',
      range: '1 to 1440',
      shownWhen: unless('hours', 'days', 'weekdays'),
    },
    {
      name: 'hours',
      label: 'Hours',
      description: 'So many hours after one another.',
      control: 'number',
      unit: 'hours',
      range: '1 to 24',
      shownWhen: unless('minutes', 'days', 'weekdays'),
    },
    {
      name: 'days',
      label: 'Days',
      description: 'So many days of the calendar after one another.',
      control: 'number',
      unit: 'days',
      range: '1 to 31',
      shownWhen: unless('minutes', 'hours', 'weekdays'),
    },
    {
      name: 'weekdays',
      label: 'Days of the week',
      description: 'On these days.',
      control: 'choices',
      options: DAYS.map((value) => ({ value, label: value.charAt(0) + value.slice(1).toLowerCase() })),
      default: [],
      shownWhen: unless('minutes', 'hours', 'days'),
    },
    {
      name: 'at',
      label: 'At',
      description: 'A local time, such as 20:15.',
      control: 'text',
      example: '20:15',
      otherwise: '00:00',
      shownWhen: onDays,
    },
    {
      name: 'timeZone',
      label: 'Time zone',
      description: 'Whose local time that is, such as Europe/Berlin.',
      control: 'text',
      default: zone,
      otherwise: 'UTC',
      shownWhen: onDays,
    },
  ],
})

const seconds = (name: string, label: string, description: string, range: string): Field => ({
  name,
  label,
  description,
  control: 'number',
  unit: 'seconds',
  range,
})

/** All members of a schedule; the id is among them when it is created. */
export function scheduleSections(endpoint: Field, zone: string, id: readonly Field[]): readonly Section[] {
  return [
    { title: 'Schedule', fields: [...id, endpoint, everyField(zone)] },
    {
      title: 'Windows',
      fields: [
        {
          name: 'durationSeconds',
          label: 'Duration',
          description: 'The length of each window.',
          control: 'number',
          unit: 'seconds',
          range: 'at most 26 hours with what overlaps',
          otherwise: 'until the next window begins',
        },
        {
          name: 'startTime',
          label: 'From',
          description: 'No window begins before it.',
          control: 'moment',
          otherwise: 'now, or as it was',
        },
        {
          name: 'endTime',
          label: 'Until',
          description: 'No window begins at or after it.',
          control: 'moment',
          otherwise: 'until it is stopped',
        },
        {
          name: 'overlap',
          label: 'Overlap',
          description: 'Each job begins before its window, and ends after it.',
          control: 'group',
          isOptional: true,
          fields: [
            seconds('beforeSeconds', 'Before', 'By how much it begins earlier.', '0 to 1800'),
            seconds('afterSeconds', 'After', 'By how much it ends later.', '0 to 1800'),
          ],
        },
      ],
    },
    { title: 'Assets', fields: [DESTINATION_FIELD, ...OPTION_FIELDS] },
  ]
}
