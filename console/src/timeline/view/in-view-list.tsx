import Button from '@cloudscape-design/components/button'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import { useSyncExternalStore } from 'react'
import { runningTimeText } from '../../time/duration-text.ts'
import { momentText } from '../../time/moment-text.ts'
import type { TimelineContent } from '../content/timeline-content.ts'
import type { Row } from '../drawing/row-layout.ts'
import { type Shown, shownIn } from '../drawing/shown-at.ts'
import type { TimelineStore } from '../store.ts'
import type { Drawn } from './drawn.ts'

type Line = Shown & { readonly key: string; readonly row: string }

/** A list that nobody would hear to its end tells less than none. */
const MOST_LINES = 200

type InViewListProps = {
  readonly store: TimelineStore
  readonly content: TimelineContent
  readonly drawn: Drawn
  readonly rows: readonly Row[]
  readonly zone: string
}

/** What the canvas shows, as a list, each of its entries a way to it. */
export function InViewList(props: InViewListProps) {
  const { store, drawn, zone } = props
  useSyncExternalStore(drawn.subscribe, () => drawn.version)
  const lines = linesOf(props)
  const shown = lines.slice(0, MOST_LINES)
  return (
    <ExpandableSection headerText={`In view (${lines.length})`}>
      <ul className="timeline-list" aria-label="What the timeline shows">
        {shown.map(({ key, row, label, start, end }) => (
          <li key={key}>
            <Button variant="inline-link" onClick={() => store.dispatch({ type: 'move', moment: start })}>
              {momentText(start, zone)}
            </Button>{' '}
            {row}: {label}
            {end > start && `, ${runningTimeText(end - start)} `}
            {end > start && (
              <Button
                variant="inline-link"
                ariaLabel={`Select ${label} of ${momentText(start, zone)}`}
                onClick={() => store.dispatch({ type: 'select', selection: { in: start, out: end } })}
              >
                Select
              </Button>
            )}
          </li>
        ))}
      </ul>
      {lines.length > shown.length && <p>And {lines.length - shown.length} more: look closer to see them.</p>}
      {lines.length === 0 && <p>There is nothing in view.</p>}
    </ExpandableSection>
  )
}

function linesOf({ content: { pieces }, rows }: InViewListProps): readonly Line[] {
  const lines = rows.flatMap((row): readonly Line[] =>
    shownIn(pieces, row).map((shown, n) => ({
      ...shown,
      key: `${row.kind} ${row.id} ${n} ${shown.start}`,
      row: row.label,
    })),
  )
  return lines.toSorted((a, b) => a.start - b.start)
}
