import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import List from '@cloudscape-design/components/list'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { runningTimeText } from '../time/duration-text.ts'
import { momentText } from '../time/moment-text.ts'
import { withMovedRange, withoutRange } from '../timeline/model/selection.ts'
import { lengthOf, type Span } from '../timeline/model/span.ts'

type RangeListProps = {
  readonly ranges: readonly Span[]
  readonly zone: string
  readonly onChange: (ranges: readonly Span[]) => void
  readonly onShow: (range: Span) => void
}

type Entry = { readonly range: Span; readonly at: number }

/** The ranges that the asset shows one behind the other, to be reordered by dragging, by keys, or by buttons. */
export function RangeList({ ranges, zone, onChange, onShow }: RangeListProps) {
  if (ranges.length === 0) return null
  const total = ranges.reduce((sum, range) => sum + lengthOf(range), 0)
  return (
    <SpaceBetween size="xs">
      <Header
        variant="h3"
        counter={`(${ranges.length})`}
        actions={<Button onClick={() => onChange([])}>Empty the list</Button>}
        description={`One asset of all of them, in this order: ${runningTimeText(total)}.`}
      >
        Ranges
      </Header>
      <List
        ariaLabel="Ranges, in the order of the asset"
        items={ranges.map((range, at): Entry => ({ range, at }))}
        sortable
        onSortingChange={({ detail }) => onChange(detail.items.map(({ range }) => range))}
        renderItem={({ range, at }) => ({
          id: `${at} ${range.start} ${range.end}`,
          announcementLabel: `Range ${at + 1}`,
          content: (
            <Button variant="inline-link" onClick={() => onShow(range)}>
              {momentText(range.start, zone, 'millisecond')}
            </Button>
          ),
          secondaryContent: <Box variant="small">{runningTimeText(lengthOf(range))}</Box>,
          actions: (
            <SpaceBetween size="xxs" direction="horizontal">
              <Button
                variant="icon"
                iconName="arrow-up"
                ariaLabel={`Move range ${at + 1} up`}
                disabled={at === 0}
                onClick={() => onChange(withMovedRange(ranges, at, at - 1))}
              />
              <Button
                variant="icon"
                iconName="arrow-down"
                ariaLabel={`Move range ${at + 1} down`}
                disabled={at === ranges.length - 1}
                onClick={() => onChange(withMovedRange(ranges, at, at + 1))}
              />
              <Button
                variant="icon"
                iconName="remove"
                ariaLabel={`Remove range ${at + 1}`}
                onClick={() => onChange(withoutRange(ranges, at))}
              />
            </SpaceBetween>
          ),
        })}
      />
    </SpaceBetween>
  )
}
