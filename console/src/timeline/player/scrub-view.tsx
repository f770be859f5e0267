import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Toggle from '@cloudscape-design/components/toggle'
import { useEffect, useRef, useState } from 'react'
import { type TimelineStore, useTimeline } from '../store.ts'
import { PlayheadPicture } from './playhead-picture.tsx'
import { WindowPlayer } from './window-player.ts'

/** Faster than this, and backwards, the player shows single pictures. */
const FASTEST_PLAYED = 4

type ScrubViewProps = {
  readonly store: TimelineStore
  /** Of the operation for key frames. */
  readonly picturePath: string
  readonly manifestUrl: string | undefined
  /** The player is loaded when somebody asks for it. */
  readonly isAsked: boolean
}

/** The picture at the playhead; while it plays, it moves the playhead. */
export function ScrubView({ store, picturePath, manifestUrl, isAsked }: ScrubViewProps) {
  const place = useRef<HTMLVideoElement>(null)
  const [fault, setFault] = useState<string>()
  const [hasSound, setHasSound] = useState(true)
  const rate = useTimeline(store, (state) => state.rate)
  useEffect(() => {
    const video = place.current
    if (!video || !isAsked || manifestUrl === undefined) return
    setFault(undefined)
    const player = new WindowPlayer({ video, manifestUrl, archive: () => store.state.archive, onFault: setFault })
    const end = follow(store, player)
    return () => {
      end()
      player.close()
    }
  }, [store, manifestUrl, isAsked])
  const isPlayed = isAsked && manifestUrl !== undefined
  return (
    <>
      {!isPlayed && <PlayheadPicture store={store} path={picturePath} />}
      {isPlayed && (
        <video
          ref={place}
          className="timeline-video"
          playsInline
          muted={!hasSound}
          aria-label={rate === 0 ? 'The picture at the playhead' : 'The channel from the playhead on'}
        />
      )}
      {isPlayed && (
        <Toggle checked={hasSound} onChange={({ detail }) => setHasSound(detail.checked)}>
          Sound
        </Toggle>
      )}
      {manifestUrl === undefined && (
        <Box color="text-body-secondary">
          No endpoint of this channel plays here: it takes one with HLS, in the clear, and a startover window.
        </Box>
      )}
      {fault !== undefined && <Alert type="warning">{fault}</Alert>}
    </>
  )
}

/** Keeps the player where the playhead is, and moves that on while time passes. Returns what ends it. */
function follow(store: TimelineStore, player: WindowPlayer): () => void {
  let shown: number | undefined
  const isPlayed = () => store.state.rate > 0 && store.state.rate <= FASTEST_PLAYED
  const show = () => {
    const { playhead } = store.state
    if (playhead === shown) return
    shown = playhead
    player.show(playhead)
  }
  return eachFrame((ms) => {
    const { rate, playhead } = store.state
    if (isPlayed()) {
      // What was asked for elsewhere comes before what plays.
      if (playhead !== shown) show()
      player.play(rate)
      const { moment } = player
      if (moment !== undefined && moment > playhead) {
        shown = Math.min(moment, store.state.archive.end)
        store.dispatch({ type: 'move', moment })
      }
    } else {
      player.pause()
      store.dispatch({ type: 'pass', ms })
      show()
    }
  })
}

/** Passes time at the playhead where no player does. Returns what ends that. */
export function passTime(store: TimelineStore): () => void {
  return eachFrame((ms) => store.dispatch({ type: 'pass', ms }))
}

/** Calls back with each picture of the screen, and the milliseconds since the one before. Returns what ends that. */
function eachFrame(callback: (ms: number) => void): () => void {
  let before: number | undefined
  let frame = 0
  const onFrame = (now: number) => {
    frame = window.requestAnimationFrame(onFrame)
    callback(now - (before ?? now))
    before = now
  }
  frame = window.requestAnimationFrame(onFrame)
  return () => window.cancelAnimationFrame(frame)
}
