import { readFileSync } from 'node:fs'

/** Ids of what pages show. */
export type Shown = {
  readonly channel: string
  readonly endpoint: string
  readonly job: string
  readonly clip: string
  readonly schedule: string
  readonly rule: string
}

/** By the noun that a path has before `:id`, what is shown there. */
const NOUNS = {
  channels: 'channel',
  'origin-endpoints': 'endpoint',
  'harvest-jobs': 'job',
  clips: 'clip',
  schedules: 'schedule',
  rules: 'rule',
} as const satisfies Readonly<Record<string, keyof Shown>>

const TABLE = readFileSync(new URL('../../console/src/layout/pages.tsx', import.meta.url), 'utf8')

/** The path of every page that the table of pages has. */
export function allPages(shown: Shown): readonly string[] {
  const patterns = [...TABLE.matchAll(/\bpage\('([^']+)'/g)].map(([, pattern = '']) => pattern)
  if (patterns.length === 0) throw new Error('the table of pages has none')
  return patterns.map((pattern) =>
    pattern.replace(/([\w-]+)\/:id/, (_, noun: string) => {
      if (!(noun in NOUNS)) throw new Error(`it is not known what ${pattern} shows`)
      return `${noun}/${shown[NOUNS[noun as keyof typeof NOUNS]]}`
    }),
  )
}
