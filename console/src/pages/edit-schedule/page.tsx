import Spinner from '@cloudscape-design/components/spinner'
import { pathOf } from '../../api/api-client.ts'
import { EditAutomation } from '../../automations/automation-form.tsx'
import { endpointField, useHarvestableEndpoints } from '../../automations/endpoint-field.ts'
import { schedulePath } from '../../resources/resource-paths.ts'
import { scheduleSections } from '../../schedules/schedule-fields.ts'

/** The form that changes a schedule: windows of which something has become stay as they are. */
export function Page({ id }: { readonly id: string }) {
  const endpoints = useHarvestableEndpoints()
  if (!endpoints) return <Spinner size="large" />
  const endpoint = endpointField(endpoints, 'The endpoint that is harvested, as it is when each job is made.')
  return (
    <EditAutomation
      noun="schedule"
      kind="harvestSchedule"
      id={id}
      path={pathOf`/windrow/v1/harvest_schedules/${id}`}
      pathOf={schedulePath}
      sections={scheduleSections(endpoint, 'UTC', [])}
    />
  )
}
