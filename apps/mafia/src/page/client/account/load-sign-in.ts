/** The SDK of Firebase, and what the page does with it; `null` when it cannot be had now. It comes by itself, after what is seen first. */
export const loadSignIn = () => import('./sign-in.ts').catch(() => null);
