import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { FEED_FLAGS, feedPlanOf } from '../../src/cli/feed-flags.ts'
import { parsedFlags } from '../../src/cli/job-flags.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { environmentName, settingList } from '../../src/config/settings.ts'
import { MachineWatch } from '../judges/machine.ts'
import { start, temporaryFolder } from '../judges/processes.ts'
import { programPath } from '../programs.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'ci-page'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** What the page promises, in seconds. */
const MOST_SECONDS = 10

/** A block of the page: how it is marked, and what it says. */
type Block = { readonly language: string; readonly mark: string; readonly text: string }

/**
 * Runs docs/ci.md as it stands, in folders with nothing in them but the packages: those of this tree, or with
 * WINDROW_PACKAGE, the file that `npm pack` has made, those that npm installs.
 */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const blocks = blocksOf(readFileSync(join(ROOT, 'docs/ci.md'), 'utf8'))
  const install = blocks.find(({ mark }) => mark === 'install')?.text ?? assert.fail('no block for npm install')
  const folder = await installed(install)
  for (const { mark, text } of blocks.filter((block) => /\.\w+$/.test(block.mark))) {
    mkdirSync(dirname(join(folder, mark)), { recursive: true })
    writeFileSync(join(folder, mark), text)
  }
  const commands = blocks.filter(({ language, mark }) => language === 'sh' && mark === '')
  const script = commands.map(({ text }, n) => `${text}\necho "@ ${n} $(date +%s%N)"\n`)
  const machine = await MachineWatch.start()
  const began = performance.now()
  const said = await bash(folder, script.join(''), {})
  const endOf = (n: number) => Number(new RegExp(`^@ ${n} (\\d+)$`, 'm').exec(said)?.[1]) / 1e6 - performance.timeOrigin
  const states = [...said.matchAll(/^SUCCEEDED$|"status":"SUCCEEDED"/gm)].length
  assert.ok(states >= 4, said)
  assert.match(said, /^index\.m3u8$/m)
  assert.match(said, /1 passed/)
  assert.match(said, /^# pass 1$|ℹ pass 1$/m)
  const seconds = (endOf(2) - began) / 1000
  const late = (await machine.lateness(began, endOf(2))) / 1000
  await machine.stop()
  log(`from the start of the server to SUCCEEDED: ${seconds.toFixed(1)} s by the AWS CLI`)
  const own = (endOf(1) - began + endOf(3) - endOf(2)) / 1000
  log(`${own.toFixed(1)} s by windrow harvest; the machine was late by ${late.toFixed(1)} s`)
  assert.ok(seconds - late < MOST_SECONDS, `${seconds} s, of which the machine was late by ${late} s`)

  await runWorkflow(blocks.find(({ mark }) => mark.startsWith('.github/'))!.text, install)
  readCompose(blocks.find(({ mark }) => mark === 'compose.yaml')!.text)
  const figures = { 'seconds by the AWS CLI': seconds, 'seconds by windrow harvest': own, 'of which late': late }
  return Object.fromEntries(Object.entries(figures).map(([figure, value]) => [figure, value.toFixed(1)]))
}

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', mark = '', text = '']) => ({ language, mark, text }),
  )
}

/** An empty folder with the packages. */
async function installed(install: string): Promise<string> {
  const folder = temporaryFolder('ci')
  const made = process.env['WINDROW_PACKAGE']
  if (made !== undefined) {
    copyFileSync(made, join(folder, 'windrow-0.1.0.tgz'))
    await bash(folder, install, {})
    return folder
  }
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(ROOT, join(folder, 'node_modules/windrow'))
  symlinkSync(join(ROOT, 'node_modules/@aws-sdk'), join(folder, 'node_modules/@aws-sdk'))
  symlinkSync('../windrow/bin/windrow', join(folder, 'node_modules/.bin/windrow'))
  return folder
}

/** Runs a script to its end, and gives what it has said; whatever it has started ends with it. */
async function bash(cwd: string, script: string, more: Readonly<Record<string, string>>): Promise<string> {
  const path = join(cwd, 'bin')
  mkdirSync(path, { recursive: true })
  const tools = { python3: programPath('boto3'), aws: programPath('aws'), node: process.execPath }
  for (const [tool, found] of Object.entries(tools)) writeTool(join(path, tool), found)
  const env = { ...process.env, PATH: `${path}:${process.env['PATH']}`, ...more }
  const { child, ended, said } = start('bash', ['-euo', 'pipefail', '-c', script], { cwd, env, detached: true })
  const code = await ended.finally(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // Nothing is left of its group.
    }
  })
  assert.equal(code, 0, said())
  return said()
}

/** A tool by its path: a link to a Python would look for its modules elsewhere. */
function writeTool(path: string, target: string): void {
  writeFileSync(path, `#!/bin/sh\nexec '${target}' "$@"\n`, { mode: 0o755 })
}

type Workflow = {
  readonly jobs: { readonly clip: { readonly steps: readonly { readonly run?: string; readonly if?: string }[] } }
}

/** Each step in a shell of its own, with what the steps before it have put into the environment. */
async function runWorkflow(text: string, install: string): Promise<void> {
  const { steps } = (parse(text) as Workflow).jobs.clip
  const commands = steps.flatMap((step) => (step.run === undefined || step.if ? [] : [step.run]))
  assert.equal(commands[0]?.trim(), install.trim())
  const folder = await installed(install)
  const environment = join(folder, 'environment')
  writeFileSync(environment, '')
  const each = commands
    .slice(1)
    .map((command) => `set -a; . "$GITHUB_ENV"; set +a\nbash -e -c '${command.replaceAll("'", `'\\''`)}'\n`)
  const said = await bash(folder, each.join(''), { GITHUB_ENV: environment })
  assert.match(said, /"status":"SUCCEEDED"/)
  assert.match(said, /^index\.m3u8$/m)
}

type Service = { readonly environment: Readonly<Record<string, string>>; readonly command?: string }

/** Its settings are settings, and its commands commands. */
function readCompose(text: string): void {
  const { windrow, feed } = (parse(text) as { readonly services: Record<'windrow' | 'feed', Service> }).services
  const known = new Set(settingList.map(([, setting]) => environmentName(setting)))
  for (const variable of Object.keys(windrow.environment)) assert.ok(known.has(variable), variable)
  const { publicUrl } = readSettings({ args: [], env: windrow.environment, readFile: () => assert.fail() })
  assert.equal(feed.environment['WINDROW_ENDPOINT_URL'], publicUrl)
  const [word, ...flags] = feed.command?.split(' ') ?? []
  assert.equal(word, 'feed')
  assert.ok(feedPlanOf(parsedFlags(flags, FEED_FLAGS).values, 0).live)
}
