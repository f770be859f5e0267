/** Commands as they are run, against a control room. */
import type { CommandDeps } from '../../src/cli/api-commands.ts'
import { CREDENTIALS, REGION } from './control-under-test.ts'
import { type Asker, NOW } from './rules-asker.ts'

const KEYS = {
  WINDROW_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  WINDROW_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  WINDROW_REGION: REGION,
}

type Run = (args: readonly string[], env: CommandDeps['env'], terminal: CommandDeps['terminal']) => Promise<void>

/** Runs a command, and gives what it writes: on a terminal, what people read. */
export function commandRunner(command: Run, asker: () => Asker) {
  return async (args: readonly string[], isTerminal = false): Promise<string> => {
    let written = ''
    await command([...args, '--url', asker().control.endpoint], KEYS, {
      isTerminal,
      columns: 200,
      write: (text) => {
        written += text
      },
      now: () => NOW,
      sleep: async () => {},
    })
    return written
  }
}
