/** Pieces of SVG for charts that GitHub shows as images, by day and by night. */

/** Of lines and bars that have to be told apart. */
export const SERIES = 7

/** Tells them apart for those who see few colours as well: light and dark alternate. */
const LIGHT = ['#0550ae', '#bc4c00', '#116329', '#8250df', '#9a6700', '#a40e26', '#57606a']
const DARK = ['#79c0ff', '#ffa657', '#7ee787', '#d2a8ff', '#e3b341', '#ff7b72', '#8b949e']

const colours = (all: readonly string[]) => all.map((colour, n) => `.s${n}{--c:${colour}}`).join('')

const STYLE = `text{font:12px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}
.title{font-size:15px;font-weight:600}.paper{fill:#fff}.axis{stroke:#d0d7de}.zero{stroke:#59636e}
.mark{stroke:#1f2328;stroke-width:2}.even{stroke:#59636e;stroke-dasharray:4 4}
.bar{fill:var(--c)}.line{stroke:var(--c);stroke-width:2;fill:none}.dot,.name{fill:var(--c)}
${colours(LIGHT)}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.axis{stroke:#30363d}.zero{stroke:#8b949e}
.mark{stroke:#e6edf3}.even{stroke:#8b949e}.name{fill:var(--c)}${colours(DARK)}}`

type Attributes = Readonly<Record<string, string | number>>

/** An element; numbers are told to a tenth of a pixel. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const told = Object.entries(attributes).map(([key, value]) => {
    return ` ${key}="${typeof value === 'number' ? Math.round(value * 10) / 10 : escaped(value)}"`
  })
  return `<${name}${told.join('')}${content === '' ? '/>' : `>${content}</${name}>`}`
}

export function textAt(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(text))
}

/** `label` is for those who do not see it. */
export function picture(width: number, height: number, label: string, content: readonly string[]): string {
  const head = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height }
  const paper = element('rect', { width, height, rx: 6, class: 'paper' })
  const lines = [`<style>${STYLE}</style>`, paper, ...content].join('\n')
  return `${element('svg', { ...head, role: 'img', 'aria-label': label }, `\n${lines}\n`)}\n`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
