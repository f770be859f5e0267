import { inTraceOf, isTracing } from '../spans.ts'
import type { ClientNetworks } from './client-networks.ts'
import type { Handler, Mount } from './handler.ts'

/** Mounts whose spans belong to the traces that trusted proxies name (`traceparent`). What others name is ignored. */
export function tracedMounts(mounts: readonly Mount[], clients: ClientNetworks): readonly Mount[] {
  if (!isTracing()) return mounts
  const traced =
    (handle: Handler): Handler =>
    (request, ...rest) =>
      clients.isFromProxy(request)
        ? inTraceOf(request.headers, () => handle(request, ...rest))
        : handle(request, ...rest)
  return mounts.map((mount) => ({
    ...mount,
    handle: traced((...args) => mount.handle(...args)),
    ...(mount.handleExpectContinue && { handleExpectContinue: traced(mount.handleExpectContinue) }),
  }))
}
