import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Stores delivered messages with this number, as copies of the one with this text. Returns the id of the message at this
 * index, of which the oldest has 0.
 */
export async function storeMessages(
  uri: string,
  text: string,
  number: string,
  count: number,
  index = 0,
): Promise<string> {
  const script = join(import.meta.dirname, 'store_messages.py');
  const python = join(import.meta.dirname, '../../../backend/.venv/bin/python');
  const options = [script, uri, text, number, String(count), String(index)];
  const { stdout } = await promisify(execFile)(python, options);
  return stdout.trim();
}
