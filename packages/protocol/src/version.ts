/** Raised on every change of what goes over the wire; a test pins a hash of the schemas to it. */
export const protocolVersion = 8;
