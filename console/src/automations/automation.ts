import { pathOf } from '../api/api-client.ts'
import type { Field, Section } from '../forms/field.ts'

/** What pages and forms know of schedules, or of rules. */
export type Automation = {
  /** What one is called in sentences. */
  readonly noun: 'schedule' | 'rule'
  readonly title: 'Schedule' | 'Rule'
  /** Of its changes. */
  readonly kind: 'harvestSchedule' | 'harvestRule'
  /** Of the API, for all of them. */
  readonly apiPath: string
  /** Of the page that lists them. */
  readonly listPath: string
  /** Of the page that shows one. */
  readonly pathOf: (id: string) => string
  /** What the endpoint is to it, in a sentence. */
  readonly endpoint: string
  /** Of its form; what is created has an id among its members. */
  readonly sections: (endpoint: Field, isNew: boolean) => readonly Section[]
}

/** The path of one of them in the API. */
export const apiPathOf = ({ apiPath }: Automation, id: string) => apiPath + pathOf`/${id}`

/** The id of a schedule, or a rule: ids of jobs begin with it. */
export const AUTOMATION_ID_FIELD: Field = {
  name: 'id',
  label: 'ID',
  description: '1 to 200 letters, digits, "_" or "-", with which the ids of its jobs begin. It cannot be changed.',
  control: 'text',
}
