import { AUTOMATION_ID_FIELD, type Automation } from '../automations/automation.ts'
import { rulePath } from '../resources/resource-paths.ts'
import { ruleSections } from './rule-fields.ts'

export const RULE: Automation = {
  noun: 'rule',
  title: 'Rule',
  kind: 'harvestRule',
  apiPath: '/windrow/v1/harvest_rules',
  listPath: '/rules',
  pathOf: rulePath,
  endpoint: 'The endpoint whose events count, and that is harvested.',
  sections: (endpoint, isNew) => ruleSections(endpoint, isNew ? [AUTOMATION_ID_FIELD] : []),
}
