import Alert from '@cloudscape-design/components/alert'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import { pathOf } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { newDraft, requestOf } from '../forms/draft.ts'
import type { Draft, Field } from '../forms/field.ts'
import { Fields } from '../forms/fields.tsx'
import { useSubmission } from '../forms/submission.ts'
import { DELIVERABLES_FIELD, DESTINATION_FIELD, ENCRYPTION_FIELD } from '../harvest-jobs/job-fields.ts'
import { withoutUnused } from '../harvest-jobs/job-request.ts'
import { FormDialog } from '../layout/form-dialog.tsx'
import { harvestJobPath } from '../resources/resource-paths.ts'

const FIELDS: readonly Field[] = [
  {
    name: 'jobId',
    label: 'Job ID',
    description: 'Of the harvest job that writes it.',
    control: 'text',
    otherwise: 'a new one',
  },
  DESTINATION_FIELD,
  DELIVERABLES_FIELD,
  ENCRYPTION_FIELD,
]

/** Makes files of a clip in a bucket, by a harvest job, and shows that. */
export function MaterialiseClip({ id, onClosed }: { readonly id: string; readonly onClosed: () => void }) {
  const api = useApi()
  const [, navigate] = useLocation()
  const [draft, setDraft] = useState<Draft>(() => ({ ...newDraft(FIELDS), deliverables: undefined }))
  const { isSending, refused, submit } = useSubmission()

  async function materialise(): Promise<void> {
    await submit(FIELDS, draft, async () => {
      const body = withoutUnused(requestOf(FIELDS, draft))
      const job = await api.post<HarvestReport>(pathOf`/windrow/v1/clips/${id}/materialise`, body)
      navigate(harvestJobPath(job.id))
    })
  }

  return (
    <FormDialog
      title={`Materialise the clip ${id}`}
      verb="Materialise"
      size="large"
      isSending={isSending}
      onSubmit={materialise}
      onClosed={onClosed}
    >
      <SpaceBetween size="l">
        {refused && refused.path === undefined && <Alert type="error">{refused.message}</Alert>}
        <Fields fields={FIELDS} draft={draft} onChange={setDraft} refused={refused} />
      </SpaceBetween>
    </FormDialog>
  )
}
