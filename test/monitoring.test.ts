import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { METRICS } from '../src/metrics.ts'
import { temporaryFolder } from './judges/processes.ts'
import { needing, programPath } from './programs.ts'

const deployed = (name: string) => fileURLToPath(new URL(`../deploy/${name}`, import.meta.url))
const read = (name: string) => readFileSync(deployed(name), 'utf8')

type Rules = {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert?: string; readonly record?: string; readonly expr: string }[]
  }[]
}
type RuleTests = {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[]
  }[]
}
type Board = {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[]
}

const rulesOf = (name: string) => (parse(read(name)) as Rules).groups.flatMap(({ rules }) => rules)
const alerts = rulesOf('prometheus/alerts.yaml')
const board = JSON.parse(read('grafana/windrow.json')) as Board
const boardExpressions = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Metrics of a text that Windrow does not have. */
function unknownIn(text: string): string[] {
  const names = new Set(
    Object.entries(METRICS).flatMap(([name, { type }]) => {
      return type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => `${name}${end}`) : [name]
    }),
  )
  return [...text.matchAll(/\bwindrow_\w+/g)].map(([name]) => name).filter((name) => !names.has(name))
}

describe('what is shipped for Prometheus and Grafana', () => {
  it('names metrics that there are', () => {
    assert.deepEqual(unknownIn('rate(windrow_egress_bytes_total[1m]) + windrow_publish_seconds'), [
      'windrow_publish_seconds',
    ])
    const expressions = [...alerts, ...rulesOf('prometheus/recording-rules.yaml')].map(({ expr }) => expr)
    assert.deepEqual(unknownIn([...expressions, ...boardExpressions].join('\n')), [])
    assert.ok(boardExpressions.length > 30)
  })

  it('has a case for each alert in which it fires, and one in which it does not', () => {
    const cases = (parse(read('prometheus/alerts-test.yaml')) as RuleTests).tests.flatMap(
      (test) => test.alert_rule_test,
    )
    const named = alerts.map(({ alert = '' }) => alert)
    for (const fires of [true, false]) {
      const shown = cases.filter(({ exp_alerts }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname)
      assert.deepEqual([...new Set(shown)].toSorted(), named.toSorted(), fires ? 'fires' : 'does not fire')
    }
  })

  it('has a page that says of each alert what to do', () => {
    const page = readFileSync(new URL('../docs/monitoring.md', import.meta.url), 'utf8')
    const told = [...page.matchAll(/^\| `(Windrow\w+)` \|/gm)].map(([, name = '']) => name)
    assert.deepEqual(told.toSorted(), alerts.map(({ alert = '' }) => alert).toSorted())
  })
})

const judged = needing('prometheus')

judged.describe('promtool', () => {
  const promtool = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(programPath('promtool'), args, { encoding: 'utf8' })
    assert.equal(status, 0, `${stdout}${stderr}`)
    return stdout
  }

  judged.it('reads the alerts and recording rules', () => {
    const read = promtool(
      'check',
      'rules',
      ...['alerts', 'recording-rules'].map((name) => deployed(`prometheus/${name}.yaml`)),
    )
    assert.equal(read.match(/SUCCESS/g)?.length, 2)
  })

  judged.it('sees alerts fire where they should, and not where they should not', () => {
    assert.match(promtool('test', 'rules', deployed('prometheus/alerts-test.yaml')), /SUCCESS/)
  })

  judged.it('reads every expression of the board', () => {
    const rules = boardExpressions.map((expr, i) => ({
      record: `board:${i}`,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$channel', '.*'),
    }))
    const file = join(temporaryFolder('board'), 'board.yaml')
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'board', rules }] }))
    assert.match(promtool('check', 'rules', file), new RegExp(`${rules.length} rules found`))
  })

  judged.it('reads the example of scrapes', () => {
    assert.match(promtool('check', 'config', deployed('prometheus/scrape.yaml')), /SUCCESS/)
  })
})
