import SpaceBetween from '@cloudscape-design/components/space-between'
import { useLocation } from 'wouter'
import { useApi } from '../api/session.ts'
import { ActionButton } from '../layout/action-button.tsx'
import { ConfirmedAction } from '../layout/confirmed-action.tsx'
import { PageButton } from '../layout/page-link.tsx'

type AutomationActionsProps = {
  readonly noun: 'schedule' | 'rule'
  readonly id: string
  /** Of the API. */
  readonly path: string
  readonly isStopped: boolean
  /** The schedule has ended: there is nothing to stop or start. */
  readonly isOver?: boolean
  readonly editPath: string
  readonly listPath: string
}

/** What can be done with a schedule, or a rule. */
export function AutomationActions({
  noun,
  id,
  path,
  isStopped,
  isOver = false,
  editPath,
  listPath,
}: AutomationActionsProps) {
  const api = useApi()
  const [, navigate] = useLocation()
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {!isOver &&
        (isStopped ? (
          <ActionButton key="start" label="Start" act={() => api.post(`${path}/start`)} />
        ) : (
          <ActionButton key="stop" label="Stop" act={() => api.post(`${path}/stop`)} />
        ))}
      <PageButton to={editPath}>Edit</PageButton>
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
