import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { ReactNode } from 'react'

/** Labels and values, of which those that there are not are left out. */
export type Pairs = Readonly<Record<string, ReactNode>>

/** A part of a page with labels and their values. */
export function ValuePairs({
  title,
  pairs,
  actions,
}: {
  readonly title: string
  readonly pairs: Pairs
  readonly actions?: ReactNode
}) {
  return (
    <Container
      header={
        <Header variant="h2" actions={actions}>
          {title}
        </Header>
      }
    >
      <KeyValuePairs
        columns={4}
        minColumnWidth={230}
        items={Object.entries(pairs)
          .filter(([, value]) => value !== undefined && value !== null && value !== false && value !== '')
          .map(([label, value]) => ({ label, value: <span className="break">{value}</span> }))}
      />
    </Container>
  )
}
