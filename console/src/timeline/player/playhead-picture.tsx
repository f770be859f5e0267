import { useEffect, useRef } from 'react'
import { useApi } from '../../api/session.ts'
import { keyFrameAt } from '../film/key-frame-picture.ts'
import type { TimelineStore } from '../store.ts'

/** Lines of the picture that is asked for. */
const HEIGHT = 360
/** After a refusal, as where there is no picture. */
const PAUSE_MS = 1000

type PlayheadPictureProps = {
  readonly store: TimelineStore
  /** Of the operation for key frames. */
  readonly path: string
}

/** The key frame at the playhead, or the one before it: seen at once, without a player. */
export function PlayheadPicture({ store, path }: PlayheadPictureProps) {
  const { signed } = useApi()
  const place = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = place.current
    if (!canvas) return
    const leaving = new AbortController()
    void followPlayhead(store, leaving.signal, async (moment) => {
      const picture = await keyFrameAt(signed, { path, moment, height: HEIGHT }, leaving.signal)
      canvas.width = picture.width
      canvas.height = picture.height
      canvas.getContext('2d')?.drawImage(picture, 0, 0)
      picture.close()
    })
    return () => leaving.abort()
  }, [store, signed, path])
  return <canvas ref={place} className="timeline-video" role="img" aria-label="The key frame at the playhead" />
}

/** Shows where the playhead is, one picture after the other: of those that it has passed meanwhile, only the last. */
async function followPlayhead(
  store: TimelineStore,
  signal: AbortSignal,
  show: (moment: number) => Promise<void>,
): Promise<void> {
  let shown: number | undefined
  while (!signal.aborted) {
    const { playhead } = store.state
    if (playhead === shown) {
      await nextChange(store, signal)
      continue
    }
    shown = playhead
    // What is refused, or cannot be decoded, leaves the picture before.
    await show(playhead).catch(() => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)))
  }
}

function nextChange(store: TimelineStore, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      unsubscribe()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const unsubscribe = store.subscribe(end)
    signal.addEventListener('abort', end)
  })
}
