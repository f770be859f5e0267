import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { SubmittedForm } from '../layout/submitted-form.tsx'
import type { Refused } from './refused-member.ts'

/** A form that is a part of a page. A refusal that names no member stands above its members. */
export function PartForm({
  title,
  about,
  actions,
  refused,
  onSubmit,
  children,
}: {
  readonly title: string
  readonly about?: string
  /** With the button that sends it. */
  readonly actions: ReactNode
  readonly refused: Refused | undefined
  readonly onSubmit: () => Promise<void>
  readonly children: ReactNode
}) {
  return (
    <SubmittedForm onSubmit={onSubmit}>
      <Container
        header={
          <Header variant="h2" description={about} actions={actions}>
            {title}
          </Header>
        }
      >
        <SpaceBetween size="l">
          {refused && refused.path === undefined && <Alert type="error">{refused.message}</Alert>}
          {children}
        </SpaceBetween>
      </Container>
    </SubmittedForm>
  )
}
