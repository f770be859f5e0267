import type { Loss } from '../../model/harvest-losses.ts'
import type { Checkpoint } from '../asset/checkpoint.ts'
import type { Lease } from './lease.ts'
import type { HarvestProgress } from './progress.ts'

/**
 * The checkpoint of an asset's writer: it goes into the progress, and from there into the lease's next checkpoint.
 */
export function checkpointOf(
  lease: Lease,
  progress: HarvestProgress,
  told: {
    wrote(bytes: number): void
    losses(losses: readonly Loss[]): void
    copiesRefused(refusal: string): void
  },
): Checkpoint {
  return {
    get plan() {
      return progress.settledPlan
    },
    get names() {
      return progress.chosenNames
    },
    get hasObjects() {
      return progress.hasObjects
    },
    get losses() {
      return progress.losses
    },
    lose(losses) {
      progress.lose(losses)
      told.losses(losses)
    },
    get replacedTag() {
      return progress.replacedTag
    },
    settle: (plan, tracks) => progress.settle(plan, tracks),
    chooseNames: (names) => progress.chooseNames(names),
    expect: (segments) => progress.expect(segments),
    willReplace: (tag) => progress.willReplace(tag),
    wrote(object, about) {
      progress.wrote(object, about)
      told.wrote(object.size)
      lease.touch()
    },
    making(file) {
      progress.make(file)
      lease.touch()
    },
    refuseCopies(refusal) {
      if (progress.refuseCopies(refusal)) told.copiesRefused(refusal)
    },
    save: (more) => lease.save(more),
    flushWith: (flush) => lease.flushWith(flush),
  }
}
