import { type CueNode, type CueSpan, parseCueText } from '../media/webvtt/cue-text.ts'
import { timestamp } from '../media/webvtt/writer.ts'
import { type CueRegion, regionElement, regionOf } from './ttml-region.ts'
import { element, writeXml, type XmlElement } from './xml.ts'

/** A TTML document, W3C TTML1. */
export type TimedText = {
  readonly profile: keyof typeof PROFILES
  /** Language tag of RFC 5646; absent when unknown. */
  readonly language?: string
  /** Paragraphs in the order of their beginning. */
  readonly paragraphs: readonly Paragraph[]
}

export type Paragraph = {
  /**
   * Beginning in 90 kHz ticks on the document's clock: that of the track in `stpp`, of the fragment in Smooth
   * Streaming.
   */
  readonly begin: number
  readonly end: number
  /** Settings of a WebVTT cue, unparsed. */
  readonly settings: string
  readonly text: string
}

const PROFILES = {
  /** The text profile of W3C IMSC1, §5.3. */
  imsc1: 'http://www.w3.org/ns/ttml/profile/imsc1/text',
  /** The older profile, under which Smooth Streaming knows TTML. */
  dfxp: 'http://www.w3.org/ns/ttml/profile/dfxp-presentation',
}

export const TTML_NAMESPACE = 'http://www.w3.org/ns/ttml'

/**
 * Classes with a meaning in W3C WebVTT §5; prefixed with `bg_` they colour the background. TTML has the same names.
 */
const COLOURS = ['white', 'lime', 'cyan', 'red', 'yellow', 'magenta', 'blue', 'black']

/**
 * Font of 80 % of a cell, which is a fifteenth of the picture, and background, both as WebVTT players show them, W3C
 * WebVTT §7.4.
 */
const FONT = { 'tts:fontFamily': 'proportionalSansSerif', 'tts:fontSize': '80%', 'tts:color': 'white' }
const BACKGROUND = { 'tts:backgroundColor': '#000000cc' }

/**
 * Writes WebVTT cues as TTML. It keeps line breaks, bold, italic, underline, languages and the colour classes; ruby
 * text follows its base in brackets. Positions become regions, see `regionOf`.
 */
export function writeTtml({ profile, language = 'und', paragraphs }: TimedText): string {
  const placed = paragraphs.map((paragraph) => ({ paragraph, region: regionOf(paragraph.settings) }))
  const regions = new Map(placed.map(({ region }) => [region.id, region]))
  return writeXml(
    element(
      'tt',
      {
        xmlns: TTML_NAMESPACE,
        'xmlns:ttp': `${TTML_NAMESPACE}#parameter`,
        'xmlns:tts': `${TTML_NAMESPACE}#styling`,
        'ttp:profile': PROFILES[profile],
        'xml:lang': language,
      },
      paragraphs.length === 0 ? [element('body')] : [head([...regions.values()]), body(placed)],
    ),
  )
}

function head(regions: readonly CueRegion[]): XmlElement {
  const styles = [element('style', { 'xml:id': 'font', ...FONT }), element('style', { 'xml:id': 'cue', ...BACKGROUND })]
  return element('head', {}, [element('styling', {}, styles), element('layout', {}, regions.map(regionElement))])
}

function body(placed: readonly { readonly paragraph: Paragraph; readonly region: CueRegion }[]): XmlElement {
  const all = placed.map(({ paragraph: { begin, end, text }, region }) => {
    const content = element('span', { style: 'cue' }, inline(parseCueText(text)))
    const attributes = { region: region.id, begin: timestamp(begin), end: timestamp(end) }
    return element('p', attributes, [NO_SPACE, content])
  })
  return element('body', { style: 'font' }, [element('div', {}, all)])
}

/** Empty character data, which keeps the writer from indenting the element's content. */
const NO_SPACE = ''

function inline(nodes: readonly CueNode[]): (XmlElement | string)[] {
  return [NO_SPACE, ...nodes.flatMap(inlineNode)]
}

function inlineNode(node: CueNode): (XmlElement | string)[] {
  if (node.kind === 'text') return [node.text]
  if (node.kind === 'line break') return [element('br')]
  const children = node.kind === 'rt' ? ['(', ...inline(node.children), ')'] : inline(node.children)
  const style = { ...tagStyle(node), ...classStyle(node.classes) }
  return Object.keys(style).length === 0 ? children : [element('span', style, children)]
}

function tagStyle({ kind, annotation }: CueSpan): Record<string, string> {
  if (kind === 'b') return { 'tts:fontWeight': 'bold' }
  if (kind === 'i') return { 'tts:fontStyle': 'italic' }
  if (kind === 'u') return { 'tts:textDecoration': 'underline' }
  return kind === 'lang' && annotation !== '' ? { 'xml:lang': annotation } : {}
}

/** The style of classes; where several set one property, the last wins. */
function classStyle(classes: readonly string[]): Record<string, string> {
  const style: Record<string, string> = {}
  for (const each of classes) {
    const [property, name] = each.startsWith('bg_') ? ['tts:backgroundColor', each.slice(3)] : ['tts:color', each]
    if (COLOURS.includes(name!)) style[property!] = name!
  }
  return style
}
