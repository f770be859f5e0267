import Spinner from '@cloudscape-design/components/spinner'
import { CreateAutomation } from '../../automations/automation-form.tsx'
import { endpointField, useHarvestableEndpoints } from '../../automations/endpoint-field.ts'
import { rulePath } from '../../resources/resource-paths.ts'
import { ruleSections } from '../../rules/rule-fields.ts'
import { AUTOMATION_ID_FIELD } from '../../schedules/schedule-fields.ts'

/** The form that creates a rule. */
export function Page() {
  const endpoints = useHarvestableEndpoints()
  if (!endpoints) return <Spinner size="large" />
  const endpoint = endpointField(endpoints, 'The endpoint whose events count, and that is harvested.')
  return (
    <CreateAutomation
      noun="rule"
      kind="harvestRule"
      apiPath="/windrow/v1/harvest_rules"
      listPath="/rules"
      pathOf={rulePath}
      sections={ruleSections(endpoint, [AUTOMATION_ID_FIELD])}
      begin={(draft) => ({ ...draft, deliverables: undefined })}
    />
  )
}
