import { control } from '@raft-mesh/protocol';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import { admitManager } from '../../mesh-manager/admit-manager.ts';
import type { Hosts } from '../../mesh-manager/hosts.ts';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { problems } from '../../mesh-manager/problems.ts';
import type { PlacedMeshes } from '../../mesh-manager/placed-meshes.ts';
import type { Replacement } from '../../mesh-manager/replacement.ts';
import type { Caller } from '../access/caller.ts';
import { pageOf, pageQuery, withCursor } from '../paging.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

export interface HostRoutesOptions {
  readonly meshes: Meshes;
  readonly hosts: Hosts;
  readonly placed: Pick<PlacedMeshes, 'holdsAny'>;
  readonly replacement: Pick<Replacement, 'replaceLost'>;
  readonly nowMs: () => number;
  /** A host has been heard: time to look whether all managers are where they should be. */
  readonly onBeat: () => void;
}

/** Hosts: they come with a key, and from then on prove themselves by their own. */
export function hostRoutes({ meshes, hosts, placed, replacement, nowMs, onBeat }: HostRoutesOptions): readonly Route[] {
  const host = async (proof: string, parameters: { readonly host: string }): Promise<Result<Caller>> => {
    const proven = await hosts.authenticate(parameters.host, proof);
    return proven.ok ? succeeded({ kind: 'host', host: proven.value }) : proven;
  };
  return [
    defineRoute({
      operation: 'registerHost', method: 'post', path: '/hosts', summary: 'Offer a machine for managers',
      details: 'Managers of meshes made with `placed` are spread over the hosts that list their app. The same host again, with its key, may change its apps and its bound.',
      body: { kind: 'json', schema: control.registerHost }, answer: { status: 201, schema: control.hostDescription }, problems: ['publicKeyInvalid', 'hostUrlInvalid', 'hostExists', 'tooManyHosts', 'changedMeanwhile'],
      handle: ({ body }) => hosts.register(body),
      audit: (_request, { host: name }) => ({ event: 'hostRegistered', host: name }),
    }),
    defineRoute({
      operation: 'listHosts', method: 'get', path: '/hosts', summary: 'List hosts', details: 'In the order of their names.',
      query: pageQuery, answer: { status: 200, schema: control.hostList }, problems: ['queryInvalid', 'cursorInvalid'],
      handle: async ({ query }) => {
        const page = pageOf(query);
        return page.ok ? succeeded(withCursor(await hosts.list(page.value))) : page;
      },
    }),
    defineRoute({
      operation: 'showHost', method: 'get', path: '/hosts/{host}', summary: 'Show a host',
      answer: { status: 200, schema: control.hostDescription }, problems: ['hostNotFound'],
      handle: async ({ parameters }) => {
        const found = await hosts.find(parameters.host);
        return found.ok ? succeeded(hosts.describe(found.value)) : found;
      },
    }),
    defineRoute({
      operation: 'removeHost', method: 'delete', path: '/hosts/{host}', summary: 'Forget a host on which nothing is placed any more',
      answer: { status: 204 }, problems: ['hostNotFound', 'hostInUse'],
      // What the host says it holds is not all: a manager that could not start is placed there too.
      handle: async ({ parameters }) => (await placed.holdsAny(parameters.host) ? problems.hostInUse(parameters.host) : hosts.remove(parameters.host)),
      audit: ({ parameters }) => ({ event: 'hostRemoved', host: parameters.host }),
    }),
    defineRoute({
      operation: 'drainHost', method: 'put', path: '/hosts/{host}/draining', summary: 'Have all managers of a host move to others',
      details: 'Nothing is placed on it any more. Each manager stays in its mesh until its successor, a new manager on another host, has a vote; one of a mesh at a time. The host is `drained` once it holds none; that it is to hold none stays until it is taken back.',
      answer: { status: 200, schema: control.hostDescription }, problems: ['hostNotFound', 'changedMeanwhile'],
      handle: ({ parameters }) => hosts.setDraining(parameters.host, true),
      audit: ({ parameters }) => ({ event: 'hostDraining', host: parameters.host }),
    }),
    defineRoute({
      operation: 'undrainHost', method: 'delete', path: '/hosts/{host}/draining', summary: 'Let managers be placed on a host again',
      details: 'What has moved away stays where it is.',
      answer: { status: 200, schema: control.hostDescription }, problems: ['hostNotFound', 'changedMeanwhile'],
      handle: ({ parameters }) => hosts.setDraining(parameters.host, false),
      audit: ({ parameters }) => ({ event: 'hostTakenBack', host: parameters.host }),
    }),
    defineRoute({
      operation: 'beatHost', method: 'post', path: '/hosts/{host}/beats', summary: 'Say that a host lives, and be told what there is to do',
      details: 'With a proof that the host signed. Orders come again until they are acknowledged.',
      body: { kind: 'json', schema: control.beatHost }, answer: { status: 200, schema: control.hostBeat }, problems: ['hostProofRefused', 'hostNotFound', 'changedMeanwhile'],
      alternative: host,
      handle: async ({ body, caller, parameters }) => {
        const known = caller.kind === 'host' ? succeeded(caller.host) : await hosts.find(parameters.host);
        if (!known.ok) return known;
        const beat = await hosts.beat(known.value, body);
        onBeat();
        return beat;
      },
    }),
    defineRoute({
      operation: 'enrolPlacedManager', method: 'post', path: '/hosts/{host}/meshes/{mesh}/managers/{manager}/enrol', summary: 'Take in the public key of a manager that a host runs',
      body: { kind: 'json', schema: control.enrolManager }, answer: { status: 200, schema: control.enrolledManager },
      problems: ['hostProofRefused', 'publicKeyInvalid', 'setupTokenInvalid', 'setupTokenSpent', 'meshNotFound', 'managerNotFound', 'notPlacedHere', 'changedMeanwhile'],
      alternative: host,
      handle: ({ parameters, body }) => meshes.enrol(parameters.mesh, parameters.manager, body.publicKey, { kind: 'host', host: parameters.host }),
      audit: ({ parameters }) => ({ event: 'managerEnrolled', mesh: parameters.mesh, manager: parameters.manager, host: parameters.host }),
    }),
    defineRoute({
      operation: 'admitPlacedManager', method: 'post', path: '/hosts/{host}/meshes/{mesh}/managers/{manager}/admit', summary: 'Have a mesh that runs take in a manager that a host runs',
      details: 'For one that came to a mesh that ran already; its earlier incarnations leave. Doing it again is fine.',
      body: { kind: 'json', schema: control.admitManager }, answer: { status: 200, schema: control.meshDescription },
      problems: ['hostProofRefused', 'meshNotFound', 'notPlacedHere', 'lifetimeTooLong', 'meshUnreachable'],
      alternative: host,
      handle: async ({ parameters, body }) => {
        const mesh = await meshes.find(parameters.mesh);
        return mesh.ok ? admitManager(mesh.value, parameters.host, parameters.manager, body.managerIncarnation, nowMs()) : mesh;
      },
      audit: ({ parameters, body }) => ({ event: 'managerAdmitted', mesh: parameters.mesh, manager: parameters.manager, managerIncarnation: body.managerIncarnation, host: parameters.host }),
    }),
    defineRoute({
      operation: 'replaceLostManager', method: 'post', path: '/hosts/{host}/meshes/{mesh}/managers/{manager}/lost', summary: 'Place a manager anew whose disk is damaged on its host',
      details: 'On this host or another one, under its next incarnation, as long as a majority of the others is on hosts that live.',
      body: { kind: 'json', schema: control.lostManager }, answer: { status: 200, schema: control.meshDescription },
      problems: ['hostProofRefused', 'meshNotFound', 'notPlacedHere', 'noHostFits', 'majorityLost'],
      alternative: host,
      handle: ({ parameters, body }) => replacement.replaceLost(parameters.mesh, parameters.host, parameters.manager, body.managerIncarnation),
      audit: ({ parameters, body }) => ({ event: 'managerReplaced', mesh: parameters.mesh, manager: parameters.manager, managerIncarnation: body.managerIncarnation, host: parameters.host }),
    }),
  ];
}
