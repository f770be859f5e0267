import type { RuleReport } from '../../../../src/control/rule-operations.ts'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { useListing } from '../../api/listing.ts'
import { PageButton, PageLink } from '../../layout/page-link.tsx'
import { originEndpointPath, rulePath } from '../../resources/resource-paths.ts'
import { Status } from '../../resources/status.tsx'
import { selectionText } from '../../rules/event-text.ts'
import { ResourceTable, type ShownTable } from '../../tables/resource-table.tsx'
import { Age } from '../../time/moment.tsx'
import { momentOf } from '../../time/moment-text.ts'

const RULES: ShownTable<RuleReport> = {
  keyOf: ({ id }) => id,
  columns: [
    {
      id: 'id',
      header: 'Rule',
      text: ({ id }) => id,
      cell: ({ id }) => <PageLink to={rulePath(id)}>{id}</PageLink>,
      isRowHeader: true,
      minWidth: 160,
    },
    {
      id: 'state',
      header: 'State',
      text: ({ state }) => state,
      cell: ({ state }) => <Status of={state} />,
      minWidth: 120,
    },
    {
      id: 'endpoint',
      header: 'Endpoint',
      text: ({ originEndpointId }) => originEndpointId,
      cell: ({ originEndpointId: id }) => <PageLink to={originEndpointPath(id)}>{id}</PageLink>,
      minWidth: 140,
    },
    { id: 'events', header: 'Events', text: selectionText, minWidth: 200 },
    { id: 'upid', header: 'UPID', text: ({ upid }) => upid ?? 'Any', minWidth: 110 },
    { id: 'action', header: 'Makes', text: ({ action }) => (action === 'JOB' ? 'Job' : 'Clip'), minWidth: 90 },
    {
      id: 'open',
      header: 'Going on',
      text: ({ openEvents }) => String(openEvents.length),
      sortBy: ({ openEvents }) => openEvents.length,
      minWidth: 100,
    },
    {
      id: 'read',
      header: 'Read until',
      text: ({ readUntil }) => readUntil ?? '–',
      sortBy: ({ readUntil }) => momentOf(readUntil),
      cell: ({ readUntil }) => <Age at={readUntil} />,
      minWidth: 110,
    },
  ],
  filters: [
    { id: 'state', label: 'State', of: ({ state }) => state, values: ['ACTIVE', 'WAITING', 'STOPPED'] },
    { id: 'endpoint', label: 'Endpoint', of: ({ originEndpointId }) => originEndpointId },
    { id: 'action', label: 'Makes', of: ({ action }) => action, values: ['JOB', 'CLIP'] },
  ],
}

/** Rules, which make harvest jobs and clips of what SCTE 35 marks. */
export function Page() {
  const rules = useListing<WindrowOutputs['ListHarvestRules'], RuleReport>({
    kind: 'harvestRule',
    path: '/windrow/v1/harvest_rules',
    rowsOf: ({ harvestRules }) => harvestRules,
  })
  return (
    <ResourceTable
      description={RULES}
      listing={rules}
      title="Rules"
      about="A rule makes a harvest job, or a clip, of each programme, chapter, break or ad that SCTE 35 marks."
      actions={
        <PageButton variant="primary" to="/create-rule">
          Create rule
        </PageButton>
      }
      empty="There is no rule yet."
    />
  )
}
