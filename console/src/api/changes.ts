import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type ChangeFeedDeps, type Connection, followChanges } from './change-feed.ts'
import { Invalidation } from './invalidation.ts'
import { useApi } from './session.ts'

/** Keeps everything that is shown as it is on the server, by one stream of changes; tells how that goes. */
export function useChanges(): Connection {
  const { signed } = useApi()
  const queries = useQueryClient()
  const [connection, setConnection] = useState<Connection>('connecting')
  useEffect(() => {
    const leaving = new AbortController()
    const invalidation = new Invalidation(queries)
    const deps: ChangeFeedDeps = {
      open: (after, signal) =>
        signed({
          method: 'GET',
          path: '/windrow/v1/changes',
          query: after === '' ? {} : { after },
          headers: { accept: 'text/event-stream' },
          signal,
        }),
      wait,
      awake,
      onChanged: (kind) => invalidation.add(kind),
      onConnection: setConnection,
    }
    void followChanges(deps, leaving.signal)
    return () => leaving.abort()
  }, [signed, queries])
  return connection
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, milliseconds)
    const stop = () => {
      window.clearTimeout(timer)
      resolve()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** The network is back, or somebody looks again. */
function awake(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    window.addEventListener('online', () => resolve(), { signal })
    const seen = () => {
      if (!document.hidden) resolve()
    }
    document.addEventListener('visibilitychange', seen, { signal })
  })
}
