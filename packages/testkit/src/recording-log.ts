import type { Log } from '@raft-mesh/mesh';

export interface LogEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** Keeps what was logged, in order, so that a test can ask what was said and that no secret was. */
export class RecordingLog implements Log {
  readonly events: LogEvent[] = [];
  debug(fields: object, message: string): void { this.events.push({ level: 'debug', fields, message }); }
  info(fields: object, message: string): void { this.events.push({ level: 'info', fields, message }); }
  warn(fields: object, message: string): void { this.events.push({ level: 'warn', fields, message }); }
  error(fields: object, message: string): void { this.events.push({ level: 'error', fields, message }); }
  /** True when some event of this level, or any, has this text in its message. */
  has(text: string, level?: LogEvent['level']): boolean {
    return this.events.some((event) => event.message.includes(text) && (level === undefined || event.level === level));
  }
}
