import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { bytesText } from '../amounts.ts'
import { pathOf } from '../api/api-client.ts'
import { listingOf, useListing } from '../api/listing.ts'
import { PageLink } from '../layout/page-link.tsx'
import { originEndpointPath } from '../resources/resource-paths.ts'
import { ResourceTable, type ShownTable } from '../tables/resource-table.tsx'
import { durationText } from '../time/duration-text.ts'
import { Moment } from '../time/moment.tsx'
import { lengthOf, momentOf } from '../time/moment-text.ts'

type Range = NonNullable<HarvestReport['ranges']>[number]
type Gap = NonNullable<HarvestReport['gaps']>[number]
type Loss = NonNullable<HarvestReport['lost']>[number]
type HarvestObject = WindrowOutputs['ListHarvestObjects']['objects'][number]
type Spanned = { readonly startTime: string; readonly endTime: string }

const spanColumns = [
  {
    id: 'from',
    header: 'From',
    text: ({ startTime }: Spanned) => startTime,
    sortBy: ({ startTime }: Spanned) => momentOf(startTime),
    cell: ({ startTime }: Spanned) => <Moment at={startTime} precision="millisecond" />,
    isRowHeader: true,
    minWidth: 220,
  },
  {
    id: 'until',
    header: 'Until',
    text: ({ endTime }: Spanned) => endTime,
    sortBy: ({ endTime }: Spanned) => momentOf(endTime),
    cell: ({ endTime }: Spanned) => <Moment at={endTime} precision="millisecond" />,
    minWidth: 220,
  },
  {
    id: 'length',
    header: 'Length',
    text: (row: Spanned) => durationText(lengthOf(row)),
    sortBy: lengthOf,
  },
]

const GAPS: ShownTable<Gap> = {
  prefix: 'gaps',
  keyOf: ({ startTime, endTime, track, range }) => `${startTime} ${endTime} ${track ?? ''} ${range ?? ''}`,
  columns: [
    ...spanColumns,
    { id: 'track', header: 'Track', text: ({ track }) => track ?? 'All' },
    { id: 'range', header: 'Range', text: ({ range }) => (range === undefined ? '–' : String(range + 1)) },
  ],
  filters: [{ id: 'track', label: 'Track', of: ({ track }) => track }],
}

const LOSSES: ShownTable<Loss> = {
  prefix: 'losses',
  keyOf: ({ sourceObject, track, startTime }) => `${sourceObject} ${track} ${startTime}`,
  columns: [
    ...spanColumns,
    { id: 'track', header: 'Track', text: ({ track }) => track },
    { id: 'reason', header: 'Reason', text: ({ reason }) => reason },
    { id: 'object', header: 'Source object', text: ({ sourceObject }) => sourceObject },
    { id: 'replacement', header: 'Replaced by', text: ({ replacedBy }) => replacedBy ?? 'Nothing' },
  ],
  filters: [
    { id: 'reason', label: 'Reason', of: ({ reason }) => reason },
    { id: 'track', label: 'Track', of: ({ track }) => track },
  ],
}

const RANGES: ShownTable<Range> = {
  prefix: 'ranges',
  keyOf: ({ originEndpointId, startTime, endTime }) => `${originEndpointId} ${startTime} ${endTime}`,
  columns: [
    ...spanColumns,
    {
      id: 'endpoint',
      header: 'Endpoint',
      text: ({ originEndpointId }) => originEndpointId,
      cell: ({ originEndpointId: id }) => <PageLink to={originEndpointPath(id)}>{id}</PageLink>,
    },
    {
      id: 'shown',
      header: 'Has media from',
      text: ({ firstProgramDateTime }) => firstProgramDateTime ?? '–',
      cell: ({ firstProgramDateTime }) => <Moment at={firstProgramDateTime} precision="millisecond" />,
    },
    {
      id: 'segments',
      header: 'Segments',
      text: ({ segments: { planned, written } }) => (planned === undefined ? `${written}` : `${written} of ${planned}`),
    },
  ],
  filters: [],
}

/** The ranges of a job of several, its gaps, and what the archive had lost; each where there is something. */
export function JobParts({ job }: { readonly job: HarvestReport }) {
  const { ranges, gaps = [], lost = [], gapCount = gaps.length } = job
  return (
    <>
      {ranges && (
        <ResourceTable level="h2" title="Ranges" description={RANGES} listing={listingOf(ranges)} empty="None." />
      )}
      {gaps.length > 0 && (
        <ResourceTable
          level="h2"
          title="Gaps"
          about={
            gapCount > gaps.length
              ? `The first ${gaps.length} of ${gapCount} gaps in what the asset shows.`
              : 'What the asset lacks between its beginning and its end.'
          }
          description={GAPS}
          listing={listingOf(gaps)}
          empty="None."
        />
      )}
      {lost.length > 0 && (
        <ResourceTable
          level="h2"
          title="Losses"
          about="Source objects that the archive had lost, at most a hundred."
          description={LOSSES}
          listing={listingOf(lost)}
          empty="None."
        />
      )}
    </>
  )
}

const OBJECTS: ShownTable<HarvestObject> = {
  prefix: 'objects',
  keyOf: ({ key }) => key,
  columns: [
    { id: 'key', header: 'Key', text: ({ key }) => key, isRowHeader: true, minWidth: 300 },
    { id: 'size', header: 'Size', text: ({ size }) => bytesText(size), sortBy: ({ size }) => size },
    { id: 'sha256', header: 'SHA-256', text: ({ sha256 }) => sha256 || '–', minWidth: 200 },
  ],
  filters: [{ id: 'type', label: 'Ending', of: ({ key }) => /\.([0-9a-zA-Z]{1,8})$/.exec(key)?.[1] }],
}

/** Every object that a job has written. */
export function JobObjects({ id }: { readonly id: string }) {
  const objects = useListing<WindrowOutputs['ListHarvestObjects'], HarvestObject>({
    kind: 'harvestJob',
    path: pathOf`/windrow/v1/harvest_jobs/${id}/objects`,
    rowsOf: (page) => page.objects,
  })
  return (
    <ResourceTable
      level="h2"
      title="Objects"
      description={OBJECTS}
      listing={objects}
      empty="Nothing was written yet."
    />
  )
}
