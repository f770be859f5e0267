import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ClipReport } from '../../../src/control/clip-operations.ts'
import { useApi } from '../api/session.ts'
import { AssetPlayer } from '../asset/asset-player.tsx'
import { CopiedText } from '../copying/copied-text.tsx'
import { PageLink } from '../layout/page-link.tsx'
import { clipPath } from '../resources/resource-paths.ts'
import type { Span } from '../timeline/model/span.ts'
import { type NearestWindow, nearestInMessage } from './harvest-request.ts'

type ClipNowProps = {
  readonly channelId: string
  readonly range: Span | undefined
  readonly isToFrame: boolean
  readonly onNearest: (window: NearestWindow) => void
}

/** Makes a clip of the selection, and shows where it is played: nothing is copied, so that it is there at once. */
export function ClipNow({ channelId, range, isToFrame, onNearest }: ClipNowProps) {
  const api = useApi()
  const queries = useQueryClient()
  const [isPlayed, setIsPlayed] = useState(false)
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: ({ start, end }: Span) =>
      api.post<ClipReport>('/windrow/v1/clips', {
        channelId,
        startTime: new Date(start).toISOString(),
        endTime: new Date(end).toISOString(),
        cut: isToFrame ? 'FRAME' : 'SEGMENT',
      }),
    onSuccess() {
      setIsPlayed(false)
      void queries.invalidateQueries({ queryKey: ['clip'] })
    },
  })
  const nearest = error && nearestInMessage(error.message)
  const { hls, cmaf } = data?.urls ?? {}
  const url = hls ?? cmaf
  return (
    <SpaceBetween size="s">
      <Button disabled={!range} loading={isPending} onClick={() => range && mutate(range)}>
        Clip now
      </Button>
      {error && (
        <Alert
          type="error"
          action={nearest && <Button onClick={() => onNearest(nearest)}>Use the nearest window</Button>}
        >
          {error.message}
        </Alert>
      )}
      {data && (
        <Alert type="success" header="The clip can be played">
          <SpaceBetween size="s">
            <PageLink to={clipPath(data.id)}>{data.id}</PageLink>
            <KeyValuePairs
              columns={1}
              items={Object.entries(data.urls).map(([format, address]) => ({
                label: format.toUpperCase(),
                value: <CopiedText text={address} label={`Copy the ${format.toUpperCase()} URL`} />,
              }))}
            />
            {url !== undefined && !isPlayed && <Button onClick={() => setIsPlayed(true)}>Play the clip</Button>}
            {url !== undefined && isPlayed && (
              <AssetPlayer played={{ kind: 'public HLS', url }} label={`The clip ${data.id}`} />
            )}
          </SpaceBetween>
        </Alert>
      )}
    </SpaceBetween>
  )
}
