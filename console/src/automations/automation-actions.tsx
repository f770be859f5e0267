import SpaceBetween from '@cloudscape-design/components/space-between'
import { useLocation } from 'wouter'
import { useApi } from '../api/session.ts'
import { ActionButton } from '../layout/action-button.tsx'
import { ConfirmedAction } from '../layout/confirmed-action.tsx'
import { PageButton } from '../layout/page-link.tsx'
import { type Automation, apiPathOf } from './automation.ts'

/** What can be done with a schedule, or a rule. A schedule that has ended can neither be stopped nor started. */
export function AutomationActions({
  automation,
  id,
  state,
}: {
  readonly automation: Automation
  readonly id: string
  readonly state: 'ACTIVE' | 'WAITING' | 'STOPPED' | 'ENDED'
}) {
  const api = useApi()
  const [, navigate] = useLocation()
  const { noun, listPath, pathOf } = automation
  const path = apiPathOf(automation, id)
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {state !== 'ENDED' &&
        (state === 'STOPPED' ? (
          <ActionButton key="start" label="Start" act={() => api.post(`${path}/start`)} />
        ) : (
          <ActionButton key="stop" label="Stop" act={() => api.post(`${path}/stop`)} />
        ))}
      <PageButton to={`${pathOf(id)}/edit`}>Edit</PageButton>
      <ConfirmedAction
        label="Delete"
        ariaLabel={`Delete the ${noun} ${id}`}
        question={`Delete the ${noun} ${id}?`}
        act={() => api.delete(path)}
        onDone={() => navigate(listPath)}
      >
        Its history is deleted too. What it has made stays.
      </ConfirmedAction>
    </SpaceBetween>
  )
}
