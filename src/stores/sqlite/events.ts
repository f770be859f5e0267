import type { ServiceEvent } from '../../model/event.ts'
import type { PageRequest } from '../resources.ts'
import type { Database } from './database.ts'
import type { Operations } from './operations.ts'
import { readPage } from './page.ts'

export function eventOperations(db: Database) {
  return {
    appendEvent(event: ServiceEvent): void {
      db.run('INSERT INTO event (id, body) VALUES (?, ?)', event.id, JSON.stringify(event))
    },
    listEvents: (page: PageRequest) => readPage<ServiceEvent>(db, 'event', page),
  } satisfies Partial<Operations>
}
