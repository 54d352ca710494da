/**
 * Run by the build: writes the texts that bin/utrace prints without starting node
 * (help/{usage,utrace,record,report}.txt and version.txt, beside this file).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { version } from '../util/version.js';
import { versionText } from './help.js';
import { helpText, usageText } from './help-text.js';

const place = (name: string): URL => new URL(name, import.meta.url);

mkdirSync(place('help'), { recursive: true });
for (const topic of ['utrace', 'record', 'report'] as const) {
  writeFileSync(place(`help/${topic}.txt`), helpText(topic));
}
writeFileSync(place('help/usage.txt'), usageText());
writeFileSync(place('version.txt'), versionText(version()));
