import type { ResourceChange } from '../../src/stores/resources.ts'
import { SqliteDatabase } from '../../src/stores/sqlite/database.ts'
import { operations } from '../../src/stores/sqlite/operations.ts'
import type { Remote } from '../../src/stores/sqlite/remote.ts'
import type { SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { stepwise } from '../../src/stores/stepwise.ts'

/**
 * A store in a new SQLite file whose database is in the caller's own thread, which takes a fifth of the CPU that a
 * thread for it takes. Each call is a transaction of its own, and gets and gives copies, as between threads.
 */
export function openSqliteHere(path: string): Pick<SqliteStore, 'resources' | 'segmentIndex' | 'close'> {
  const db = new SqliteDatabase(path)
  const listeners = new Set<(change: ResourceChange) => void>()
  let changes: ResourceChange[] = []
  const all = Object.entries(operations(db, { note: (change) => changes.push(change) }))
  const remote = Object.fromEntries(
    all.map(([name, operation]) => [
      name,
      async (...args: readonly unknown[]) => {
        const given = structuredClone(args)
        // As a reply between threads does, this lets others run first.
        await Promise.resolve()
        changes = []
        try {
          const result = structuredClone(db.atomically(() => (operation as (...args: unknown[]) => unknown)(...given)))
          for (const change of changes) for (const listener of listeners) listener(change)
          return result
        } catch (error) {
          throw structuredClone(error)
        }
      },
    ]),
  ) as unknown as Remote
  const onChange = (listener: (change: ResourceChange) => void) => {
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }
  return {
    resources: { ...remote, onChange },
    segmentIndex: { ...remote, ...stepwise(remote) },
    close: async () => db.close(),
  }
}
