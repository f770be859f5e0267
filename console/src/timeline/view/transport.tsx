import Box from '@cloudscape-design/components/box'
import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import type { Command } from '../model/keys.ts'
import { type TimelineStore, useTimeline } from '../store.ts'

type TransportProps = { readonly store: TimelineStore; readonly onCommand: (command: Command) => void }

/** Buttons for what keys do at the playhead and with the view. */
export function Transport({ store, onCommand }: TransportProps) {
  const rate = useTimeline(store, (state) => state.rate)
  const isSnapping = useTimeline(store, (state) => state.isSnapping)
  const isLive = useTimeline(store, (state) => state.isLive)
  const button = (iconName: ButtonProps['iconName'], ariaLabel: string, command: Command) => (
    <Button variant="icon" iconName={iconName!} ariaLabel={ariaLabel} onClick={() => onCommand(command)} />
  )
  return (
    <SpaceBetween size="xs" direction="horizontal" alignItems="center">
      {button('angle-left-double', 'To the beginning of the archive', 'archive start')}
      {button('backward-10-seconds', 'Ten seconds back', 'ten seconds back')}
      {button('angle-left', 'One frame back', 'frame back')}
      {rate === 0 ? button('play', 'Play', 'play or stop') : button('pause', 'Stop', 'play or stop')}
      {button('angle-right', 'One frame forward', 'frame forward')}
      {button('forward-10-seconds', 'Ten seconds forward', 'ten seconds forward')}
      <Button onClick={() => onCommand('live edge')} disabled={isLive}>
        Live
      </Button>
      {button('zoom-in', 'Look closer', 'zoom in')}
      {button('zoom-out', 'Show more', 'zoom out')}
      {button('zoom-to-fit', 'Show the whole archive', 'zoom to all')}
      <Toggle checked={isSnapping} onChange={() => onCommand('snapping')}>
        Snap
      </Toggle>
      <Button iconName="keyboard" variant="inline-link" onClick={() => onCommand('help')}>
        Keys
      </Button>
      <Box variant="span" color="text-body-secondary">
        {rate === 0 || rate === 1 ? '' : `${rate} ×`}
      </Box>
    </SpaceBetween>
  )
}
