import type { Catcher, Fault } from './fault.ts'

const fields = (cases: string): Catcher => ({ file: 'test/console/origin-endpoint-fields.test.ts', cases })

/** In the forms of the console, which must neither lose nor change what somebody writes. */
export const CONSOLE_FORM_FAULTS: readonly Fault[] = [
  {
    name: 'form-numbers-guessed',
    breaks: 'What is no whole number is sent as what JavaScript makes of it.',
    file: 'console/src/forms/draft.ts',
    find: 'Number.isSafeInteger(number) ? number : text',
    replace: 'Number.isSafeInteger(number) ? number : number',
    caughtBy: fields('sends what is no whole number'),
    failure: /1e3/,
  },
  {
    name: 'form-default-of-its-own',
    breaks: 'A new endpoint counts all messages as ads.',
    file: 'console/src/origin-endpoints/manifest-fields.ts',
    find: "default: 'RESTRICTED',",
    replace: "default: 'BOTH',",
    caughtBy: fields('begins with the values that the server has by default'),
    failure: /BOTH/,
  },
  {
    name: 'form-value-missing',
    breaks: 'A value of the API cannot be chosen.',
    file: 'console/src/origin-endpoints/encryption-fields.ts',
    find: "options: presets('VIDEO', 8),",
    replace: "options: presets('VIDEO', 7),",
    caughtBy: fields('has every member of the requests'),
    failure: /presetSpeke20Video offers/,
  },
  {
    name: 'refusal-at-the-structure',
    breaks: 'A refusal is shown at the structure that has the member.',
    file: 'console/src/forms/refused-member.ts',
    find: '.toSorted((a, b) => b.length - a.length)',
    replace: '.toSorted((a, b) => a.length - b.length)',
    caughtBy: fields('is told at the member that its message names'),
    failure: /spekeKeyProvider|hlsManifests/,
  },
  {
    name: 'change-of-another-lost',
    breaks: 'What both have changed is taken from me without asking.',
    file: 'console/src/forms/differences.ts',
    find: "theirs === before ? 'me' : 'both'",
    replace: "theirs === before ? 'me' : 'me'",
    caughtBy: fields('are told apart by member'),
    failure: /both/,
  },
  {
    name: 'resting-timelines-follow',
    breaks: 'An input counts as shown by endpoints that are gone.',
    file: 'src/control/control.ts',
    find: 'states.filter(({ isResting }) => !isResting)',
    replace: 'states',
    caughtBy: { file: 'test/contract/inputs.test.ts', cases: 'are followed where' },
    failure: /Expected values to be strictly deep-equal/,
  },
]
