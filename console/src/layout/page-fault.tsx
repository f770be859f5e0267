import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import { Component, type ReactNode } from 'react'

/** Shows what went wrong in a page instead of the page: the others still work. */
export class PageFault extends Component<{ readonly children: ReactNode }, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {}

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <Alert
        type="error"
        header="This page cannot be shown"
        action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
      >
        {error.message}
      </Alert>
    )
  }
}
