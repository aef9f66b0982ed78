/** What came with a message, once it is loaded. */
export const mediaTexts = {
  names: {
    picture: (name: string) => `Picture from ${name}`,
    audio: (name: string) => `Sound from ${name}`,
    video: (name: string) => `Video from ${name}`,
    file: (name: string) => `File from ${name}`,
  },
  types: {
    'application/octet-stream': 'File',
    'application/pdf': 'PDF',
    'text/vcard': 'Contact',
    'text/x-vcard': 'Contact',
  } as Readonly<Record<string, string | undefined>>,
  loading: 'Loading…',
  offline: 'Not loaded: there is no connection.',
  unavailable: 'This could not be loaded.',
  gone: 'No longer available.',
  tooLarge: 'Larger than 5 MB, so it is not shown here.',
  broken: 'This browser cannot show it.',
  open: 'Open',
  download: 'Download',
  downloadOf: (name: string) => `Download: ${name}`,
  viewer: 'Pictures',
  position: (index: number, total: number) => `${index} of ${total}`,
  previous: 'Previous picture',
  next: 'Next picture',
  close: 'Close',
} as const;
