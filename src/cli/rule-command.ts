import type { WindrowOutputs } from '../control/windrow-operations.ts'
import { type Command, type CommandDeps, runApiCommand, type Task } from './api-commands.ts'
import { automationCommands } from './automation-commands.ts'
import { destinationOf, JOB_OPTION_FLAGS, jobPoliciesOf, neededFlag, say, textFlag } from './job-flags.ts'
import { ruleLine, ruleRunLine, ruleText } from './rule-text.ts'
import { CommandMisused, type Terminal } from './terminal.ts'
import { secondsOf } from './times.ts'

const CHANGE_FLAGS = {
  endpoint: { type: 'string' },
  on: { type: 'string' },
  upid: { type: 'string' },
  min: { type: 'string' },
  max: { type: 'string' },
  clip: { type: 'boolean' },
  'expires-after': { type: 'string' },
  ...JOB_OPTION_FLAGS,
} as const

const COMMANDS: Readonly<Record<string, Command<void>>> = {
  create: { takesId: false, flags: { id: { type: 'string' }, ...CHANGE_FLAGS }, run: create },
  change: { takesId: true, flags: CHANGE_FLAGS, run: change },
  ...automationCommands({
    path: 'harvest_rules',
    member: 'harvestRules',
    line: ruleLine,
    text: ruleText,
    runLine: ruleRunLine,
  }),
}

/** Runs `windrow rule …`. Throws CommandFailed or CommandMisused. */
export function ruleCommand(args: readonly string[], env: CommandDeps['env'], terminal: Terminal): Promise<void> {
  return runApiCommand({ name: 'rule', noun: 'a rule', commands: COMMANDS }, args, { env, terminal })
}

async function create(task: Task): Promise<void> {
  const { flags, api, terminal } = task
  const id = neededFlag(flags, 'id')
  for (const flag of ['endpoint', 'on']) neededFlag(flags, flag)
  if (!flags['clip']) neededFlag(flags, 'to')
  const created = (await api.ask('POST', 'harvest_rules', {
    body: { id, ...membersOf(task) },
  })) as WindrowOutputs['CreateHarvestRule']
  say(terminal, created, () => ruleText(created))
}

/** Members of a rule that are not its own. */
const REPORTED = ['id', 'arn', 'createdAt', 'modifiedAt', 'state', 'readUntil', 'openEvents', 'lastRuns']
/** Members that rules for jobs, or for clips, have alone. */
const OF_JOBS = ['s3Destination', 'gapPolicy', 'earlyEndPolicy', 'report', 'deliverables', 'encryption']
const OF_CLIPS = ['expiresAfterSeconds']

/** Replaces a rule by itself, with what the flags say, unless somebody else changes it meanwhile. */
async function change(task: Task): Promise<void> {
  const { api, terminal, id } = task
  const path = `harvest_rules/${encodeURIComponent(id)}`
  const { value, etag } = await api.described(path)
  const known = value as WindrowOutputs['DescribeHarvestRule']
  const changes = Object.entries(membersOf(task)).filter(([, value]) => value !== undefined)
  if (changes.length === 0) throw new CommandMisused('windrow rule change needs what is to be another')
  const next: Record<string, unknown> = { ...known, ...Object.fromEntries(changes) }
  if ('events' in Object.fromEntries(changes)) next['segmentationTypeIds'] = membersOf(task).segmentationTypeIds
  for (const name of [...REPORTED, ...(next['action'] === 'CLIP' ? OF_JOBS : OF_CLIPS)]) delete next[name]
  const changed = (await api.ask('PUT', path, { body: next, ifMatch: etag })) as WindrowOutputs['UpdateHarvestRule']
  say(terminal, changed, () => ruleText(changed))
}

/** The members that the flags give. A destination is that of jobs. */
function membersOf({ flags }: Task) {
  const seconds = (flag: string) => {
    const value = textFlag(flags[flag])
    return value === undefined ? undefined : secondsOf(`--${flag}`, value)
  }
  const s3Destination = flags['to'] === undefined ? undefined : destinationOf(flags)
  return {
    originEndpointId: textFlag(flags['endpoint']),
    ...eventsOf(textFlag(flags['on'])),
    upid: textFlag(flags['upid']),
    minDurationSeconds: seconds('min'),
    maxDurationSeconds: seconds('max'),
    action: flags['clip'] ? 'CLIP' : s3Destination && 'JOB',
    expiresAfterSeconds: seconds('expires-after'),
    s3Destination,
    ...jobPoliciesOf(flags),
  }
}

/** `--on` names events, and types by their numbers: program,chapter,splice-insert,0x40. */
function eventsOf(text: string | undefined) {
  if (text === undefined) return {}
  const words = text.split(',').map((word) => word.trim())
  const isNumber = (word: string) => /^(0x[0-9a-f]{1,2}|\d{1,3})$/i.test(word)
  const segmentationTypeIds = words.filter(isNumber).map(Number)
  return {
    events: words.filter((word) => !isNumber(word)).map((word) => word.toUpperCase().replaceAll('-', '_')),
    segmentationTypeIds: segmentationTypeIds.length > 0 ? segmentationTypeIds : undefined,
  }
}
