import Flashbar from '@cloudscape-design/components/flashbar'
import LiveRegion from '@cloudscape-design/components/live-region'
import { useRef } from 'react'
import type { Connection } from '../api/change-feed.ts'

/** Says that the server does not answer, for as long as it does not; what is shown stays. */
export function ConnectionNotice({ connection }: { readonly connection: Connection }) {
  const wasAway = useRef(false)
  const isAway = connection === 'away'
  if (isAway) wasAway.current = true
  return (
    <>
      {isAway && (
        <Flashbar
          items={[
            {
              id: 'away',
              type: 'warning',
              loading: true,
              header: 'The server does not answer',
              content: 'What is shown may have changed since. It is asked again until it is back.',
              ariaRole: 'alert',
            },
          ]}
        />
      )}
      <LiveRegion hidden>{!isAway && wasAway.current ? 'The server answers again.' : ''}</LiveRegion>
    </>
  )
}
