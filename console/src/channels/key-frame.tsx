import Box from '@cloudscape-design/components/box'
import { useEffect, useRef, useState } from 'react'
import { ApiRefused, pathOf } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { Moment } from '../time/moment.tsx'
import { keyFramePicture } from '../timeline/film/key-frame-picture.ts'
import './key-frame.css'
import { useIsSeen } from './seen.ts'

/** A picture of the live edge is asked for again after this long, while somebody sees it. */
const REFRESH_MS = 10_000
/** A picture with at least so many lines will do for a card. */
const LINES = 270
const NO_PICTURE = 'There is no picture yet.'

type Shown = { readonly time?: string; readonly problem?: string }

/** The newest key frame of a channel, or of one of its inputs, as the browser decodes it. */
export function KeyFrame({
  channelId,
  ingestEndpointId,
  isThere,
}: {
  readonly channelId: string
  readonly ingestEndpointId?: string
  /** Whether anything has come: a picture is not asked for before. */
  readonly isThere: boolean
}) {
  const api = useApi()
  const canvas = useRef<HTMLCanvasElement>(null)
  const isSeen = useIsSeen(canvas)
  const [{ time, problem }, setShown] = useState<Shown>({})

  useEffect(() => {
    if (!isSeen || !isThere) return
    const ended = new AbortController()
    const { signal } = ended
    async function refresh(): Promise<void> {
      const response = await api.signed({
        method: 'GET',
        path: pathOf`/windrow/v1/channels/${channelId}/key_frame`,
        query: { height: String(LINES), ...(ingestEndpointId !== undefined && { ingestEndpointId }) },
        signal,
      })
      if (response.status === 404) return setShown({ problem: NO_PICTURE })
      if (!response.ok) throw new ApiRefused(response.status, '', `The server answered ${response.status}.`)
      const picture = await keyFramePicture(await response.blob(), LINES)
      if (canvas.current) draw(picture, canvas.current)
      const at = response.headers.get('x-windrow-time')
      if (!signal.aborted) setShown(at === null ? {} : { time: at })
    }
    async function keepRefreshing(): Promise<void> {
      while (!signal.aborted) {
        await refresh().catch((error: unknown) => {
          if (!signal.aborted) setShown({ problem: error instanceof Error ? error.message : String(error) })
        })
        await pause(REFRESH_MS, signal)
      }
    }
    void keepRefreshing()
    return () => ended.abort()
  }, [api, channelId, ingestEndpointId, isSeen, isThere])

  return (
    <figure className="key-frame">
      <canvas
        ref={canvas}
        role="img"
        aria-label={time === undefined ? 'No picture' : `Newest picture of ${channelId}`}
        width={480}
        height={270}
      />
      <figcaption>
        <Box variant="small">
          {isThere
            ? (problem ?? (time === undefined ? 'The picture is being fetched.' : <Moment at={time} />))
            : NO_PICTURE}
        </Box>
      </figcaption>
    </figure>
  )
}

function draw(picture: ImageBitmap, canvas: HTMLCanvasElement): void {
  canvas.width = picture.width
  canvas.height = picture.height
  canvas.getContext('2d')?.drawImage(picture, 0, 0)
  picture.close()
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        window.clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
