import type { Browser, BrowserContextOptions } from 'playwright-core'
import { launchChromium } from '../judges/chromium.ts'
import { ConsolePage, type ConsolePageOptions } from './console-page.ts'

/** A Chromium for people who use the console; each has a profile of their own. */
export class ConsoleBrowser {
  private readonly browser: Browser

  private constructor(browser: Browser) {
    this.browser = browser
  }

  /** `trusted` are digests of public keys, as `launchChromium` takes them. */
  static async start(trusted: readonly string[] = []): Promise<ConsoleBrowser> {
    return new ConsoleBrowser(await launchChromium(trusted))
  }

  /** A tab for somebody who was not here before, at the form for the keys. */
  async open(options: ConsolePageOptions, context: BrowserContextOptions = {}): Promise<ConsolePage> {
    const profile = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      acceptDownloads: true,
      ...context,
    })
    const console = await ConsolePage.open(profile, options)
    await console.goto('/')
    return console
  }

  async stop(): Promise<void> {
    await this.browser.close()
  }
}
