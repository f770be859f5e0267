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

/** What is wrong with the components of Cloudscape themselves, by rule; none of it keeps anybody from anything. */
const OF_CLOUDSCAPE: Readonly<Record<string, RegExp>> = {
  // The bar of narrow screens says that it lies.
  'aria-allowed-attr': /^<nav [^>]*class="awsui_mobile-toolbar-nav/,
}

/** What axe-core finds wrong with a page as it is now, one sentence for each element. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`,
  )) as readonly Violation[]
  return violations.flatMap(({ id, help, nodes }) =>
    nodes
      .filter(({ html }) => !OF_CLOUDSCAPE[id]?.test(html))
      .map(({ html, target, failureSummary }) => {
        return `${id}: ${help}: ${target.join(' ')}: ${failureSummary.replaceAll(/\s+/g, ' ')}: ${html.slice(0, 200)}`
      }),
  )
}
