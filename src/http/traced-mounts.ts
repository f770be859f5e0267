import { inTraceOf, isTracing } from '../spans.ts'
import type { ClientNetworks } from './client-networks.ts'
import type { Mount } from './handler.ts'
import type { HttpRequest } from './message.ts'

/** Mounts whose spans belong to the traces that trusted proxies name (`traceparent`). What others name is ignored. */
export function tracedMounts(mounts: readonly Mount[], clients: ClientNetworks): readonly Mount[] {
  if (!isTracing()) return mounts
  const traced =
    <Asked extends HttpRequest, Rest extends readonly unknown[]>(
      handle: (request: Asked, ...rest: Rest) => Promise<void>,
    ) =>
    (request: Asked, ...rest: Rest) =>
      clients.isFromProxy(request)
        ? inTraceOf(request.headers, () => handle(request, ...rest))
        : handle(request, ...rest)
  return mounts.map((mount) => ({
    ...mount,
    handle: traced((...args: Parameters<Mount['handle']>) => mount.handle(...args)),
    ...(mount.handleExpectContinue && { handleExpectContinue: traced(mount.handleExpectContinue) }),
    ...(mount.handleSimple && { handleSimple: traced(mount.handleSimple) }),
  }))
}
