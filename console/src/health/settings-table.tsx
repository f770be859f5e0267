import { useQuery } from '@tanstack/react-query'
import type { SettingsReport } from '../../../src/control/monitoring-operations.ts'
import { listingOf } from '../api/listing.ts'
import { useApi } from '../api/session.ts'
import { ResourceTable, type ShownTable } from '../tables/resource-table.tsx'

type Setting = SettingsReport['settings'][number]

const SETTINGS: ShownTable<Setting> = {
  prefix: 'settings',
  keyOf: ({ name }) => name,
  columns: [
    { id: 'name', header: 'Setting', text: ({ name }) => name, isRowHeader: true, minWidth: 200 },
    {
      id: 'value',
      header: 'Value',
      text: ({ value, isSecret, otherwise, source }) =>
        source === 'UNSET' ? otherwise : isSecret ? 'Not shown' : (value ?? '–'),
      minWidth: 200,
    },
    { id: 'source', header: 'Set by', text: ({ where, source }) => where || source, minWidth: 160 },
    { id: 'description', header: 'Description', text: ({ description }) => description, minWidth: 300 },
  ],
  filters: [{ id: 'source', label: 'Source', of: ({ source }) => source }],
}

/** The settings in effect, and what has set each; not the values of secrets. */
export function SettingsTable() {
  const api = useApi()
  const settings = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => api.get<SettingsReport>('/windrow/v1/settings', {}, signal),
  })
  return (
    <ResourceTable
      level="h2"
      title="Settings in effect"
      about="Of the process that answers. The values of secrets are not told."
      description={SETTINGS}
      listing={{
        ...listingOf(settings.data?.settings ?? []),
        isPending: settings.isPending,
        error: settings.error,
      }}
      empty="None."
    />
  )
}
