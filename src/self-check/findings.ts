import { randomUUID } from 'node:crypto'
import { Seldom } from '../cache/seldom.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Resources } from '../stores/resources.ts'
import type { Finding } from './invariants.ts'

/** For one endpoint and invariant, there is a log line and an event at most this often. */
const LOG_MS = 60_000
const EVENT_MS = 300_000
/** Endpoints and invariants for which it is remembered when that was. */
const MOST_REMEMBERED = 10_000
/** Characters of what was seen: a URL may be long. */
const LONGEST_TEXT = 500

export type FindingsDeps = {
  readonly resources: Pick<Resources, 'appendEvent'>
  readonly metrics: Metrics
  readonly log: Log
  readonly account: Account
  readonly steady: Clock
  readonly date: Clock
}

/** Reports findings as metrics, and seldom enough to be read as log lines and events. */
export class Findings {
  private readonly deps: FindingsDeps
  private readonly logged: Seldom
  private readonly told: Seldom

  constructor(deps: FindingsDeps) {
    this.deps = deps
    this.logged = new Seldom(deps.steady, { pauseMs: LOG_MS, most: MOST_REMEMBERED })
    this.told = new Seldom(deps.steady, { pauseMs: EVENT_MS, most: MOST_REMEMBERED })
  }

  async report(endpoint: OriginEndpoint, finding: Finding): Promise<void> {
    const { metrics, log, resources, account, date } = this.deps
    const { invariant, path, sequence } = finding
    const labels = { channel: endpoint.channelId, origin_endpoint: endpoint.id, invariant }
    metrics.counter('windrow_self_check_findings_total', labels).add()
    const [seen, expected] = [shortened(finding.seen), shortened(finding.expected)]
    const url = `/out/v1/${endpoint.guid}/${shortened(path)}`
    const key = `${endpoint.guid} ${invariant}`
    if (this.logged.isDue(key)) {
      const about = { channel: endpoint.channelId, originEndpoint: endpoint.id, invariant, url, seen, expected }
      log.warn(
        { event: 'self-check-finding', ...about, ...(sequence !== undefined && { sequence }) },
        'the server saw that an endpoint does not play as it should',
      )
    }
    if (!this.told.isDue(key)) return
    const event: ServiceEvent = {
      id: randomUUID(),
      at: date(),
      detailType: 'Windrow Self-Check Notification',
      resources: [arnOf(account, 'origin_endpoints', endpoint.guid)],
      detail: {
        event: 'SelfCheckFinding',
        message: 'Origin endpoint was seen not to play as it should',
        invariant,
        url,
        seen,
        expected,
        ...(sequence !== undefined && { sequence }),
      },
    }
    await resources.appendEvent(event)
  }

  /** Counts a look by its result. */
  looked(endpoint: OriginEndpoint, result: 'ok' | 'findings' | 'nothing' | 'failed'): void {
    const labels = { channel: endpoint.channelId, origin_endpoint: endpoint.id, result }
    this.deps.metrics.counter('windrow_self_checks_total', labels).add()
  }
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
