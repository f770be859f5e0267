import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useEffect, useRef, useState } from 'react'
import type { Engine } from './engine.ts'
import { ENGINES, type PlayedFormat } from './engines.ts'
import { NotPlayable, probeManifest } from './manifest-probe.ts'
import './player.css'
import { PlaybackDetails } from './playback-details.tsx'

/** Between two looks at a manifest that may come. */
const LOOK_MS = 3000

type State =
  | { readonly kind: 'opening' }
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'playing'; readonly engine: Engine }
  | { readonly kind: 'failed'; readonly why: string }

/** Plays a manifest, and tells how it goes. */
export function Player({
  format,
  url,
  label,
}: {
  readonly format: PlayedFormat
  readonly url: string
  /** Names what is played. */
  readonly label: string
}) {
  const video = useRef<HTMLVideoElement>(null)
  const [state, setState] = useState<State>({ kind: 'opening' })
  const [attempt, setAttempt] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt begins anew
  useEffect(() => {
    const element = video.current
    if (!element) return
    const ended = new AbortController()
    const { signal } = ended
    let engine: Engine | undefined
    const fail = (why: string) => {
      if (!signal.aborted) setState({ kind: 'failed', why })
    }
    async function open(into: HTMLVideoElement): Promise<void> {
      setState({ kind: 'opening' })
      await whenPlayable(url, signal, (why) => setState({ kind: 'waiting', why }))
      const openEngine = await ENGINES[format].load()
      signal.throwIfAborted()
      const opened = await openEngine(into, url, fail)
      if (signal.aborted) return opened.close()
      engine = opened
      setState({ kind: 'playing', engine })
    }
    open(element).catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
    return () => {
      ended.abort()
      engine?.close()
    }
  }, [format, url, attempt])

  return (
    <SpaceBetween size="s">
      <video ref={video} className="player" aria-label={label} controls muted autoPlay playsInline />
      {state.kind === 'opening' && <StatusIndicator type="loading">Opening in {ENGINES[format].name}</StatusIndicator>}
      {state.kind === 'waiting' && (
        <StatusIndicator type="pending">{state.why} It is tried again as long as this page is open.</StatusIndicator>
      )}
      {state.kind === 'failed' && (
        <Alert
          type="error"
          header="Nothing is played"
          action={<Button onClick={() => setAttempt(attempt + 1)}>Try again</Button>}
        >
          {state.why}
        </Alert>
      )}
      {state.kind === 'playing' && video.current && (
        <PlaybackDetails engine={state.engine} video={video.current} name={ENGINES[format].name} />
      )}
      <Box variant="small">Sound is off until you turn it on in the player.</Box>
    </SpaceBetween>
  )
}

/** Resolves once the server answers with a manifest. Throws NotPlayable where that will not come by itself. */
async function whenPlayable(url: string, signal: AbortSignal, onWaiting: (why: string) => void): Promise<void> {
  for (;;) {
    try {
      return await probeManifest(url, signal)
    } catch (error) {
      if (!(error instanceof NotPlayable) || !error.mayCome) throw error
      onWaiting(error.message)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    signal.throwIfAborted()
  }
}
