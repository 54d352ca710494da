/**
 * Run by the build: writes the help texts and the version beside this file, where bin/utrace reads them
 * without starting node (which alone takes 40-100 ms).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { version } from '../util/version.js';
import { helpText } from './help-text.js';

const directory = new URL('./help/', import.meta.url);
mkdirSync(directory, { recursive: true });
for (const page of ['utrace', 'record', 'report'] as const) {
  writeFileSync(new URL(`${page}.txt`, directory), helpText(page));
}
writeFileSync(new URL('./version.txt', import.meta.url), `utrace ${version()}\n`);
