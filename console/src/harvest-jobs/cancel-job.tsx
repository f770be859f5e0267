import { pathOf } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { ConfirmedAction } from '../layout/confirmed-action.tsx'

/** Cancels a harvest job that has not ended. */
export function CancelJob({ id }: { readonly id: string }) {
  const api = useApi()
  return (
    <ConfirmedAction
      label="Cancel job"
      ariaLabel={`Cancel job ${id}`}
      question={`Cancel the harvest job ${id}?`}
      act={() => api.post(pathOf`/windrow/v1/harvest_jobs/${id}/cancel`)}
    >
      The objects that it has written stay in the bucket; its page can delete them.
    </ConfirmedAction>
  )
}
