import Button from '@cloudscape-design/components/button'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Confirmation } from './confirmation.tsx'

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
}

/** A button that asks before it does what cannot be taken back; then everything that is shown is read anew. */
export function ConfirmedAction({ label, ariaLabel = label, question, children, act, onDone }: ConfirmedActionProps) {
  const [isAsking, setIsAsking] = useState(false)
  const queries = useQueryClient()
  return (
    <>
      <Button onClick={() => setIsAsking(true)} ariaLabel={ariaLabel}>
        {label}
      </Button>
      {isAsking && (
        <Confirmation
          title={question}
          verb={label}
          leave="Leave it"
          onConfirmed={async () => {
            await act()
            void queries.invalidateQueries()
            onDone?.()
          }}
          onClosed={() => setIsAsking(false)}
        >
          {children}
        </Confirmation>
      )}
    </>
  )
}
