import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQueryClient } from '@tanstack/react-query'
import type { FormEvent, ReactNode } from 'react'
import { useLocation } from 'wouter'
import type { Answer } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { Conflict } from '../forms/conflict.tsx'
import { newDraft, requestOf } from '../forms/draft.ts'
import { Edited } from '../forms/edited.tsx'
import { useEditedResource } from '../forms/edited-resource.ts'
import { type Draft, plainText } from '../forms/field.ts'
import { Fields } from '../forms/fields.tsx'
import { useKeptDraft } from '../forms/kept-draft.ts'
import { KeptNotice } from '../forms/kept-notice.tsx'
import type { Refused } from '../forms/refused-member.ts'
import { useSubmission } from '../forms/submission.ts'
import { serverNow } from '../time/server-clock.ts'
import { useZones } from '../time/zone-choice.ts'
import { automationRequest } from './automation-request.ts'
import type { FormSection } from './form-section.ts'

type AutomationFormProps = {
  /** What it is called in sentences. */
  readonly noun: 'schedule' | 'rule'
  /** Of its changes. */
  readonly kind: 'harvestSchedule' | 'harvestRule'
  readonly sections: readonly FormSection[]
  /** Where it is shown. */
  readonly pathOf: (id: string) => string
}

/** The form that creates a schedule, or a rule. */
export function CreateAutomation({
  noun,
  kind,
  sections,
  pathOf,
  apiPath,
  listPath,
  begin,
}: AutomationFormProps & {
  /** Of the API. */
  readonly apiPath: string
  readonly listPath: string
  /** The draft to begin with. */
  readonly begin: (draft: Draft) => Draft
}) {
  const api = useApi()
  const queries = useQueryClient()
  const { zone } = useZones()
  const [, navigate] = useLocation()
  const fields = sections.flatMap((section) => section.fields)
  const draft = useKeptDraft<Draft>(`create-${noun}`, () => begin(newDraft(fields)))
  const { isSending, refused, submit } = useSubmission()

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault()
    const request = automationRequest(fields, requestOf(fields, draft.value), { now: serverNow(), zone })
    if (!(await submit(fields, draft.value, () => api.post(apiPath, request)))) return
    draft.forget()
    void queries.invalidateQueries({ queryKey: [kind] })
    navigate(pathOf(plainText(draft.value['id'])))
  }

  return (
    <AutomationFields
      title={`Create a ${noun}`}
      action={`Create ${noun}`}
      sections={sections}
      draft={draft.value}
      onChange={draft.change}
      refused={refused}
      isSending={isSending}
      onSubmit={create}
      onCancel={() => {
        draft.forget()
        navigate(listPath)
      }}
    >
      <KeptNotice isKept={draft.isKept} onRestart={draft.restart} />
    </AutomationFields>
  )
}

/** The form that replaces a schedule, or a rule, unless another has changed it meanwhile. */
export function EditAutomation({
  path,
  id,
  ...automation
}: AutomationFormProps & { readonly path: string; readonly id: string }) {
  return <Edited path={path}>{(begun) => <EditForm path={path} id={id} begun={begun} {...automation} />}</Edited>
}

function EditForm({
  path,
  id,
  begun,
  noun,
  kind,
  sections,
  pathOf,
}: AutomationFormProps & { readonly path: string; readonly id: string; readonly begun: Answer<object> }) {
  const api = useApi()
  const queries = useQueryClient()
  const { zone } = useZones()
  const [, navigate] = useLocation()
  const fields = sections.flatMap((section) => section.fields)
  const bodyOf = (request: Parameters<typeof automationRequest>[1]) =>
    automationRequest(fields, request, { now: serverNow(), zone })
  const edited = useEditedResource({ api, path, fields, begun, bodyOf })

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (!(await edited.save())) return
    await queries.invalidateQueries({ queryKey: [kind] })
    navigate(pathOf(id))
  }

  return (
    <AutomationFields
      title={`Edit the ${noun} ${id}`}
      action="Save changes"
      sections={sections}
      draft={edited.draft}
      onChange={edited.change}
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
    </AutomationFields>
  )
}

type AutomationFieldsProps = {
  readonly title: string
  readonly action: string
  readonly sections: readonly FormSection[]
  readonly draft: Draft
  readonly onChange: (draft: Draft) => void
  readonly refused: Refused | undefined
  readonly isSending: boolean
  /** Something is to be decided before. */
  readonly isHeld?: boolean
  readonly onSubmit: (event: FormEvent) => Promise<void>
  readonly onCancel: () => void
  readonly children?: ReactNode
}

function AutomationFields(props: AutomationFieldsProps) {
  const { title, action, sections, draft, onChange, refused, isSending, isHeld = false, onSubmit, onCancel } = props
  return (
    <form onSubmit={(event) => void onSubmit(event)}>
      <Form
        header={<Header variant="h1">{title}</Header>}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onCancel}>
              Cancel
            </Button>
            <Button variant="primary" formAction="submit" loading={isSending} disabled={isHeld}>
              {action}
            </Button>
          </SpaceBetween>
        }
        errorText={refused && (refused.path === undefined ? refused.message : 'A member is refused; see above.')}
      >
        <SpaceBetween size="l">
          {props.children}
          {sections.map((section) => (
            <Container key={section.title} header={<Header variant="h2">{section.title}</Header>}>
              <Fields fields={section.fields} draft={draft} onChange={onChange} refused={refused} />
            </Container>
          ))}
        </SpaceBetween>
      </Form>
    </form>
  )
}
