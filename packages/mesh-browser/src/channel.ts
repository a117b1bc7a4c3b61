/** The part of Worker, MessagePort, BroadcastChannel and a Worker's own scope that is needed here. */
export interface MessageEndpoint {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** A typed two-way path between two contexts of this browser, for messages that survive structured cloning. */
export interface Channel<Out, In> {
  post(message: Out): void;
  onMessage(listener: (message: In) => void): void;
  close(): void;
}

/** Both ends are code of this package, of one origin and one build, so what arrives is taken for what its type says. */
export function channelOver<Out, In>(endpoint: MessageEndpoint, close: () => void = () => {}): Channel<Out, In> {
  return {
    post: (message) => endpoint.postMessage(message),
    onMessage: (listener) => endpoint.addEventListener('message', ({ data }) => listener(data as In)),
    close,
  };
}
