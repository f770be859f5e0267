import { keptSince, type RetentionRules } from '../archive/retention.ts'
import type { UtcMs } from '../media/time.ts'
import type { KeyPlace } from '../stores/content-key-records.ts'
import type { Resources } from '../stores/resources.ts'

/** Rows that are looked at in one transaction. */
const STEP = 500
/** Steps of one call. */
const MOST_STEPS = 20

export type KeyRetentionDeps = {
  readonly resources: Pick<Resources, 'retentionDemands' | 'forgetOldKeys' | 'forgetUnusedSources'>
  readonly retention: RetentionRules
}

/** Forgets the keys of content that is gone, and of endpoints that are. Each call goes on where the last one ended. */
export class KeyRetention {
  private readonly deps: KeyRetentionDeps
  private after: KeyPlace | undefined

  constructor(deps: KeyRetentionDeps) {
    this.deps = deps
  }

  /** `sources` are all that endpoints have; `now` is a date that is settled. */
  async step(sources: readonly string[], now: UtcMs): Promise<void> {
    const { resources, retention } = this.deps
    const demands = await resources.retentionDemands(now, retention.graceMs)
    const kept = demands.map((demand) => {
      return { channelGuid: demand.channelGuid, before: keptSince(demand, retention, now) }
    })
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      this.after = await resources.forgetOldKeys(kept, { after: this.after, limit: STEP })
      if (!this.after) break
    }
    await resources.forgetUnusedSources(sources, now, retention.graceMs)
  }
}
