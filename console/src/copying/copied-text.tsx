import './copied-text.css'
import { CopyButton } from './copy-button.tsx'

/** A text in one line with a button that copies it. `shown` stands for it where it is secret. */
export function CopiedText({
  text,
  label,
  shown = text,
}: {
  readonly text: string
  /** Names what is copied. */
  readonly label: string
  readonly shown?: string
}) {
  return (
    <span className="copied-text">
      <CopyButton text={text} label={label} /> <code>{shown}</code>
    </span>
  )
}

/** A command, or another text of several lines, with a button that copies it. */
export function CopiedBlock({
  text,
  label,
  shown = text,
}: {
  readonly text: string
  readonly label: string
  readonly shown?: string
}) {
  return (
    <div className="copied-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than its box is scrolled by keyboard */}
      <section tabIndex={0} aria-label={label.replace(/^Copy the /, 'The ')}>
        <pre>
          <code>{shown}</code>
        </pre>
      </section>
      <CopyButton text={text} label={label}>
        Copy
      </CopyButton>
    </div>
  )
}
