import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { runningTimeText } from '../../time/duration-text.ts'
import type { Command } from '../model/keys.ts'
import { rangeOf, withIn, withOut, withoutPoint } from '../model/selection.ts'
import { lengthOf } from '../model/span.ts'
import type { TimelineState } from '../model/state.ts'
import { type TimelineStore, useTimeline } from '../store.ts'
import { MomentEntryField } from './moment-entry-field.tsx'

/** While time passes, fields need not follow every picture. */
const TOLD_MS = 200

const toldPlayhead = ({ playhead, rate }: TimelineState) =>
  rate === 0 ? playhead : Math.floor(playhead / TOLD_MS) * TOLD_MS

/** The playhead and the points of the selection, to be typed, with buttons for what keys do. */
export function SelectionFields({ store, zone }: { readonly store: TimelineStore; readonly zone: string }) {
  const selection = useTimeline(store, (state) => state.selection)
  const playhead = useTimeline(store, toldPlayhead)
  const range = rangeOf(selection)
  const button = (text: string, command: Command, disabled = false) => (
    <Button onClick={() => store.dispatch({ type: 'command', command })} disabled={disabled}>
      {text}
    </Button>
  )
  return (
    <SpaceBetween size="s">
      <ColumnLayout columns={3} minColumnWidth={190}>
        <MomentEntryField
          label="Playhead"
          store={store}
          zone={zone}
          moment={playhead}
          onMoment={(moment) => {
            if (moment === undefined) return
            store.dispatch({ type: 'rate', rate: 0 })
            store.dispatch({ type: 'move', moment })
          }}
        />
        <MomentEntryField
          label="In"
          store={store}
          zone={zone}
          moment={selection.in}
          onMoment={(moment) => store.dispatch({ type: 'select', selection: pointed('in', moment) })}
        />
        <MomentEntryField
          label="Out"
          store={store}
          zone={zone}
          moment={selection.out}
          onMoment={(moment) => store.dispatch({ type: 'select', selection: pointed('out', moment) })}
        />
      </ColumnLayout>
      <SpaceBetween size="xs" direction="horizontal" alignItems="center">
        {button('Set in', 'set in')}
        {button('Set out', 'set out')}
        {button('Show selection', 'zoom to selection', !range)}
        {button('Add to list', 'add to list', !range)}
        {button('Clear', 'clear selection', selection.in === undefined && selection.out === undefined)}
        <Box variant="span" color="text-body-secondary">
          {range
            ? `Selected: ${runningTimeText(lengthOf(range))}`
            : 'Drag on the strip below the ruler, or set in and out.'}
        </Box>
      </SpaceBetween>
    </SpaceBetween>
  )

  function pointed(point: 'in' | 'out', moment: number | undefined) {
    if (moment === undefined) return withoutPoint(store.state.selection, point)
    return point === 'in' ? withIn(store.state.selection, moment) : withOut(store.state.selection, moment)
  }
}
