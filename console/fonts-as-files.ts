import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

const FONT = /url\(data:font\/woff2;base64,([\w+/]+=*)\)/g

/**
 * Makes files of the fonts that stylesheets hold: a browser fetches the two that a page shows instead of all eight, and
 * the Content-Security-Policy allows no data in URLs.
 */
export const fontsAsFiles = (): Plugin => ({
  name: 'fonts-as-files',
  generateBundle(_, bundle) {
    for (const sheet of Object.values(bundle)) {
      if (sheet.type !== 'asset' || !sheet.fileName.endsWith('.css')) continue
      sheet.source = sheet.source.toString().replaceAll(FONT, (_, base64: string) => {
        const source = Buffer.from(base64, 'base64')
        const digest = createHash('sha256').update(source).digest('base64url').slice(0, 8)
        const name = `open-sans-${digest}.woff2`
        this.emitFile({ type: 'asset', fileName: `assets/${name}`, source })
        return `url(${name})`
      })
    }
  },
})
