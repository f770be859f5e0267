import Button from '@cloudscape-design/components/button'
import Form from '@cloudscape-design/components/form'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { SubmittedForm } from '../layout/submitted-form.tsx'
import type { Refused } from './refused-member.ts'

/** A form that is a page: what it is for, its members, and how it is sent or given up. */
export function PageForm({
  title,
  about,
  action,
  refused,
  isSending,
  isHeld = false,
  onSubmit,
  onCancel,
  children,
}: {
  readonly title: string
  readonly about?: string
  /** Of the button that sends it. */
  readonly action: string
  readonly refused: Refused | undefined
  readonly isSending: boolean
  /** Something is to be decided before. */
  readonly isHeld?: boolean
  readonly onSubmit: () => Promise<void>
  readonly onCancel: () => void
  readonly children: ReactNode
}) {
  return (
    <SubmittedForm onSubmit={onSubmit}>
      <Form
        header={
          <Header variant="h1" description={about}>
            {title}
          </Header>
        }
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
        <SpaceBetween size="l">{children}</SpaceBetween>
      </Form>
    </SubmittedForm>
  )
}
