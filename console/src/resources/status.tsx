import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'

const LOOKS: Readonly<Record<string, { readonly type: StatusIndicatorProps.Type; readonly text: string }>> = {
  QUEUED: { type: 'pending', text: 'Queued' },
  RUNNING: { type: 'in-progress', text: 'Running' },
  IN_PROGRESS: { type: 'in-progress', text: 'In progress' },
  CANCELLING: { type: 'in-progress', text: 'Cancelling' },
  SUCCEEDED: { type: 'success', text: 'Succeeded' },
  FAILED: { type: 'error', text: 'Failed' },
  CANCELLED: { type: 'stopped', text: 'Cancelled' },
  MISSED: { type: 'warning', text: 'Missed' },
  CLIPPED: { type: 'success', text: 'Clipped' },
  ACTIVE: { type: 'success', text: 'Active' },
  WAITING: { type: 'pending', text: 'Waiting' },
  STOPPED: { type: 'stopped', text: 'Stopped' },
  ENDED: { type: 'stopped', text: 'Ended' },
}

/** A state of a resource, as the API names it. */
export function Status({ of }: { readonly of: string | undefined }) {
  if (of === undefined) return '–'
  const look = Object.hasOwn(LOOKS, of) ? LOOKS[of] : undefined
  return <StatusIndicator type={look?.type ?? 'info'}>{look?.text ?? of}</StatusIndicator>
}
