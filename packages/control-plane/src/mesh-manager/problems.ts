import { failed } from '@raft-mesh/mesh-node';

/** The expected failures of the control plane, each with one stable code. */
export const problems = {
  meshExists: (mesh: string) => failed(409, 'meshExists', `There is a mesh ${mesh} already.`, 'Choose another name, or delete that mesh first.'),
  meshNotFound: (mesh: string) => failed(404, 'meshNotFound', `There is no mesh ${mesh}.`, 'See which there are: GET /api/v1/meshes.'),
  managerNotFound: (manager: string) => failed(404, 'managerNotFound', `The mesh has no manager ${manager}.`, 'See its managers: GET /api/v1/meshes/{mesh}.'),
  managersInvalid: (detail: string) => failed(422, 'managersInvalid', detail, 'Give one to seven managers, each with an id of its own and an http or https URL.'),
  tooManyMeshes: (limit: number) => failed(507, 'tooManyMeshes', `This control plane holds ${limit} meshes, which is all it may.`, 'Delete a mesh that is no longer needed.'),
  changedMeanwhile: () => failed(409, 'changedMeanwhile', 'Somebody else changed this at the same time.', 'Look at it again, then try again.'),
  setupTokenInvalid: () => failed(401, 'setupTokenInvalid', 'The setup token is not this manager\'s, or has expired.', 'Use the token that creating or restoring the mesh gave for this manager, or the admin key.'),
  setupTokenSpent: () => failed(409, 'setupTokenSpent', 'This manager has enrolled already, with another key.', 'If its directory is lost, restore the mesh; each manager gets a new setup token by that.'),
  publicKeyInvalid: () => failed(422, 'publicKeyInvalid', 'The public key is not an Ed25519 key.', 'Send the `x` of its JSON Web Key: 43 characters of base64url.'),
  lifetimeTooLong: (limitSeconds: number) => failed(422, 'lifetimeTooLong', `That may be valid for ${limitSeconds} seconds at most.`, 'Ask for a shorter time.'),
  invitationNotFound: () => failed(404, 'invitationNotFound', 'There is no such invitation; it may have expired.', 'Ask whoever sent the link for a new one.'),
  invitationUsedUp: () => failed(410, 'invitationUsedUp', 'Everyone who may use this invitation has.', 'Ask whoever sent the link for a new one.'),
  tooManyUses: (limit: number) => failed(422, 'tooManyUses', `An invitation admits ${limit} agents at most.`, 'Make several invitations.'),
  notAuthenticated: () => failed(401, 'notAuthenticated', 'The request needs a key, and none that is valid came with it.', 'Send the admin key: `Authorization: Bearer …`.'),
  proofRefused: (detail: string) => failed(401, 'proofRefused', detail, 'Sign a new proof with the key that this manager enrolled.'),
  incarnationEnded: (now: number) => failed(409, 'incarnationEnded', `The mesh was restored and lives in incarnation ${now} now; managers of an earlier one have no say.`, 'Stop this manager. Set it up anew with `mesh manager init` if it is to take part.'),
  snapshotOlder: () => failed(409, 'snapshotOlder', 'A newer snapshot is kept already.', 'Nothing needs to be done; the next snapshot will be newer.'),
  snapshotHashWrong: () => failed(422, 'snapshotHashWrong', 'The body is not what the proof was signed for.', 'Sign the SHA-256 of exactly the bytes that are sent.'),
  noSnapshot: () => failed(404, 'noSnapshot', 'No snapshot of this mesh is kept.', 'Wait until its leader has sent one.'),
  nothingToRestore: () => failed(409, 'nothingToRestore', 'No snapshot of this mesh is kept, so there is nothing to restore from.', 'Create a new mesh instead.'),
  bodyInvalid: (detail: string) => failed(422, 'bodyInvalid', `The body is not as it must be: ${detail}`, 'See the body\'s schema in the documentation of this route.'),
  bodyTooLarge: (limitBytes: number) => failed(413, 'bodyTooLarge', `The body is larger than ${limitBytes} bytes.`, 'Send less.'),
  routeNotFound: () => failed(404, 'routeNotFound', 'There is nothing here.', 'Look at the address again.'),
  internal: () => failed(500, 'internal', 'Something went wrong here.', 'Try again; if it stays, look at the control plane\'s log for this request id.'),
} as const;
