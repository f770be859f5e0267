import { pathOf } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { ConfirmedAction } from '../layout/confirmed-action.tsx'

/** Ends a clip; its content is kept only as long as that of the channel. */
export function DeleteClip({ id, onDone }: { readonly id: string; readonly onDone?: () => void }) {
  const api = useApi()
  return (
    <ConfirmedAction
      label="Delete"
      ariaLabel={`Delete the clip ${id}`}
      question={`Delete the clip ${id}?`}
      act={() => api.delete(pathOf`/windrow/v1/clips/${id}`)}
      {...(onDone && { onDone })}
    >
      Its URLs stop working, and what it keeps is deleted with the content of the channel. Assets that were made of it
      stay.
    </ConfirmedAction>
  )
}
