/** What is wrong with a field. As in the API's errors, the subject is left out. */
export const formTexts = {
  fieldError: (noun: string, error: string) => `${noun} ${error}.`,
  /** A field of the API that has no label here. */
  apiField: (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' '),
  /** Errors of the API whose words only fit its own names of fields. */
  apiErrors: { "doesn't match Password": "doesn't match the password" } as Readonly<
    Record<string, string>
  >,
  hide: 'Hide password',
  clearSearch: 'Clear search',
  required: "can't be blank",
  email: 'is invalid',
  tooShort: (minimum: number) => `is too short (minimum is ${minimum} characters)`,
  tooLong: (maximum: number) => `is too long (maximum is ${maximum} characters)`,
} as const;
