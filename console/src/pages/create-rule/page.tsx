import { CreateAutomation } from '../../automations/automation-form.tsx'
import { RULE } from '../../rules/rule.ts'

/** The form that creates a rule. */
export const Page = () => <CreateAutomation automation={RULE} />
