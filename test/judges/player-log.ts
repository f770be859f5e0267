/** What went on in a page, a line each: its requests with status and duration, and what it printed. */
import { writeFileSync } from 'node:fs'
import type { Page, Request } from 'playwright-core'
import { evidenceFile } from './evidence.ts'

export class PlayerLog {
  private readonly page: Page
  private readonly began = performance.now()
  private readonly lines: string[] = []

  constructor(page: Page) {
    this.page = page
    page.on('console', (message) => this.add(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => this.add(`uncaught: ${error.stack ?? error.message}`))
    page.on('requestfailed', (request) => this.add(`${requestLine(request)} failed: ${request.failure()?.errorText}`))
    page.on('response', (response) => this.add(`${requestLine(response.request())} answered ${response.status()}`))
    page.on('requestfinished', (request) => {
      const { responseStart, responseEnd } = request.timing()
      this.add(`${requestLine(request)} ended ${(responseEnd - responseStart).toFixed(0)} ms after its first byte`)
    })
  }

  /** Keeps the lines, a screenshot, and what the page reports of its player, beside what else is kept of a failure. */
  async keep(reason: unknown): Promise<void> {
    const script = 'JSON.stringify({ ...report(), ...watched() })'
    const state: string = await this.page.evaluate<string>(script).catch(String)
    this.add(`given up: ${reason instanceof Error ? reason.message : String(reason)}`)
    this.add(`state: ${state}`)
    writeFileSync(evidenceFile('player', 'log'), `${this.lines.join('\n')}\n`)
    await this.page.screenshot({ path: evidenceFile('player', 'png') }).catch(() => {})
  }

  private add(line: string): void {
    this.lines.push(`${((performance.now() - this.began) / 1000).toFixed(3)} ${line}`)
  }
}

function requestLine(request: Request): string {
  return `${request.method()} ${request.url()}`
}
