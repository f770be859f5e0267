import type { ConsoleBrowser } from './console-browser.ts'

/** What somebody does with the console, or to it, from the beginning to the end: a part of the soak `console`. */
export type ConsolePath = {
  /** What `WINDROW_CONSOLE_PATHS` takes, to run some paths alone. */
  readonly name: string
  /** Resolves with figures for the report; throws when something is not as it must be. */
  readonly run: (context: ConsolePathContext) => Promise<Readonly<Record<string, string | number>>>
}

export type ConsolePathContext = {
  readonly browser: ConsoleBrowser
  /** One line about how far it is. */
  readonly log: (line: string) => void
  /** The path of a picture beside the report. */
  readonly picture: (name: string) => string
}
