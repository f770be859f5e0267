import { quoteValue, refuse } from '../model/rules.ts'
import type { IndexSnapshot } from '../stores/index-snapshots.ts'
import { ApiError } from './api-error.ts'
import type { ControlContext } from './control-context.ts'

/** Snapshots of the index, which `windrow backup` asks for: one function for each operation. */
export function indexSnapshotHandlers({ indexSnapshots }: Pick<ControlContext, 'indexSnapshots'>) {
  return {
    async CreateIndexSnapshot(): Promise<IndexSnapshot> {
      if (!indexSnapshots) return refuse('index', 'it is in PostgreSQL, whose own tools make backups of it')
      const made = await indexSnapshots.create()
      if (made !== 'too many') return made
      throw new ApiError('TooManyRequestsException', 'Several snapshots of the index are being made already')
    },

    async DeleteIndexSnapshot({ id }: { readonly id: string }): Promise<object> {
      if (await indexSnapshots?.remove(id)) return {}
      throw new ApiError('NotFoundException', `There is no index snapshot with the id ${quoteValue(id)}`)
    },
  }
}
