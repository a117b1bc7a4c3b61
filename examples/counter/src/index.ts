import { applied, defineCommand, defineModule, type App } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';

const counter = defineModule({
  name: 'counter',
  version: 1,
  initial: () => ({ total: 0 }),
  commands: {
    add: defineCommand({
      schema: z.object({ by: z.int() }),
      apply: (state: { readonly total: number }, { by }: { readonly by: number }) => applied({ total: state.total + by }, state.total + by),
    }),
  },
  view: (state) => state,
});

export const app: App = { name: 'counter', version: 1, modules: [counter] };
