import AppLayout from '@cloudscape-design/components/app-layout'
import Header from '@cloudscape-design/components/header'
import I18nProvider from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en.json'
import SideNavigation from '@cloudscape-design/components/side-navigation'
import Spinner from '@cloudscape-design/components/spinner'
import TopNavigation from '@cloudscape-design/components/top-navigation'
import { useQueryClient } from '@tanstack/react-query'
import { Suspense, useRef, useState } from 'react'
import { Route, Switch, useLocation, useRouter } from 'wouter'
import { useChanges } from '../api/changes.ts'
import { forgetSession, useSession } from '../api/session.ts'
import { chooseZone, useZones, viewerZone, type ZoneChoice } from '../time/zone-choice.ts'
import { ConnectionNotice } from './connection-notice.tsx'
import './layout.css'
import { PageFault } from './page-fault.tsx'
import { usePageHeading } from './page-heading.ts'
import { PAGES } from './pages.tsx'
import { chooseTheme, type Theme } from './theme.ts'

const THEMES = [
  { id: 'system', text: 'As the browser' },
  { id: 'light', text: 'Light' },
  { id: 'dark', text: 'Dark' },
]

/** Navigation around the page that the address names. */
export function Layout() {
  const [path, navigate] = useLocation()
  const [isOpen, setIsOpen] = useState(!isNarrow())
  const { base } = useRouter()
  const { accessKeyId, signOut } = useSession()
  const queries = useQueryClient()
  const connection = useChanges()
  const { zone } = useZones()
  const content = useRef<HTMLDivElement>(null)
  usePageHeading(content, path)
  const items = PAGES.flatMap((each) =>
    each.label === undefined ? [] : [{ type: 'link' as const, text: each.label, href: base + each.path }],
  )
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <div id="top">
        <TopNavigation
          identity={{ href: `${base}/`, title: 'Windrow', onFollow: follow(navigate, base) }}
          utilities={[
            {
              type: 'menu-dropdown',
              text: zone === 'UTC' ? 'UTC' : 'Local time',
              ariaLabel: zone === 'UTC' ? 'UTC: times are shown in it' : `Local time: times are shown in ${zone}`,
              title: 'Times are shown in',
              items: [
                { id: 'viewer', text: `Local time (${viewerZone()})` },
                { id: 'UTC', text: 'UTC' },
              ],
              onItemClick: ({ detail }) => chooseZone(detail.id as ZoneChoice),
            },
            {
              type: 'menu-dropdown',
              text: 'Theme',
              items: THEMES,
              onItemClick: ({ detail }) => chooseTheme(detail.id as Theme),
            },
            {
              type: 'menu-dropdown',
              text: accessKeyId,
              iconName: 'user-profile',
              items: [{ id: 'sign-out', text: 'Sign out' }],
              onItemClick() {
                forgetSession()
                // Who signs in next may be somebody else.
                queries.clear()
                signOut()
              },
            },
          ]}
        />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        ariaLabels={{
          navigation: 'Pages',
          navigationToggle: 'Open the navigation',
          navigationClose: 'Close the navigation',
          notifications: 'Notices',
        }}
        notifications={<ConnectionNotice connection={connection} />}
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setIsOpen(detail.open)}
        navigation={
          <SideNavigation
            activeHref={base + sectionOf(path)}
            items={items}
            onFollow={follow((to) => {
              navigate(to)
              // There it covers the page.
              if (isNarrow()) setIsOpen(false)
            }, base)}
          />
        }
        content={
          <div id="content" ref={content} tabIndex={-1}>
            <PageFault key={path}>
              <Suspense fallback={<Spinner size="large" />}>
                <Switch>
                  {PAGES.map(({ path: pattern, Content }) => (
                    <Route key={pattern} path={pattern}>
                      {(parameters) => <Content {...(parameters as Record<string, string>)} />}
                    </Route>
                  ))}
                  <Route>
                    <Header variant="h1">There is no page at this address</Header>
                  </Route>
                </Switch>
              </Suspense>
            </PageFault>
          </div>
        }
      />
    </I18nProvider>
  )
}

const isNarrow = () => window.innerWidth <= 900

/** The page in the navigation to which the page of an address belongs. */
function sectionOf(path: string): string {
  const section = `/${path.split('/')[1] ?? ''}`
  return PAGES.some((page) => page.label !== undefined && page.path === section) ? section : path
}

/** Follows links within the console without loading it anew. */
function follow(navigate: (path: string) => void, base: string) {
  return (event: {
    preventDefault(): void
    readonly detail: { readonly href?: string; readonly external?: boolean }
  }) => {
    const { href, external } = event.detail
    if (href === undefined || external || !href.startsWith(`${base}/`)) return
    event.preventDefault()
    navigate(href.slice(base.length))
  }
}
