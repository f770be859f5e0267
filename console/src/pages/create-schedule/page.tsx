import { CreateAutomation } from '../../automations/automation-form.tsx'
import { SCHEDULE } from '../../schedules/schedule.ts'

/** The form that creates a schedule. */
export const Page = () => <CreateAutomation automation={SCHEDULE} />
