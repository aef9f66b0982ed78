/** What is wrong with a field. As in the API's errors, the subject is the field's label. */
export const formTexts = {
  fieldError: (label: string, error: string) => `${label} ${error}.`,
  required: "can't be blank",
  email: 'is invalid',
  tooShort: (minimum: number) => `is too short (minimum is ${minimum} characters)`,
  tooLong: (maximum: number) => `is too long (maximum is ${maximum} characters)`,
} as const;
