/** AWS's own command line: loaded once for many commands, or started by itself for one. */
import { execFile } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { spawnOwned } from '../judges/processes.ts'
import { TIMEOUT_MS } from '../judges/timeout.ts'
import { programPath } from '../programs.ts'
import { CREDENTIALS, REGION } from './control-under-test.ts'

const SCRIPT = fileURLToPath(new URL('./aws_cli.py', import.meta.url))

const ENVIRONMENT = {
  ...process.env,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_REGION: REGION,
  // As version 1 calls it.
  AWS_DEFAULT_REGION: REGION,
  AWS_PAGER: '',
  AWS_MAX_ATTEMPTS: '1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
}

type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** One process that holds the CLI and runs command after command. */
export class AwsCli {
  private readonly child = spawnOwned(programPath('awscli'), [SCRIPT, 'mediapackage'], {
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  private readonly answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  private last: Promise<unknown> = Promise.resolve()

  /** Gives what the command prints; throws with what it complains of when it fails. Commands run one after another. */
  run(args: readonly string[]): Promise<string> {
    const ended = this.last.then(async () => {
      this.child.stdin!.write(`${JSON.stringify(args)}\n`)
      const { value, done } = await this.answers.next()
      if (done) throw new Error('the AWS CLI has ended')
      return JSON.parse(value) as Ended
    })
    this.last = ended.catch(() => {})
    return ended.then(({ status, stdout, stderr }) => {
      if (status !== 0) throw new Error(`aws ${args.join(' ')} ended with ${status}: ${stderr}`)
      return stdout
    })
  }

  stop(): void {
    this.child.kill()
  }
}

/** The program as a shell starts it. */
export async function runAwsProgram(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(programPath('aws'), args, { timeout: TIMEOUT_MS, env: ENVIRONMENT })
  return stdout
}
