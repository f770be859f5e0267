import Spinner from '@cloudscape-design/components/spinner'
import { CreateAutomation } from '../../automations/automation-form.tsx'
import { endpointField, useHarvestableEndpoints } from '../../automations/endpoint-field.ts'
import { schedulePath } from '../../resources/resource-paths.ts'
import { AUTOMATION_ID_FIELD, scheduleSections } from '../../schedules/schedule-fields.ts'
import { viewerZone } from '../../time/zone-choice.ts'

/** The form that creates a schedule. */
export function Page() {
  const endpoints = useHarvestableEndpoints()
  if (!endpoints) return <Spinner size="large" />
  const endpoint = endpointField(endpoints, 'The endpoint that is harvested, as it is when each job is made.')
  return (
    <CreateAutomation
      noun="schedule"
      kind="harvestSchedule"
      apiPath="/windrow/v1/harvest_schedules"
      listPath="/schedules"
      pathOf={schedulePath}
      sections={scheduleSections(endpoint, viewerZone(), [AUTOMATION_ID_FIELD])}
      begin={(draft) => ({ ...draft, deliverables: undefined })}
    />
  )
}
