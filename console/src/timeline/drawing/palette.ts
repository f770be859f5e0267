/** Colours of the timeline. Text has a contrast of at least 4.5 to what is behind it, and what has a meaning of 3. */
export type Palette = Readonly<
  Record<
    | 'background'
    | 'row'
    | 'line'
    | 'text'
    | 'faintText'
    | 'content'
    | 'output'
    | 'gap'
    | 'event'
    | 'adBreak'
    | 'programme'
    | 'clip'
    | 'job'
    | 'failedJob'
    | 'itemText'
    | 'selection'
    | 'range'
    | 'playhead'
    | 'beyond',
    string
  >
>

const LIGHT: Palette = {
  background: '#ffffff',
  row: '#f3f3f7',
  line: '#c6c6cd',
  text: '#0f141a',
  faintText: '#545b64',
  content: '#4f7fb8',
  output: '#2a6f5b',
  gap: '#d13313',
  event: '#7a3e00',
  adBreak: '#8d5a00',
  programme: '#5a4fcf',
  clip: '#0972d3',
  job: '#1f7a33',
  failedJob: '#b3261e',
  itemText: '#ffffff',
  selection: 'rgba(9, 114, 211, 0.18)',
  range: 'rgba(90, 79, 207, 0.16)',
  playhead: '#c2121f',
  beyond: '#e9ebed',
}

const DARK: Palette = {
  background: '#161d26',
  row: '#1f2733',
  line: '#424d5c',
  text: '#ebebf0',
  faintText: '#a4adba',
  content: '#6f9fd8',
  output: '#4cb694',
  gap: '#ff7a6b',
  event: '#ffb86b',
  adBreak: '#f0b429',
  programme: '#a79bff',
  clip: '#5fb2ff',
  job: '#67d17f',
  failedJob: '#ff8f86',
  itemText: '#0f141a',
  selection: 'rgba(95, 178, 255, 0.24)',
  range: 'rgba(167, 155, 255, 0.2)',
  playhead: '#ff6b6b',
  beyond: '#0f151d',
}

/** The colours of the theme that the page has now. */
export function currentPalette(): Palette {
  return document.body.classList.contains('awsui-dark-mode') ? DARK : LIGHT
}

/** Calls back when the page gets another theme. Returns what ends that. */
export function onThemeChange(callback: () => void): () => void {
  const observer = new MutationObserver(callback)
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] })
  return () => observer.disconnect()
}
