import { type Command, listed, type Task } from './api-commands.ts'
import { say } from './job-flags.ts'

/** How what makes jobs by itself is shown: schedules, or rules. */
export type AutomationText<Report extends object, Run extends object> = {
  /** Its path below `/windrow/v1/`, and the member of a list of all. */
  readonly path: string
  readonly member: string
  readonly line: (report: Report) => string
  readonly text: (report: Report) => string
  readonly runLine: (run: Run) => string
}

/** The commands that both have, besides those that create and change one. */
export function automationCommands<Report extends object, Run extends object>(
  shown: AutomationText<Report, Run>,
): Readonly<Record<string, Command<void>>> {
  const pathOf = (id: string) => `${shown.path}/${encodeURIComponent(id)}`

  async function show({ api, terminal, id }: Task, method: string, action: string): Promise<void> {
    const report = (await api.ask(method, `${pathOf(id)}${action}`)) as Report
    say(terminal, report, () => shown.text(report))
  }

  return {
    list: {
      takesId: false,
      async run({ api, terminal }) {
        const all = listed<Report>(api, shown.path, shown.member)
        for await (const report of all) say(terminal, report, () => shown.line(report))
      },
    },
    describe: { takesId: true, run: (task) => show(task, 'GET', '') },
    runs: {
      takesId: true,
      async run({ api, terminal, id }) {
        const all = listed<Run>(api, `${pathOf(id)}/runs`, 'runs')
        for await (const run of all) say(terminal, run, () => `${shown.runLine(run)}\n`)
      },
    },
    stop: { takesId: true, run: (task) => show(task, 'POST', '/stop') },
    start: { takesId: true, run: (task) => show(task, 'POST', '/start') },
    delete: {
      takesId: true,
      async run({ api, terminal, id }) {
        await api.ask('DELETE', pathOf(id))
        say(terminal, { id, state: 'DELETED' }, () => `${id} deleted\n`)
      },
    },
  }
}
