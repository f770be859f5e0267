import { preset, unset } from './setting.ts'
import { choice, flag, integer } from './value-kind.ts'

/** How many connections are open, and who answers on them. */
export const CONNECTION_SETTINGS = {
  maxConnections: preset(
    'max-connections',
    integer(1, 1_000_000),
    '10000',
    'Most connections open at the same time, of all kinds; fewer where the limit of open files demands it. A twentieth ' +
      'is kept for encoders, API clients and health checks. Beyond it, connections that are not in use are closed for ' +
      'new ones.',
  ),
  maxConnectionsPerAddress: preset(
    'max-connections-per-address',
    integer(1, 1_000_000),
    '1000',
    'Most of these from one IPv4 address or IPv6 /64. Players behind one proxy share its address: see `trusted-proxies`.',
  ),
  answersSimpleRequests: preset(
    'simple-requests',
    flag,
    'true',
    'Answer the plain requests of players by an HTTP server of our own, which takes less CPU than that of Node: each GET and HEAD without a body or anything else that is unusual. With `false`, all go through that of Node.',
  ),
  accel: unset(
    'accel',
    choice('nginx'),
    'Windrow sends all bytes itself',
    'With `nginx`, nginx in front sends segments that are served as they are stored, from the objects in the data folder ' +
      '(`X-Accel-Redirect`), set up as in `deploy/nginx-accel.conf`; with `trusted-proxies`, and not with `archive-bucket`.',
  ),
}
