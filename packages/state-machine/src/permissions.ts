import type { AccessRole, Permission } from './agent.ts';

/** What decides whether an agent may do something. */
export interface Powers {
  readonly accessRole: AccessRole;
  readonly permissions: readonly Permission[];
}

const accessRolesByDefault: readonly AccessRole[] = ['admin', 'manager', 'worker'];

/** Whether a list of permissions (`module.command`, `module.*`, `*`) covers the one asked for. */
export function holdsPermission(held: readonly Permission[], asked: Permission): boolean {
  const module = asked.slice(0, asked.indexOf('.') + 1);
  return held.some((permission) => permission === asked || permission === '*' || (module !== '' && permission === `${module}*`));
}

/** Admins may do everything; others what they hold by name, or what their access role allows. */
export function mayCall(powers: Powers, asked: Permission, accessRoles: readonly AccessRole[] = accessRolesByDefault): boolean {
  return powers.accessRole === 'admin' || holdsPermission(powers.permissions, asked) || accessRoles.includes(powers.accessRole);
}
