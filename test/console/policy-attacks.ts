import type { Page } from 'playwright-core'
import { eventually } from '../judges/processes.ts'

/** What foreign code would try once it were in the page. Each tells by `ran` where nothing stops it. */
const ATTACKS = `
const ran = []
const refused = []
globalThis.ran = (what) => void ran.push(what)
globalThis.outcome = () => {
  if (getComputedStyle(document.body).getPropertyValue('--marked') !== '') ran.push('an inline style')
  return { ran, refused }
}
document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
  refused.push(effectiveDirective.replace(/-(elem|attr)$/, ''))
})
const add = (name, attributes, text = '') => {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.textContent = text
  document.body.append(element)
  return element
}
add('script', {}, "ran('an inline script')")
add('script', { src: 'data:text/javascript,ran("a script of a data URL")' })
add('script', { src: URL.createObjectURL(new Blob(['ran("a script of a blob")'])) })
add('div', { onclick: "ran('an event handler')" }).click()
add('a', { href: "javascript:ran('a link')" }).click()
// What a debugger runs may make functions of text; what the page runs later may not.
setTimeout(() => new Function("ran('a function made of text')")())
add('style', {}, 'body { --marked: 1 }')
add('iframe', { src: 'http://127.0.0.1:9/' })
add('img', { src: 'http://127.0.0.1:9/a.png' })
fetch('http://127.0.0.1:9/').catch(() => {})
`
/** The directives that refuse these, as often as they do. */
export const REFUSALS = ['connect-src', 'frame-src', 'img-src', ...Array<string>(6).fill('script-src'), 'style-src']

type Outcome = { readonly ran: readonly string[]; readonly refused: readonly string[] }

/** Tries in a page what the Content-Security-Policy is for; resolves when as many were refused as should be. */
export async function attack(page: Page): Promise<Outcome> {
  await page.evaluate(`{${ATTACKS}}`)
  return eventually('the policy to refuse what it must', async () => {
    const outcome = (await page.evaluate('outcome()')) as Outcome
    return outcome.refused.length >= REFUSALS.length || outcome.ran.length > 0 ? outcome : undefined
  })
}
