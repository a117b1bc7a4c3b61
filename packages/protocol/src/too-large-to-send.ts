import { frameBytesMax } from './limits.ts';
import type { WireMessage } from './message.ts';

/**
 * What a sender sends in place of a message whose frame would be above `frameBytesMax`. The receiver would end the link
 * over the frame itself, and again after every reconnect; told this way, it knows what is missing and the link lives.
 */
export function tooLargeToSend(message: WireMessage, sizeBytes: number): WireMessage {
  return {
    type: 'error', code: 'frameTooLarge', fatal: false,
    message: `A message of type ${message.type} was not sent: it has ${sizeBytes} bytes and ${frameBytesMax} is the most.`,
    next: 'Ask for less at once, for example by narrower view parameters.',
  };
}
