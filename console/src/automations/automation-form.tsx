import Spinner from '@cloudscape-design/components/spinner'
import { useLocation } from 'wouter'
import type { Answer } from '../api/api-client.ts'
import { useReread } from '../api/resources.ts'
import { useApi } from '../api/session.ts'
import { Conflict } from '../forms/conflict.tsx'
import { newDraft, requestOf } from '../forms/draft.ts'
import { Edited } from '../forms/edited.tsx'
import { useEditedResource } from '../forms/edited-resource.ts'
import { type Draft, plainText, type Section } from '../forms/field.ts'
import { useKeptDraft } from '../forms/kept-draft.ts'
import { KeptNotice } from '../forms/kept-notice.tsx'
import { PageForm } from '../forms/page-form.tsx'
import { SectionFields } from '../forms/section-fields.tsx'
import { useSubmission } from '../forms/submission.ts'
import { serverNow } from '../time/server-clock.ts'
import { useZones } from '../time/zone-choice.ts'
import { type Automation, apiPathOf } from './automation.ts'
import { automationRequest } from './automation-request.ts'
import { endpointField, useHarvestableEndpoints } from './endpoint-field.ts'

type AutomationProps = { readonly automation: Automation }
type SectionsProps = { readonly sections: readonly Section[] }

/** The form that creates a schedule, or a rule. */
export function CreateAutomation({ automation }: AutomationProps) {
  const sections = useSections(automation, true)
  return sections ? <CreateForm automation={automation} sections={sections} /> : <Spinner size="large" />
}

function CreateForm({ automation, sections }: AutomationProps & SectionsProps) {
  const { noun, kind, apiPath, listPath, pathOf } = automation
  const api = useApi()
  const reread = useReread()
  const { zone } = useZones()
  const [, navigate] = useLocation()
  const fields = sections.flatMap((section) => section.fields)
  const draft = useKeptDraft<Draft>(`create-${noun}`, () => ({ ...newDraft(fields), deliverables: undefined }))
  const { isSending, refused, submit } = useSubmission()

  async function create(): Promise<void> {
    const request = automationRequest(fields, requestOf(fields, draft.value), { now: serverNow(), zone })
    if (!(await submit(fields, draft.value, () => api.post(apiPath, request)))) return
    draft.forget()
    void reread(kind)
    navigate(pathOf(plainText(draft.value['id'])))
  }

  return (
    <PageForm
      title={`Create a ${noun}`}
      action={`Create ${noun}`}
      refused={refused}
      isSending={isSending}
      onSubmit={create}
      onCancel={() => {
        draft.forget()
        navigate(listPath)
      }}
    >
      <KeptNotice isKept={draft.isKept} onRestart={draft.restart} />
      {sections.map((section) => (
        <SectionFields
          key={section.title}
          section={section}
          draft={draft.value}
          onChange={draft.change}
          refused={refused}
        />
      ))}
    </PageForm>
  )
}

/** The form that replaces a schedule, or a rule, unless another has changed it meanwhile. */
export function EditAutomation({ automation, id }: AutomationProps & { readonly id: string }) {
  const sections = useSections(automation, false)
  if (!sections) return <Spinner size="large" />
  return (
    <Edited path={apiPathOf(automation, id)}>
      {(begun) => <EditForm automation={automation} sections={sections} id={id} begun={begun} />}
    </Edited>
  )
}

/** Undefined until it is known which endpoints can be harvested. */
function useSections({ sections, endpoint }: Automation, isNew: boolean): readonly Section[] | undefined {
  const endpoints = useHarvestableEndpoints()
  return endpoints && sections(endpointField(endpoints, endpoint), isNew)
}

function EditForm({
  automation,
  sections,
  id,
  begun,
}: AutomationProps & SectionsProps & { readonly id: string; readonly begun: Answer<object> }) {
  const { noun, kind, pathOf } = automation
  const api = useApi()
  const reread = useReread()
  const { zone } = useZones()
  const [, navigate] = useLocation()
  const fields = sections.flatMap((section) => section.fields)
  const bodyOf = (request: Parameters<typeof automationRequest>[1]) =>
    automationRequest(fields, request, { now: serverNow(), zone })
  const edited = useEditedResource({ api, path: apiPathOf(automation, id), fields, begun, bodyOf })

  async function save(): Promise<void> {
    if (!(await edited.save())) return
    await reread(kind)
    navigate(pathOf(id))
  }

  return (
    <PageForm
      title={`Edit the ${noun} ${id}`}
      action="Save changes"
      refused={edited.refused}
      isSending={edited.isSending}
      isHeld={edited.differences !== undefined}
      onSubmit={save}
      onCancel={() => {
        edited.forget()
        navigate(pathOf(id))
      }}
    >
      <KeptNotice isKept={edited.isKept} onRestart={edited.forget} />
      {edited.differences && <Conflict differences={edited.differences} onTaken={edited.take} />}
      {sections.map((section) => (
        <SectionFields
          key={section.title}
          section={section}
          draft={edited.draft}
          onChange={edited.change}
          refused={edited.refused}
        />
      ))}
    </PageForm>
  )
}
