import { readFileSync, writeFileSync } from 'node:fs';
import { withMessageTables } from './message-tables.ts';

const page = new URL('../../../docs/protocol.md', import.meta.url);
writeFileSync(page, withMessageTables(readFileSync(page, 'utf8')));
