import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'

const AXE = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
/** Rules of WCAG 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

type Violation = {
  readonly id: string
  readonly help: string
  readonly nodes: readonly {
    readonly html: string
    readonly target: readonly unknown[]
    readonly failureSummary: string
  }[]
}

/** What axe-core finds wrong with a page as it is now, one sentence for each element. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`,
  )) as readonly Violation[]
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, target, failureSummary }) => {
      return `${id}: ${help}: ${target.join(' ')}: ${failureSummary.replaceAll(/\s+/g, ' ')}: ${html.slice(0, 200)}`
    }),
  )
}
