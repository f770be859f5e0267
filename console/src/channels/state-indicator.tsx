import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { Moment } from '../time/moment.tsx'
import type { ChannelState } from './channel-state.ts'

const LOOKS = {
  LIVE: { type: 'success', text: 'Live' },
  SILENT: { type: 'error', text: 'Silent' },
  ENDED: { type: 'stopped', text: 'Ended' },
  NOTHING_YET: { type: 'pending', text: 'Nothing has come yet' },
} as const

/** How a channel, or an input, is, and since when. */
export function StateIndicator({ state, since }: ChannelState) {
  const { type, text } = LOOKS[state]
  return (
    <StatusIndicator type={type}>
      {text}
      {since !== undefined && (
        <>
          {state === 'LIVE' ? ', unbroken since ' : ' since '}
          <Moment at={since} />
        </>
      )}
    </StatusIndicator>
  )
}
