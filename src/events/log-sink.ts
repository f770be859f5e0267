import type { Log } from '../log.ts'
import type { EventSink } from './sink.ts'

/** Makes a sink that writes each event to the log as a line of its own. */
export function logSink(log: Log): EventSink {
  return {
    name: 'log',
    async deliver(envelope) {
      log.info({ event: 'service-event', envelope }, 'an event of the service')
    },
    close() {},
  }
}
