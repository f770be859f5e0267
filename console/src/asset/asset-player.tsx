import Alert from '@cloudscape-design/components/alert'
import { useEffect, useRef, useState } from 'react'
import { useApi } from '../api/session.ts'
import type { SignedFetch } from '../api/signed-fetch.ts'

/** For so long a player may read on: URLs of files are made once, those of segments when they are needed. */
const [FILE_SECONDS, SEGMENT_SECONDS] = [6 * 3600, 300]

/** A movie, or an HLS presentation, by its path at the server, or a public URL of HLS. */
export type Played =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'HLS'; readonly path: string }
  | { readonly kind: 'public HLS'; readonly url: string }

/** Plays what was made. The player for HLS is loaded when it is needed. */
export function AssetPlayer({ played, label }: { readonly played: Played; readonly label: string }) {
  const { signed } = useApi()
  const place = useRef<HTMLVideoElement>(null)
  const [fault, setFault] = useState<string>()
  const source = JSON.stringify(played)
  useEffect(() => {
    const video = place.current
    if (!video) return
    const leaving = new AbortController()
    setFault(undefined)
    void play(video, JSON.parse(source) as Played, { signed, signal: leaving.signal, onFault: setFault })
    return () => leaving.abort()
  }, [signed, source])
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: captions are tracks of the asset, which the player has. */}
      <video
        ref={place}
        className="asset-video"
        controls
        playsInline
        preload="metadata"
        aria-label={label}
        onError={() => setFault('The browser does not play this file.')}
      />
      {fault !== undefined && <Alert type="warning">{fault}</Alert>}
    </>
  )
}

type Playing = {
  readonly signed: SignedFetch
  readonly signal: AbortSignal
  readonly onFault: (fault: string) => void
}

async function play(video: HTMLVideoElement, played: Played, { signed, signal, onFault }: Playing): Promise<void> {
  if (played.kind === 'file') {
    const url = await signed.presign({ path: played.path }, FILE_SECONDS)
    if (!signal.aborted) video.src = url
    signal.addEventListener('abort', () => video.removeAttribute('src'))
    return
  }
  const { default: Player } = await import('hls.js')
  if (signal.aborted) return
  const isPublic = played.kind === 'public HLS'
  const hls = new Player({
    enableWorker: false,
    ...(!isPublic && {
      async xhrSetup(xhr: XMLHttpRequest, url: string) {
        const { pathname } = new URL(url)
        const query = { through: '1' }
        xhr.open('GET', await signed.presign({ path: pathname, query }, SEGMENT_SECONDS), true)
      },
    }),
  })
  hls.on(Player.Events.ERROR, (_, { fatal, details }) => {
    if (fatal) onFault(`This does not play: ${details}.`)
  })
  hls.loadSource(isPublic ? played.url : window.location.origin + played.path)
  hls.attachMedia(video)
  signal.addEventListener('abort', () => hls.destroy())
}
