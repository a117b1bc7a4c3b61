import * as z from 'zod/mini';
import { managerClaims } from '@raft-mesh/protocol';

/** A direction in which bytes travel. The ends are ids of managers, or names of groups of clients. */
const direction = { from: z.string(), to: z.string() };
const wholeNumber = z.number().check(z.minimum(0));

/** What is wrong on purpose now. Written by whoever breaks things; read by the relay (links) and by managers (disks). Times in ms. */
export const chaosControl = z.object({
  /** Counts the changes; the relay says which one it has made true. */
  revision: wholeNumber,
  managers: z.readonly(z.array(z.object({ id: managerClaims.shape.manager, url: z.string() }))),
  /** Clients that dial through the relay, by group. */
  clientGroups: z.readonly(z.array(z.string())),
  cuts: z.readonly(z.array(z.object(direction))),
  delays: z.readonly(z.array(z.object({ ...direction, delayMs: wholeNumber }))),
  disks: z.readonly(z.record(z.string(), z.object({ full: z.boolean(), flushDelayMs: wholeNumber }))),
});
export type ChaosControl = z.infer<typeof chaosControl>;
export type Direction = ChaosControl['cuts'][number];
export type DiskTrouble = { readonly full: boolean; readonly flushDelayMs: number };

export const noTrouble: DiskTrouble = { full: false, flushDelayMs: 0 };

/** Nothing is wrong. */
export function calmControl(managers: ChaosControl['managers'], clientGroups: readonly string[] = []): ChaosControl {
  return { revision: 0, managers, clientGroups: [...clientGroups], cuts: [], delays: [], disks: {} };
}

/** Where the relay listens for each link, and up to which revision of the control it has done what was asked. */
export const relayLinks = z.object({
  revision: wholeNumber,
  links: z.readonly(z.array(z.object({ ...direction, /** The manager's own address. */ address: z.string(), port: wholeNumber }))),
});
export type RelayLinks = z.infer<typeof relayLinks>;

/** Processes that were stopped with SIGSTOP and are to go on when everything is healed. */
export const pausedProcesses = z.array(z.object({ id: z.string(), pid: z.number() }));
export type PausedProcess = z.infer<typeof pausedProcesses>[number];
