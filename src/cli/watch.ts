import type { HarvestReport } from '../control/harvest-report.ts'
import { type ApiClient, ServerAway } from './api-client.ts'
import { outcomeText, progressLine } from './harvest-text.ts'
import type { Terminal } from './terminal.ts'

const POLL_MS = 500
/** A server may be restarted meanwhile. */
const PATIENCE_MS = 60_000
const CLEAR_LINE = '\r\u001b[K'

/** Shows a job until its end: one line that changes on a terminal, elsewhere a line of JSON for each change. */
export async function watchJob(id: string, api: ApiClient, terminal: Terminal): Promise<number> {
  let shown = ''
  let answered = terminal.now()
  for (;;) {
    try {
      const job = (await api.ask('GET', `harvest_jobs/${encodeURIComponent(id)}`)) as HarvestReport
      answered = terminal.now()
      const isOver = job.status !== 'IN_PROGRESS'
      if (terminal.isTerminal)
        terminal.write(CLEAR_LINE + (isOver ? outcomeText(job) : progressLine(job, terminal.columns)))
      else {
        const line = JSON.stringify(job)
        if (line !== shown) terminal.write(`${line}\n`)
        shown = line
      }
      if (isOver) return job.status === 'SUCCEEDED' ? 0 : 1
    } catch (error) {
      if (!(error instanceof ServerAway) || terminal.now() - answered > PATIENCE_MS) throw error
    }
    await terminal.sleep(POLL_MS)
  }
}
