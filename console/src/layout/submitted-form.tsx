import type { ReactNode } from 'react'

type SubmittedFormProps = {
  /** What buttons outside of it name. */
  readonly id?: string
  /** Sends it; the browser itself sends nothing. */
  readonly onSubmit: () => Promise<void>
  readonly children: ReactNode
}

/** A form that is sent by its button, and by Enter in its fields. */
export function SubmittedForm({ id, onSubmit, children }: SubmittedFormProps) {
  return (
    <form
      id={id}
      onSubmit={(event) => {
        event.preventDefault()
        void onSubmit()
      }}
    >
      {children}
    </form>
  )
}
