import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal, { type ModalProps } from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useId } from 'react'
import { SubmittedForm } from './submitted-form.tsx'

/** A form in front of the page, with the button that sends it and the one that leaves everything as it is. */
export function FormDialog({
  title,
  verb,
  leave = 'Leave it',
  size = 'medium',
  isSending,
  isReady = true,
  onSubmit,
  onLeft,
  onClosed,
  children,
}: {
  readonly title: string
  /** Of the button that sends it, such as "Delete". */
  readonly verb: string
  readonly leave?: string
  readonly size?: ModalProps.Size
  readonly isSending: boolean
  /** It can be sent. */
  readonly isReady?: boolean
  readonly onSubmit: () => Promise<void>
  /** Somebody leaves it by the button; it is closed then, too. */
  readonly onLeft?: () => void
  readonly onClosed: () => void
  readonly children: ReactNode
}) {
  const form = useId()
  return (
    <Modal
      visible
      size={size}
      header={title}
      closeAriaLabel="Close"
      onDismiss={onClosed}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              variant="link"
              onClick={() => {
                onLeft?.()
                onClosed()
              }}
            >
              {leave}
            </Button>
            <Button variant="primary" formAction="submit" form={form} loading={isSending} disabled={!isReady}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SubmittedForm id={form} onSubmit={onSubmit}>
        {children}
      </SubmittedForm>
    </Modal>
  )
}
