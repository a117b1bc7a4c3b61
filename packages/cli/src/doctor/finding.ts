/** Something that is wrong, or soon will be: what, and what to do. `problem`: it does not work; `warning`: it may not for long. */
export interface Finding {
  readonly code: 'nodeTooOld' | 'emulatorVariable' | 'descriptorsFew' | 'diskNearlyFull' | 'portTaken' | 'meshUnknown' | 'otherMesh' | 'controlPlaneUnreachable' | 'clockSkew' | 'keyRefused' | 'noQuorum' | 'managersMissing';
  readonly severity: 'problem' | 'warning';
  readonly what: string;
  readonly fix: string;
}
