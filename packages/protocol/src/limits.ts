/** The largest frame or HTTP body that is read at all. Bigger ones end the link with `frameTooLarge`. */
export const frameBytesMax = 1024 * 1024;
/** The largest WebSocket message: several frames may share one. */
export const messageBytesMax = 4 * 1024 * 1024;
/** Arguments of one command, encoded. */
export const commandBytesMax = 256 * 1024;
/** Arguments of one query, or parameters of one watch: a manager keeps them while they are open. */
export const readArgumentsBytesMax = 64 * 1024;
/** Depth of nesting of any JSON value. */
export const jsonDepthMax = 32;
/** Commands of one session that may be open (sent, not settled) at once. */
export const openCommandsMax = 1024;
/** Views watched on one link. */
export const watchesMax = 64;
