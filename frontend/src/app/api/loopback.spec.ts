import { isLoopback } from './loopback';

describe('isLoopback', () => {
  it.each([
    ['', 'http://localhost:4200/messages', true],
    ['', 'https://sms.localhost/', true],
    ['', 'http://127.0.0.1:8000/', true],
    ['', 'http://127.1.2.3/', true],
    ['', 'http://[::1]:8000/', true],
    ['http://localhost:8000', 'https://sms.example.com/', true],
    ['https://api.example.com', 'http://localhost:4200/', false],
    ['', 'https://sms.example.com/messages', false],
    ['', 'https://localhost.example.com/', false],
    ['', 'https://127.0.0.1.example.com/', false],
    ['', 'http://192.168.1.2/', false],
  ])('is of %j on the page %s %s', (base, page, expected) => {
    expect(isLoopback(base, page)).toBe(expected);
  });
});
