/** What is wrong with what somebody has typed in. */
export const formTexts = {
  /** The API says what is wrong without a subject: "is invalid". */
  wrong: (label: string, sentence: string) => `${label} ${sentence}.`,
  required: "can't be blank",
  email: 'is invalid',
  tooShort: (minimum: number) => `is too short (minimum is ${minimum} characters)`,
  tooLong: (maximum: number) => `is too long (maximum is ${maximum} characters)`,
} as const;
