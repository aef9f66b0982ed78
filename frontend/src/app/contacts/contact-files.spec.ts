import { MAX_FILE_BYTES, withoutPictures } from './contact-files';

describe('a file of contacts', () => {
  const picture = `item1.PHOTO;ENCODING=b:${'A'.repeat(70)}\r\n ${'A'.repeat(70)}\r\n`;

  function cards(pictures: number): Blob {
    return new Blob([
      `BEGIN:VCARD\r\nFN:Ada\r\n${picture.repeat(pictures)}TEL:+14155552671\r\nEND:VCARD\r\n`,
    ]);
  }

  it('is sent without its pictures if it is too large with them', async () => {
    const many = cards(Math.ceil(MAX_FILE_BYTES / picture.length));
    expect(await (await withoutPictures(many)).text()).toBe(await cards(0).text());
  });

  it('keeps the umlauts of a large file in the code page of Western Windows', async () => {
    const name = new Uint8Array([0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72]);
    const pictures = picture.repeat(Math.ceil(MAX_FILE_BYTES / picture.length));
    const file = new Blob(['BEGIN:VCARD\r\nFN:', name, `\r\n${pictures}END:VCARD\r\n`]);
    expect(await (await withoutPictures(file)).text()).toContain('FN:Müller\r\n');
  });

  it('is sent as it is otherwise, byte for byte', async () => {
    const few = cards(3);
    expect(await (await withoutPictures(few)).text()).toBe(await few.text());
    const table = new Blob([new Uint8Array([0xff, 0xfe, 0x41, 0x00, 0xe9])]);
    const sent = new Uint8Array(await (await withoutPictures(table)).arrayBuffer());
    expect([...sent]).toEqual([0xff, 0xfe, 0x41, 0x00, 0xe9]);
    const large = new Blob(['PHOTO:x\n'.repeat(700_000)]);
    expect((await withoutPictures(large)).size).toBe(large.size);
  });
});
