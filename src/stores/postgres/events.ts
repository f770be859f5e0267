import type { ServiceEvent } from '../../model/event.ts'
import type { Resources } from '../resources.ts'
import type { Database, Transaction } from './database.ts'
import { readPage } from './page.ts'

/** Written last in its transaction: it holds the events' lock until the end. */
export async function writeEvent(transaction: Transaction, event: ServiceEvent): Promise<void> {
  await transaction.lock('events')
  await transaction.run('INSERT INTO windrow.event (id, body) VALUES ($1, $2)', event.id, JSON.stringify(event))
}

export function eventOperations(db: Database) {
  return {
    appendEvent: (event) => db.transaction((transaction) => writeEvent(transaction, event)),
    listEvents: (page) => readPage<ServiceEvent>(db, 'event', page),
  } satisfies Partial<Resources>
}
