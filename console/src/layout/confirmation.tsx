import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, type ReactNode, useId, useState } from 'react'

/** Asks before something is done that cannot be undone. What the server refuses stays in sight. */
export function Confirmation({
  title,
  verb,
  typed,
  children,
  onConfirmed,
  onClosed,
}: {
  readonly title: string
  /** Of the button, such as "Delete". */
  readonly verb: string
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
  const form = useId()

  async function confirm(event: FormEvent): Promise<void> {
    event.preventDefault()
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
    <Modal
      visible
      header={title}
      closeAriaLabel="Close"
      onDismiss={onClosed}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClosed}>
              Cancel
            </Button>
            <Button
              variant="primary"
              formAction="submit"
              form={form}
              loading={isDoing}
              disabled={typed !== undefined && text !== typed}
            >
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form id={form} onSubmit={(event) => void confirm(event)}>
        <SpaceBetween size="m">
          {problem !== undefined && <Alert type="error">{problem}</Alert>}
          {children}
          {typed !== undefined && (
            <FormField label={`Type ${typed} to confirm`}>
              <Input value={text} onChange={({ detail }) => setText(detail.value)} autoComplete={false} />
            </FormField>
          )}
        </SpaceBetween>
      </form>
    </Modal>
  )
}
