import Alert, { type AlertProps } from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import { useEffect, useRef, useState } from 'react'
import type { Difference } from './differences.ts'

type Side = 'mine' | 'theirs'

/** What another has saved while I was writing, beside what I would save: one of the two is taken of each member. */
export function Conflict({
  differences,
  onTaken,
}: {
  readonly differences: readonly Difference[]
  /** With those of which mine is taken. */
  readonly onTaken: (mine: readonly Difference[]) => void
}) {
  const place = useRef<AlertProps.Ref>(null)
  // It stands above what was being written.
  useEffect(() => place.current?.focus(), [])
  const [chosen, setChosen] = useState<Readonly<Record<string, Side>>>({})
  const sideOf = ({ path, changedBy }: Difference): Side | undefined =>
    chosen[path] ?? (changedBy === 'me' ? 'mine' : changedBy === 'other' ? 'theirs' : undefined)
  const isOpen = differences.some((difference) => sideOf(difference) === undefined)
  return (
    <Alert ref={place} type="warning" header="Another has saved changes meanwhile">
      <SpaceBetween size="m">
        <div>
          Nothing of yours has been saved, and nothing is lost. Say for each member whose value counts; what only one of
          you has changed is chosen already. Then save again.
        </div>
        <Table
          variant="embedded"
          wrapLines
          items={differences}
          trackBy="path"
          ariaLabels={{ tableLabel: 'Members that differ' }}
          columnDefinitions={[
            { id: 'member', header: 'Member', cell: ({ label }) => label, isRowHeader: true },
            { id: 'before', header: 'Before', cell: ({ before }) => valueText(before) },
            { id: 'theirs', header: 'Theirs', cell: ({ theirs }) => valueText(theirs) },
            { id: 'mine', header: 'Mine', cell: ({ mine }) => valueText(mine) },
            {
              id: 'choice',
              header: 'Taken',
              minWidth: 180,
              cell: (difference) => (
                <SegmentedControl
                  label={`Whose value of ${difference.label} is taken`}
                  selectedId={sideOf(difference) ?? null}
                  options={[
                    { id: 'theirs', text: 'Theirs' },
                    { id: 'mine', text: 'Mine' },
                  ]}
                  onChange={({ detail }) => setChosen({ ...chosen, [difference.path]: detail.selectedId as Side })}
                />
              ),
            },
          ]}
        />
        <Button
          disabled={isOpen}
          disabledReason="Of some members it is not said whose value is taken."
          onClick={() => onTaken(differences.filter((difference) => sideOf(difference) === 'mine'))}
        >
          Take these values
        </Button>
      </SpaceBetween>
    </Alert>
  )
}

/** A value of a request as people read it: absent ones as a dash. */
function valueText(value: unknown): string {
  if (value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
