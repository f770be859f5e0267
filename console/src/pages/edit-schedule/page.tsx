import { EditAutomation } from '../../automations/automation-form.tsx'
import { SCHEDULE } from '../../schedules/schedule.ts'

/** The form that changes a schedule: windows of which something has become stay as they are. */
export const Page = ({ id }: { readonly id: string }) => <EditAutomation automation={SCHEDULE} id={id} />
