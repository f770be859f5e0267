/**
 * What somebody may put into a field of the API so that a console reads it as something else than text. What runs calls
 * `ran`; elements that come of it have the class `hostile`.
 */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  script: '<script class=hostile>ran("script")</script>',
  image: '<img class=hostile src=x onerror=ran("image")>',
  svg: '<svg class=hostile onload=ran("svg")><animate onbegin=ran("animate") attributeName=x dur=1s>',
  closing: '"\'></textarea></title></script><b class=hostile onmouseover=ran("closing")>x</b>',
  frame: '<iframe class=hostile srcdoc="<script>parent.ran(1)</script>"></iframe>',
  link: 'javascript:ran("link")',
  'link in disguise': ' JaVaScRiPt\u200b:ran("disguise")//https://example.com',
  'data URL': 'data:text/html,<script>opener.ran(1)</script>',
  markdown: '[x](javascript:ran("markdown")) ![y](x" onerror="ran(1))',
  template: `{{constructor.constructor('ran("template")')()}} \${ran(1)} <%= ran(1) %>`,
  entity: '&lt;img class=hostile src=x onerror=ran(&quot;entity&quot;)&gt;',
  style: '</style><style class=hostile>body{display:none}</style>',
  prototype: '__proto__',
  constructor: 'constructor',
  'right to left': 'file\u202egpj.exe\u2066\u2067\u2069',
  'zero width': 'a\u200b\u200c\u200d\ufeffb',
  surrogates: '👩‍👩‍👧‍👦 \u{1f3f4}\u{e0067}\u{e0062}\u{e007f} \ud83d',
  'null and controls': 'a\u0000b\u0007c\u001bd\u0085e',
  lines: 'a\r\nb\u2028c\u2029d',
  long: `<i class=hostile>${'0123456789'.repeat(200)}`,
}

/** What is wrong with a document in which texts were shown: what ran, and what became an element or a link. */
export const FOUND = `(() => {
  const found = [...(globalThis.ranOf ?? [])].map((what) => 'ran: ' + what)
  for (const element of document.querySelectorAll('*')) {
    const { classList, attributes, tagName } = element
    if (classList.contains('hostile')) found.push('an element: ' + element.outerHTML.slice(0, 100))
    if (/^(iframe|object|embed|base|frame)$/i.test(tagName)) found.push('an element: ' + tagName)
    for (const { name, value } of attributes) {
      if (/^on/i.test(name)) found.push(tagName + ' has ' + name)
      if (/^(href|src|action|formaction|srcdoc|xlink:href)$/i.test(name) && /^\\W*(javascript|data|vbscript)\\W*:/i.test(value)) {
        found.push(tagName + ' has ' + name + ' ' + value.slice(0, 100))
      }
    }
  }
  for (const name of ['polluted', 'hostile']) if (name in {}) found.push('every object has ' + name)
  return found
})()`

/** Before anything of a page runs: notes what calls `ran`. */
export const LISTENING = `globalThis.ranOf = []
globalThis.ran = (what) => void globalThis.ranOf.push(String(what))`
