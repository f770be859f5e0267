import { EditAutomation } from '../../automations/automation-form.tsx'
import { RULE } from '../../rules/rule.ts'

/** The form that changes a rule: events that are over stay as they are. */
export const Page = ({ id }: { readonly id: string }) => <EditAutomation automation={RULE} id={id} />
