import assert from 'node:assert/strict'
import type { BrowserContext, Page } from 'playwright-core'
import type { Access } from '../judges/aws.ts'
import { evidenceFile } from '../judges/evidence.ts'
import { eventually } from '../judges/processes.ts'
import { TIMEOUT_MS } from '../judges/timeout.ts'
import { accessibilityFaults } from './accessibility.ts'

export const THEMES = ['light', 'dark'] as const
type Theme = (typeof THEMES)[number]

/** A page whose text is the same for so long is taken to be all there. */
const AT_REST_MS = 500

/** What a browser writes of requests while a server is gone. */
export const SERVER_AWAY =
  /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/

/** What a page tells us of, under this name. */
const REPORT = 'windrowReport'
const REPORTING = `for (const target of [document, globalThis]) {
  target.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
    globalThis.${REPORT}('policy: ' + violatedDirective + ' refused ' + blockedURI + ' ' + sample)
  })
}`

export type ConsolePageOptions = {
  /** The server, where its console is, and its keys. */
  readonly access: Access
  /** Origins beside the server's that may be asked, such as that of its playback URLs. */
  readonly origins?: readonly string[]
}

/**
 * A tab that has the console. It notes what no page may do: errors in the browser's console, exceptions, violations of
 * the Content-Security-Policy, and requests to others than the server. `close` throws when there was any of it.
 */
export class ConsolePage {
  readonly page: Page
  readonly faults: string[] = []
  private readonly access: Access
  private readonly allowed: RegExp[] = []

  private constructor(page: Page, access: Access) {
    this.page = page
    this.access = access
  }

  static async open(context: BrowserContext, { access, origins = [] }: ConsolePageOptions): Promise<ConsolePage> {
    const page = await context.newPage()
    const opened = new ConsolePage(page, access)
    const known = [new URL(access.url).origin, ...origins]
    page.setDefaultTimeout(TIMEOUT_MS)
    page.on('pageerror', (error) => opened.note(`exception: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') opened.note(`error: ${message.text()} (${message.location().url})`)
    })
    page.on('dialog', (dialog) => {
      opened.note(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url())
      if (protocol !== 'blob:' && !known.includes(origin)) opened.note(`request: ${request.url()}`)
    })
    await page.exposeFunction(REPORT, (text: string) => opened.note(text))
    await page.addInitScript(REPORTING)
    return opened
  }

  /** Goes to a path of the console, such as `/clips`, as somebody does who types it. */
  async goto(path: string): Promise<void> {
    await this.page.goto(`${this.access.url}/console${path}`)
  }

  /** Fills the form, and waits for what comes after it. Keys are kept in the tab, so that `goto` keeps the session. */
  async signIn({ accessKeyId, secretAccessKey }: Omit<Access, 'url'> = this.access): Promise<void> {
    await this.trySignIn({ accessKeyId, secretAccessKey })
    await this.page.getByRole('button', { name: accessKeyId }).first().waitFor()
  }

  /** Fills the form and sends it, whatever comes of it. */
  async trySignIn({ accessKeyId, secretAccessKey }: Omit<Access, 'url'>): Promise<void> {
    const { page } = this
    await page.getByLabel('Access key ID').fill(accessKeyId)
    await page.getByLabel('Secret access key').fill(secretAccessKey)
    await page.getByLabel('Stay signed in in this tab').check()
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** Faults that match are meant, such as the browser's own line on an answer 403. */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern)
  }

  /** Waits until nothing more seems to come: the page has text, which is the same for half a second. */
  async settled(): Promise<void> {
    let before = ''
    let since = 0
    await eventually(`${this.page.url()} to come to rest`, async () => {
      const text = (await this.page.evaluate('document.body.innerText')) as string
      if (text === '' || text !== before) since = performance.now()
      before = text
      return performance.now() - since > AT_REST_MS || undefined
    })
  }

  async show(theme: Theme): Promise<void> {
    await this.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    await eventually(`the ${theme} theme`, async () => {
      const isDark = await this.page.evaluate("document.body.classList.contains('awsui-dark-mode')")
      return isDark === (theme === 'dark') || undefined
    })
  }

  /** Throws for what axe-core finds wrong with the page as it is, in either theme. */
  async audit(): Promise<void> {
    for (const theme of THEMES) {
      await this.show(theme)
      const faults = await accessibilityFaults(this.page)
      if (faults.length > 0) await this.keepPicture()
      assert.deepEqual(faults, [], `${this.page.url()} in the ${theme} theme`)
    }
  }

  /** Throws when something was noted. */
  async close(): Promise<void> {
    if (this.faults.length > 0) await this.keepPicture()
    await this.page.close()
    assert.deepEqual(this.faults, [])
  }

  private async keepPicture(): Promise<void> {
    await this.page.screenshot({ path: evidenceFile('console', 'png'), fullPage: true }).catch(() => {})
  }

  private note(fault: string): void {
    if (!this.allowed.some((pattern) => pattern.test(fault))) this.faults.push(fault)
  }
}
