const quiet = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
// A container's root has no user namespace for Chromium's sandbox.
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export const chromiumArguments: readonly string[] = [...quiet, ...sandbox];
