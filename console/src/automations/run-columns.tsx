import type { RuleRunReport } from '../../../src/control/rule-operations.ts'
import { PageLink } from '../layout/page-link.tsx'
import { clipPath, harvestJobPath } from '../resources/resource-paths.ts'
import { Status } from '../resources/status.tsx'
import type { ShownColumn, ShownTable } from '../tables/resource-table.tsx'
import { durationText } from '../time/duration-text.ts'
import { Age, Moment } from '../time/moment.tsx'
import { lengthOf, momentOf } from '../time/moment-text.ts'

/** What became of a window, or of an event; schedules have no events and no clips. */
export type Run = Omit<RuleRunReport, 'event' | 'clipId'> & Pick<Partial<RuleRunReport>, 'event' | 'clipId'>

/** The history of a schedule, or of a rule, with further columns. */
export const runTable = (columns: readonly ShownColumn<Run>[]): ShownTable<Run> => ({
  prefix: 'runs',
  keyOf: ({ startTime, endTime, event }) => `${startTime} ${endTime} ${event?.typeId ?? ''} ${event?.id ?? ''}`,
  columns: [
    {
      id: 'window',
      header: 'From',
      text: ({ startTime }) => startTime,
      sortBy: ({ startTime }) => momentOf(startTime),
      cell: ({ startTime }) => <Moment at={startTime} />,
      isRowHeader: true,
      minWidth: 210,
    },
    {
      id: 'length',
      header: 'Length',
      text: (run) => durationText(lengthOf(run)),
      sortBy: lengthOf,
      minWidth: 110,
    },
    ...columns,
    {
      id: 'state',
      header: 'State',
      text: ({ state }) => state ?? '–',
      cell: ({ state }) => <Status of={state} />,
      minWidth: 130,
    },
    { id: 'made', header: 'Made', text: ({ jobId, clipId }) => jobId ?? clipId ?? '–', cell: Made, minWidth: 180 },
    {
      id: 'failure',
      header: 'Reason',
      text: ({ failure }) => (failure ? `${failure.code}: ${failure.message}` : '–'),
      minWidth: 240,
    },
    {
      id: 'recorded',
      header: 'Recorded',
      text: ({ recordedAt }) => recordedAt,
      sortBy: ({ recordedAt }) => momentOf(recordedAt),
      cell: ({ recordedAt }) => <Age at={recordedAt} />,
      minWidth: 110,
    },
  ],
  filters: [{ id: 'state', label: 'State', of: ({ state }) => state }],
})

function Made({ jobId, clipId }: Run) {
  if (jobId !== undefined) return <PageLink to={harvestJobPath(jobId)}>{jobId}</PageLink>
  return clipId === undefined ? '–' : <PageLink to={clipPath(clipId)}>{clipId}</PageLink>
}
