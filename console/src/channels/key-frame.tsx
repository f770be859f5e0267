import Box from '@cloudscape-design/components/box'
import { useEffect, useRef, useState } from 'react'
import { ApiRefused, pathOf } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { Moment } from '../time/moment.tsx'
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
      const picture = await response.blob()
      if (canvas.current) await drawPicture(picture, canvas.current, signal)
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

/** Decodes a file with one picture, and draws it. Nothing of the file is kept. */
async function drawPicture(file: Blob, canvas: HTMLCanvasElement, signal: AbortSignal): Promise<void> {
  const url = URL.createObjectURL(file)
  const video = document.createElement('video')
  video.muted = true
  // Otherwise browsers may decode no picture before they are told to play.
  video.preload = 'auto'
  try {
    await new Promise<void>((resolve, reject) => {
      video.onloadeddata = () => resolve()
      video.onerror = () => reject(new Error('This browser cannot decode the picture.'))
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      video.src = url
    })
    // A canvas may draw later than it is told to, when the video is gone.
    const picture = await createImageBitmap(video)
    canvas.width = picture.width
    canvas.height = picture.height
    canvas.getContext('2d')?.drawImage(picture, 0, 0)
    picture.close()
  } finally {
    video.removeAttribute('src')
    video.load()
    URL.revokeObjectURL(url)
  }
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
