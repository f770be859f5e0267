import { useEffect, useRef, useState } from 'react'
import type { TimelineReport } from '../../../src/control/timeline-operations.ts'
import { type ApiClient, pathOf } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { serverNow } from '../time/server-clock.ts'
import { type AskTimeline, askOverview, TimelineContent } from './content/timeline-content.ts'
import { extentOf, readTimeline } from './content/timeline-part.ts'
import { Filmstrip } from './film/filmstrip.ts'
import { readAddress, writeAddress } from './model/address.ts'
import { firstState } from './model/state.ts'
import { TimelineStore } from './store.ts'
import { Drawn } from './view/drawn.ts'

/** All that the page of one channel's timeline works with. */
export type Editor = {
  readonly store: TimelineStore
  readonly content: TimelineContent
  readonly film: Filmstrip
  readonly drawn: Drawn
}

/** `nothing` for a channel without content; undefined while that is not known. */
export type OpenedEditor = Editor | 'nothing' | Error | undefined

/** How long an address is waited with while the timeline moves. */
const ADDRESS_MS = 250
/** How often a channel without content is looked at again. */
const AGAIN_MS = 2000

/** Opens the timeline of a channel as the address has it, and keeps the address as the timeline is. */
export function useEditor(channelId: string, framesPerSecond: number | undefined): OpenedEditor {
  const api = useApi()
  const [opened, setOpened] = useState<OpenedEditor>()
  const frames = useRef(framesPerSecond)
  frames.current = framesPerSecond
  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    void openEditor(api, channelId, { signal, framesPerSecond: () => frames.current, onOpened: setOpened })
    return () => {
      leaving.abort()
      setOpened(undefined)
    }
  }, [api, channelId])
  return opened
}

type Opening = {
  readonly signal: AbortSignal
  readonly framesPerSecond: () => number | undefined
  readonly onOpened: (editor: OpenedEditor) => void
}

async function openEditor(
  api: ApiClient,
  channelId: string,
  { signal, framesPerSecond, onOpened }: Opening,
): Promise<void> {
  const ask: AskTimeline = (query, asking) =>
    api.get<TimelineReport>(pathOf`/windrow/v1/channels/${channelId}/timeline`, query, asking)
  while (!signal.aborted) {
    const now = serverNow()
    try {
      const overview = readTimeline(await askOverview(ask, now, signal), now)
      const archive = extentOf(overview)
      if (signal.aborted) return
      if (archive) {
        const store = new TimelineStore(firstState(archive, readAddress(window.location.search)))
        const drawn = new Drawn()
        const isSeen = () => !document.hidden
        const options = { ask, now: serverNow, framesPerSecond, isSeen, onChange: drawn.changed }
        const content = new TimelineContent(store, overview, options)
        const film = new Filmstrip(pathOf`/windrow/v1/channels/${channelId}/key_frame`, api.signed, drawn.changed)
        const endAddress = keepAddress(store)
        signal.addEventListener('abort', () => {
          endAddress()
          content.close()
          film.close()
        })
        return onOpened({ store, content, film, drawn })
      }
      onOpened('nothing')
    } catch (error) {
      if (signal.aborted) return
      onOpened(error instanceof Error ? error : new Error(String(error)))
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Writes the state into the address once it rests, without an entry of its own in the history. */
function keepAddress(store: TimelineStore): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const write = () => {
    timer = undefined
    const { view, isWhole, playhead, isLive, selection, ranges } = store.state
    const span = { start: view.start, end: view.end }
    const query = writeAddress({ ...(!isWhole && { view: span }), ...(!isLive && { playhead }), selection, ranges })
    const url = `${window.location.pathname}${query === '' ? '' : `?${query}`}`
    if (url !== `${window.location.pathname}${window.location.search}`) window.history.replaceState(null, '', url)
  }
  const unsubscribe = store.subscribe(() => {
    timer ??= setTimeout(write, ADDRESS_MS)
  })
  return () => {
    unsubscribe()
    clearTimeout(timer)
  }
}
