import Alert from '@cloudscape-design/components/alert'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { FormDialog } from './form-dialog.tsx'

/** Asks before something is done that cannot be undone. What the server refuses stays in sight. */
export function Confirmation({
  title,
  verb,
  leave = 'Cancel',
  typed,
  children,
  onConfirmed,
  onClosed,
}: {
  readonly title: string
  /** Of the button, such as "Delete". */
  readonly verb: string
  /** Of the button that leaves everything as it is. */
  readonly leave?: string
  /** What has to be typed first, such as an id; absent where a button is enough. */
  readonly typed?: string
  /** What happens then, and what is lost. */
  readonly children: ReactNode
  /** It is closed when this resolves; what it rejects with is shown. */
  readonly onConfirmed: () => Promise<void>
  readonly onClosed: () => void
}) {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string>()
  const [isDoing, setIsDoing] = useState(false)

  async function confirm(): Promise<void> {
    setIsDoing(true)
    setProblem(undefined)
    try {
      await onConfirmed()
      onClosed()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
      setIsDoing(false)
    }
  }

  return (
    <FormDialog
      title={title}
      verb={verb}
      leave={leave}
      isSending={isDoing}
      isReady={typed === undefined || text === typed}
      onSubmit={confirm}
      onClosed={onClosed}
    >
      <SpaceBetween size="m">
        {problem !== undefined && <Alert type="error">{problem}</Alert>}
        {children}
        {typed !== undefined && (
          <FormField label={`Type ${typed} to confirm`}>
            <Input value={text} onChange={({ detail }) => setText(detail.value)} autoComplete={false} />
          </FormField>
        )}
      </SpaceBetween>
    </FormDialog>
  )
}
