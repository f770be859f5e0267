import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { fontsAsFiles } from './fonts-as-files.ts'

/** Builds what the server has at `/console/`. `npm start` beside `vite` in this folder shows changes at once. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/console/',
  plugins: [fontsAsFiles()],
  build: {
    outDir: fileURLToPath(new URL('../dist/console', import.meta.url)),
    emptyOutDir: true,
    // What the first load takes is computed from it.
    manifest: true,
    // The browsers that have what players and the timeline need.
    target: 'es2022',
    // Nothing is put into the page itself: the Content-Security-Policy allows no data in URLs of scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      // Packages that also render on servers say which of their modules are for browsers.
      onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log),
    },
  },
  server: { proxy: { '^/(?!console/)': 'http://127.0.0.1:8080', '/console/config.json': 'http://127.0.0.1:8080' } },
})
