import type { ConnectionAdmission } from '../http/connection-admission.ts'
import type { OutgoingBytes } from '../http/outgoing-bytes.ts'
import type { Counter, Metrics } from '../metrics.ts'

/** Measures connections, and the memory for their responses, whenever metrics are read. */
export function measureConnections(
  metrics: Metrics,
  admission: Pick<ConnectionAdmission, 'open' | 'totals'>,
  outgoing: Pick<OutgoingBytes, 'bytes' | 'totalCut'>,
): void {
  const open = metrics.gauge('windrow_connections', {})
  const held = metrics.gauge('windrow_send_memory_bytes', {})
  const followers = [
    following(metrics.counter('windrow_connections_refused_total', {}), () => admission.totals.refused),
    following(metrics.counter('windrow_connections_closed_total', {}), () => admission.totals.closed),
    following(
      metrics.counter('windrow_slow_clients_cut_total', { reason: 'stalled' }),
      () => outgoing.totalCut.stalled,
    ),
    following(
      metrics.counter('windrow_slow_clients_cut_total', { reason: 'memory' }),
      () => outgoing.totalCut.overBound,
    ),
  ]
  metrics.onScrape(() => {
    open.set(admission.open)
    held.set(outgoing.bytes)
    for (const follow of followers) follow()
  })
}

/** What brings a counter to a number that is counted elsewhere. */
function following(counter: Counter, count: () => number): () => void {
  let last = 0
  return () => {
    const now = count()
    counter.add(now - last)
    last = now
  }
}
