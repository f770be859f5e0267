import type { InputRef } from '../../model/input-ref.ts'
import { ObjectAbandoned } from '../staged-objects.ts'
import type { OutputTimelinesCommit, TimelineCommit, TimelineStore } from '../timeline-store.ts'
import { storeAdEvents } from './ad-events.ts'
import {
  deleteAgain,
  keysPlaced,
  noteObjects,
  type PlacedSegment,
  publish,
  stepInput,
  stepOutputTimelines,
  storeEras,
  storeSlots,
} from './commit-statements.ts'

import { inputRow, outputTimelineRow, type Versions } from './content-versions.ts'
import type { Queries } from './database.ts'
import { makeInput } from './inputs.ts'
import {
  type LockedInput,
  type LockedOutputTimeline,
  lockHeldObjects,
  lockInputs,
  lockOutputTimelines,
  lockStagedObjects,
} from './row-locks.ts'
import type { Statement } from './statements.ts'

type Expected = NonNullable<OutputTimelinesCommit['seen']>
type Outputs = Required<Pick<OutputTimelinesCommit, 'outputTimelines' | 'outputSegments'>>

/**
 * Commits, each of which takes two round trips, one more for the first ones of an input: the first locks the rows of
 * inputs and output timelines and reads their versions, the second writes everything and commits. Of two processes
 * that commit on one version, one finds the other's when it gets the lock. No commit notifies anybody: PostgreSQL lets
 * only one transaction of a database that does so commit at a time. `committed` is called after each, with the versions
 * that it made.
 */
export function commitOperations(db: Queries, committed: (channelGuid: string, versions: Versions) => void) {
  const commitStep = async (
    channelGuid: string,
    expected: Expected,
    { outputTimelines, outputSegments }: Outputs,
    {
      keys = [],
      staged = [],
      written,
    }: {
      keys?: readonly string[]
      staged?: readonly string[]
      written: (inputs: readonly LockedInput[]) => Iterable<Statement>
    },
  ) => {
    const ids = [
      ...new Set([...outputTimelines.map(({ id }) => id), ...outputSegments.map((row) => row.outputTimeline)]),
    ]
    const looking = [
      lockInputs(
        channelGuid,
        expected.map(({ ingestEndpointId }) => ingestEndpointId),
      ),
    ]
    if (ids.length > 0) looking.push(lockOutputTimelines(ids))
    if (keys.length > 0) looking.push(lockHeldObjects(keys))
    if (staged.length > 0) looking.push(lockStagedObjects(staged))
    let abandoned: readonly string[] = []
    let versions: Versions = new Map()
    const isCommitted = await db.shortTransaction(looking, (rows) => {
      const inputs = rows[0] as readonly LockedInput[]
      const locked = ids.length > 0 ? (rows[1] as readonly LockedOutputTimeline[]) : []
      const outputs = new Map(locked.map((row) => [row.id, row]))
      const isStale =
        expected.some(({ ingestEndpointId, expectedVersion }) => {
          return inputs.find((input) => input.ingestEndpointId === ingestEndpointId)?.version !== expectedVersion
        }) || outputTimelines.some(({ id, expectedVersion }) => outputs.get(id)?.version !== expectedVersion)
      const stillStaged = new Set(
        staged.length > 0 ? (rows.at(-1) as readonly { key: string }[]).map(({ key }) => key) : [],
      )
      abandoned = isStale ? [] : staged.filter((key) => !stillStaged.has(key))
      if (isStale) return undefined
      if (abandoned.length > 0) return [deleteAgain(abandoned)]
      versions = new Map([
        ...inputs.map(({ id, version }) => [inputRow(id), version + 1] as const),
        ...outputTimelines.map(({ id, expectedVersion }) => [outputTimelineRow(id), expectedVersion + 1] as const),
      ])
      const firstInputOf = (id: number) => outputs.get(id)?.input ?? 0
      const segments = outputSegments.map(
        (row): PlacedSegment => ({ row, input: row.source ? null : firstInputOf(row.outputTimeline) }),
      )
      return [
        ...stepOutputTimelines(outputTimelines, outputSegments),
        ...written(inputs),
        ...storeEras(
          outputTimelines.flatMap(({ id, eras = [] }) => eras.map((era) => ({ input: firstInputOf(id), era }))),
        ),
        ...publish(channelGuid, segments),
      ]
    })
    if (abandoned.length > 0) throw new ObjectAbandoned(`too late: ${abandoned.join(', ')} had been abandoned`)
    if (!isCommitted) return 'stale'
    committed(channelGuid, versions)
    return 'committed'
  }

  return {
    async commitTimeline(ingest: InputRef, commit: TimelineCommit) {
      const { channelGuid, ingestEndpointId } = ingest
      const { expectedVersion, staged = [], outputTimelines = [], outputSegments } = commit
      if (expectedVersion === 0) await makeInput(db, ingest)
      const written = function* ([input]: readonly LockedInput[]): Iterable<Statement> {
        const id = input?.id ?? 0
        yield stepInput(id, commit)
        yield* noteObjects(id, commit)
        yield* storeEras(commit.eras.map((era) => ({ input: id, era })))
        yield* storeSlots(id, commit.slots)
        yield* storeAdEvents(id, commit)
      }
      const outputs = { outputTimelines, outputSegments }
      const expected = [{ ingestEndpointId, expectedVersion }]
      return commitStep(channelGuid, expected, outputs, { keys: keysPlaced(commit), staged, written })
    },

    async commitOutputTimelines(channelGuid: string, commit: OutputTimelinesCommit) {
      const { seen = [] } = commit
      const written = function* (inputs: readonly LockedInput[]): Iterable<Statement> {
        const sql = 'UPDATE windrow.input SET version = version + 1 WHERE id = ANY ($1)'
        if (inputs.length > 0) yield [sql, inputs.map(({ id }) => id)]
      }
      return commitStep(channelGuid, seen, commit, { written })
    },
  } satisfies Partial<TimelineStore>
}
