import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'

type ConfirmedActionProps = {
  /** Of the button, and of the one that confirms. */
  readonly label: string
  /** Of the button, for those who do not see what it stands beside. */
  readonly ariaLabel?: string
  readonly question: string
  /** What will be, and what stays. */
  readonly children?: ReactNode
  readonly act: () => Promise<unknown>
  readonly onDone?: () => void
  readonly variant?: ButtonProps.Variant
  readonly disabled?: boolean
  readonly isReady?: boolean
}

/** A button that asks before it does what cannot be taken back. A refusal is told where it was asked. */
export function ConfirmedAction(props: ConfirmedActionProps) {
  const { label, ariaLabel = label, question, children, act, onDone, variant = 'normal', disabled = false } = props
  const [isAsking, setIsAsking] = useState(false)
  const queries = useQueryClient()
  const { mutate, reset, error, isPending } = useMutation({
    mutationFn: act,
    onSuccess() {
      void queries.invalidateQueries()
      setIsAsking(false)
      onDone?.()
    },
  })
  const ask = () => {
    reset()
    setIsAsking(true)
  }
  const leave = () => setIsAsking(false)
  return (
    <>
      <Button variant={variant} onClick={ask} ariaLabel={ariaLabel} disabled={disabled}>
        {label}
      </Button>
      {isAsking && (
        <Modal
          visible
          header={question}
          closeAriaLabel="Close"
          onDismiss={leave}
          footer={
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={leave}>
                  Leave it
                </Button>
                <Button
                  variant="primary"
                  loading={isPending}
                  onClick={() => mutate()}
                  disabled={props.isReady === false}
                >
                  {label}
                </Button>
              </SpaceBetween>
            </Box>
          }
        >
          <SpaceBetween size="m">
            {error && <Alert type="error">{error.message}</Alert>}
            {children}
          </SpaceBetween>
        </Modal>
      )}
    </>
  )
}
