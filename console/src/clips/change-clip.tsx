import Alert from '@cloudscape-design/components/alert'
import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { ClipReport } from '../../../src/control/clip-operations.ts'
import { type Answer, ApiRefused, pathOf } from '../api/api-client.ts'
import { useReread } from '../api/resources.ts'
import { useApi } from '../api/session.ts'
import { FormDialog } from '../layout/form-dialog.tsx'
import { MomentField, momentInField } from '../time/moment-field.tsx'
import { momentOf, momentText } from '../time/moment-text.ts'
import { useZones } from '../time/zone-choice.ts'

const CUTS = [
  { value: 'SEGMENT', label: 'Whole segments' },
  { value: 'FRAME', label: 'Frames' },
]

/** Gives a clip another window or expiry, unless somebody else has changed it meanwhile. */
export function ChangeClip({
  clip: { value: clip, etag },
  onClosed,
}: {
  readonly clip: Answer<ClipReport>
  readonly onClosed: () => void
}) {
  const api = useApi()
  const reread = useReread()
  const { zone } = useZones()
  const text = (at: string | undefined) => {
    const moment = momentOf(at)
    return moment === undefined ? '' : momentText(moment, zone, 'millisecond')
  }
  const [start, setStart] = useState(() => text(clip.startTime))
  const [end, setEnd] = useState(() => text(clip.endTime))
  const [expiry, setExpiry] = useState(() => text(clip.expiresAt))
  const [lasts, setLasts] = useState(clip.expiresAt === undefined)
  const [cut, setCut] = useState<string>(clip.cut)
  const [problem, setProblem] = useState<Error>()
  const [isSending, setIsSending] = useState(false)
  const from = { at: momentOf(clip.startTime) ?? 0, name: 'the start' }
  const said = (member: string) =>
    problem?.message.startsWith(`${member}:`) ? problem.message.slice(member.length + 2) : undefined
  const isAtField = ['startTime', 'endTime', 'expiresAt', 'cut'].some((member) => said(member) !== undefined)

  async function change(): Promise<void> {
    const given = (value: string, before: string | undefined) =>
      value === text(before) ? undefined : (momentInField(value, { zone, from }) ?? value)
    const expiresAt = lasts ? 'NEVER' : given(expiry, clip.expiresAt)
    setIsSending(true)
    setProblem(undefined)
    try {
      await api.put(pathOf`/windrow/v1/clips/${clip.id}`, {
        body: {
          startTime: given(start, clip.startTime),
          endTime: given(end, clip.endTime),
          cut: cut === clip.cut ? undefined : cut,
          expiresAt: lasts && clip.expiresAt === undefined ? undefined : expiresAt,
        },
        ifMatch: etag,
      })
      void reread('clip')
      onClosed()
    } catch (error) {
      setProblem(error as Error)
      setIsSending(false)
    }
  }

  return (
    <FormDialog
      title={`Change the clip ${clip.id}`}
      verb="Change"
      isSending={isSending}
      onSubmit={change}
      onClosed={onClosed}
    >
      <SpaceBetween size="l">
        {problem && !isAtField && (
          <Alert type="error">
            {isConflict(problem)
              ? 'Somebody else has changed this clip meanwhile. Close this, look at what it is now, and change it again.'
              : problem.message}
          </Alert>
        )}
        <MomentField label="Start" value={start} onChange={setStart} error={said('startTime')} />
        <MomentField
          label="End"
          value={end}
          onChange={setEnd}
          from={from}
          description="Also as a distance from the start, such as +30s."
          error={said('endTime')}
        />
        <FormField label="Cut" description="Where it begins and ends." errorText={said('cut')}>
          <Select
            selectedOption={CUTS.find(({ value }) => value === cut) ?? null}
            options={CUTS}
            onChange={({ detail }) => setCut(detail.selectedOption.value ?? cut)}
          />
        </FormField>
        <Checkbox checked={lasts} onChange={({ detail }) => setLasts(detail.checked)}>
          It lasts until it is deleted
        </Checkbox>
        {!lasts && <MomentField label="Expires" value={expiry} onChange={setExpiry} error={said('expiresAt')} />}
      </SpaceBetween>
    </FormDialog>
  )
}

const isConflict = (error: Error) => error instanceof ApiRefused && error.status === 412
