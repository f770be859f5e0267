import { useLocation } from 'wouter'
import { type Answer, pathOf } from '../../api/api-client.ts'
import { useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { Conflict } from '../../forms/conflict.tsx'
import { Edited } from '../../forms/edited.tsx'
import { useEditedResource } from '../../forms/edited-resource.ts'
import { KeptNotice } from '../../forms/kept-notice.tsx'
import { PageForm } from '../../forms/page-form.tsx'
import { EndpointForm } from '../../origin-endpoints/endpoint-form.tsx'
import { CHANGE_FIELDS } from '../../origin-endpoints/origin-endpoint-fields.ts'
import { originEndpointPath } from '../../resources/resource-paths.ts'

/** The form that changes an origin endpoint. */
export function Page({ id }: { readonly id: string }) {
  const path = pathOf`/origin_endpoints/${id}`
  return <Edited path={path}>{(begun) => <EditForm id={id} path={path} begun={begun} />}</Edited>
}

function EditForm({ id, path, begun }: { readonly id: string; readonly path: string; readonly begun: Answer<object> }) {
  const api = useApi()
  const reread = useReread()
  const [, navigate] = useLocation()
  const edited = useEditedResource({ api, path, fields: CHANGE_FIELDS, begun })
  const { draft, refused, differences, isSending } = edited
  const show = () => navigate(originEndpointPath(id))

  async function save(): Promise<void> {
    if (!(await edited.save())) return
    await reread('originEndpoint')
    show()
  }

  return (
    <PageForm
      title={`Edit ${id}`}
      about="A change counts at once, for players that are watching too."
      action="Save changes"
      refused={refused}
      isSending={isSending}
      isHeld={differences !== undefined}
      onSubmit={save}
      onCancel={() => {
        edited.forget()
        show()
      }}
    >
      <KeptNotice isKept={edited.isKept} onRestart={edited.forget} />
      {differences && <Conflict differences={differences} onTaken={edited.take} />}
      <EndpointForm kind="change" draft={draft} onChange={edited.change} refused={refused} />
    </PageForm>
  )
}
