import Spinner from '@cloudscape-design/components/spinner'
import { pathOf } from '../../api/api-client.ts'
import { EditAutomation } from '../../automations/automation-form.tsx'
import { endpointField, useHarvestableEndpoints } from '../../automations/endpoint-field.ts'
import { rulePath } from '../../resources/resource-paths.ts'
import { ruleSections } from '../../rules/rule-fields.ts'

/** The form that changes a rule: events that are over stay as they are. */
export function Page({ id }: { readonly id: string }) {
  const endpoints = useHarvestableEndpoints()
  if (!endpoints) return <Spinner size="large" />
  const endpoint = endpointField(endpoints, 'The endpoint whose events count, and that is harvested.')
  return (
    <EditAutomation
      noun="rule"
      kind="harvestRule"
      id={id}
      path={pathOf`/windrow/v1/harvest_rules/${id}`}
      pathOf={rulePath}
      sections={ruleSections(endpoint, [])}
    />
  )
}
