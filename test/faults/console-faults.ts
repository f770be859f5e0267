import type { Fault } from './fault.ts'

/** In what browsers are sent. */
export const CONSOLE_FAULTS: readonly Fault[] = [
  {
    name: 'inline-scripts-in-the-console',
    breaks: 'What is written into the page of the console runs.',
    file: 'src/web-console/content-policy.ts',
    find: "'script-src': [\"'self'\"]",
    replace: "'script-src': [\"'self'\", \"'unsafe-inline'\"]",
    caughtBy: { file: 'src/web-console/web-console.test.ts', cases: 'leaves browsers no script' },
    failure: /unsafe-inline/,
  },
  {
    name: 'source-of-many-directives',
    breaks: 'A URL in the settings adds directives to the Content-Security-Policy.',
    file: 'src/web-console/content-policy.ts',
    find: '.filter(isSource)',
    replace: '.filter((source) => isSource(source) || source !== undefined)',
    caughtBy: { file: 'src/web-console/web-console.test.ts', cases: 'has no source that is none in CSP' },
    failure: /input did not match|expected to not match/,
  },
  {
    name: 'page-of-the-console-kept',
    breaks: 'Browsers keep the page of the console of a release that is gone.',
    file: 'src/web-console/web-console.ts',
    find: "const REVALIDATED = 'no-cache'",
    replace: "const REVALIDATED: string = 'public, max-age=31536000, immutable'",
    caughtBy: { file: 'src/web-console/web-console.test.ts', cases: 'is one page at every path' },
    failure: /no-cache/,
  },
  {
    name: 'same-tag-in-each-encoding',
    breaks: 'A cache gives compressed bytes to whoever asks whether its plain ones are still right.',
    file: 'src/web-console/web-console.ts',
    find: "coding === undefined ? ''",
    replace: "coding !== '' ? ''",
    caughtBy: { file: 'src/web-console/web-console.test.ts', cases: 'files that stay right for years' },
    failure: /1 !== 3/,
  },
  {
    name: 'files-of-builds-in-the-console',
    breaks: 'Browsers can read what only builds and packages need.',
    file: 'src/web-console/site-files.ts',
    find: "part.startsWith('.')",
    replace: "part.startsWith('..')",
    caughtBy: { file: 'src/web-console/web-console.test.ts', cases: 'has no other files than its own' },
    failure: /manifest\.json/,
  },
  {
    name: 'api-clients-led-to-the-console',
    breaks: 'Programs that ask for `/` get a page for browsers.',
    file: 'src/web-console/web-console.ts',
    find: 'site !== undefined && isForBrowser(request)',
    replace: 'site !== undefined && (isForBrowser(request) || true)',
    caughtBy: { file: 'src/web-console/web-console.test.ts', cases: 'is where browsers are led to' },
    failure: /API/,
  },
]
