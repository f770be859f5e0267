import { applyMode, Mode } from '@cloudscape-design/global-styles'

const STORAGE_KEY = 'windrow-theme'

/** `system` follows the settings of the browser. */
export type Theme = 'system' | 'light' | 'dark'

const dark = () => window.matchMedia('(prefers-color-scheme: dark)')

export function chosenTheme(): Theme {
  const saved = window.localStorage.getItem(STORAGE_KEY)
  return saved === 'light' || saved === 'dark' ? saved : 'system'
}

/** Shows the theme that was chosen, now and when the browser's settings change. */
export function applyTheme(): void {
  const show = () => {
    const theme = chosenTheme()
    applyMode(theme === 'dark' || (theme === 'system' && dark().matches) ? Mode.Dark : Mode.Light)
  }
  show()
  dark().onchange = show
}

export function chooseTheme(theme: Theme): void {
  window.localStorage.setItem(STORAGE_KEY, theme)
  applyTheme()
}
